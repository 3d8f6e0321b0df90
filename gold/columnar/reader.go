package columnar

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldserve/gold"
)

// Config says how much a Reader may hold.
type Config struct {
	Memory  int64                 // bytes that snapshots may take together
	Logger  *slog.Logger          // nil: no logs
	Metrics prometheus.Registerer // takes the reader's metrics; nil: there are none
}

// Reader answers what it can from snapshots and asks a store for the rest. It is safe for concurrent use.
type Reader struct {
	gold.Reader
	budget  int64
	grid    grid
	log     *slog.Logger
	metrics *metrics
	held    atomic.Pointer[map[key]*held] // replaced as a whole

	ctx   context.Context //nolint:containedctx // of the loads: they belong to no request
	stop  context.CancelFunc
	loads sync.WaitGroup

	mu       sync.Mutex
	models   map[string]*modelState // by name
	queue    []*gold.Version        // to be loaded, the one being loaded first
	failures map[key]*failure       // what could not be loaded
}

var _ gold.Reader = (*Reader)(nil)

// key names a version's rows: one that was loaded again lies elsewhere under the same id.
type key struct{ id, location string }

func keyOfVersion(v *gold.Version) key { return key{v.ID, v.Location} }

// held is a snapshot that is held.
type held struct {
	snapshot *snapshot
	model    string
	dataset  string
	used     atomic.Int64 // when it was asked last, in nanoseconds
}

// touch notes that the snapshot is asked. Once a second is enough: requests on other processors read what is written.
func (h *held) touch(now time.Time) {
	if at := now.UnixNano(); at-h.used.Load() > int64(time.Second) {
		h.used.Store(at)
	}
}

// failure is a version that could not be loaded.
type failure struct {
	again time.Time // when it may be tried again; zero: never
	bytes int64     // that it needs at least, where there was no room for it; 0: that was not the reason
	asked int64     // when it was asked for last, in nanoseconds; 0: never
}

// modelState is what is known of a model's current release.
type modelState struct {
	shown *gold.Release // what Resolve returns
	next  *gold.Release // the current one, where its snapshots are being loaded; nil: it is shown
	since time.Time     // when next came
}

// New returns a reader of a store. The caller closes it before the store.
func New(store gold.Reader, c Config) (*Reader, error) {
	r := &Reader{
		Reader: store, budget: c.Memory, grid: defaultGrid, log: c.Logger,
		models: map[string]*modelState{}, failures: map[key]*failure{},
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	r.held.Store(&map[key]*held{})
	r.ctx, r.stop = context.WithCancel(context.Background())
	var err error
	r.metrics, err = newMetrics(c.Metrics, r)
	return r, err
}

// Close ends loads under way. Questions are the store's from then on.
func (r *Reader) Close() error {
	r.mu.Lock()
	r.stop() // no load begins from now on
	r.mu.Unlock()
	r.loads.Wait()
	r.held.Store(&map[key]*held{})
	return nil
}

// fallback is why the store has to answer.
type fallback string

func (f fallback) Error() string { return string(f) }

const (
	errAbsent    fallback = "absent"  // the version is not held: not yet, not any more, or it can't be
	errDimension fallback = "lender"  // the version that a field is looked up in is not held
	errSize      fallback = "size"    // the answer is too large to be made in memory
	errMeaning   fallback = "meaning" // the question is one that only the store knows the meaning of, or the error
)

// snapshot returns the snapshot of a version, or nil.
func (r *Reader) snapshot(v *gold.Version) *snapshot {
	h := (*r.held.Load())[keyOfVersion(v)]
	if h == nil {
		return nil
	}
	h.touch(time.Now())
	return h.snapshot
}
