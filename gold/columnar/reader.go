package columnar

import (
	"context"
	"errors"
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

// Rows answers a query.
func (r *Reader) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	return r.answer(q.Version,
		func(s *snapshot) (gold.Rows, error) { return r.rows(ctx, s, &q) },
		func() (gold.Rows, error) { return r.Reader.Rows(ctx, q) })
}

// Aggregate answers an aggregation.
func (r *Reader) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	return r.answer(a.Version,
		func(s *snapshot) (gold.Rows, error) { return r.aggregate(ctx, s, &a) },
		func() (gold.Rows, error) { return r.Reader.Aggregate(ctx, a) })
}

// answer answers from memory where it can, else from the store.
func (r *Reader) answer(v *gold.Version, memory func(*snapshot) (gold.Rows, error), store func() (gold.Rows, error)) (gold.Rows, error) {
	s := r.snapshot(v)
	why := errAbsent
	if s != nil {
		rows, err := memory(s)
		if !errors.As(err, &why) {
			if err == nil {
				r.metrics.answered(v)
			}
			return rows, err
		}
	}
	if s != nil || v.Dataset.Accelerate {
		r.metrics.fellBack(why)
	}
	if s == nil && v.Dataset.Accelerate {
		r.missed(v)
	}
	return store()
}

// Holds reports whether questions about a version are answered from memory, but for a few that only the store can answer.
func (r *Reader) Holds(v *gold.Version) bool { return (*r.held.Load())[keyOfVersion(v)] != nil }

// snapshot returns the snapshot of a version, or nil.
func (r *Reader) snapshot(v *gold.Version) *snapshot {
	h := (*r.held.Load())[keyOfVersion(v)]
	if h == nil {
		return nil
	}
	h.touch(time.Now())
	return h.snapshot
}
