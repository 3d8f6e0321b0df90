package api

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"goldserve/api/respond"
	"goldserve/gold"
)

// cost is the class of a question to the store, known before it is asked.
type cost uint8

const (
	cheap cost = iota // few rows by a key or an index, or a small dataset
	dear              // a large dataset, perhaps to its end
	bulk              // an answer that is sent while it is read: for as long as its client takes
)

// smallRows is the size up to which a whole dataset is read about as fast as a page of it: a few tens of milliseconds.
const smallRows = 50_000

// costOfRows returns the class of a query of rows.
func costOfRows(q *gold.Query) cost {
	d := &q.Version.Dataset
	ofField := func(name string) func(gold.Predicate) bool {
		return func(p gold.Predicate) bool {
			return p.Join == nil && p.Field == name && (p.Op == gold.Eq || p.Op == gold.In)
		}
	}
	byKey := !slices.ContainsFunc(d.Key, func(name string) bool { return !slices.ContainsFunc(q.Where, ofField(name)) })
	switch {
	case q.Version.Rows <= smallRows, byKey:
		return cheap
	case q.Limit > 0 && indexed(d, q):
		return cheap
	default:
		return dear
	}
}

// indexed reports whether an index gives the first rows of a query, whatever their number: it is of the sort's fields,
// and no row is left out but before or behind a value of the first one.
func indexed(d *gold.Dataset, q *gold.Query) bool {
	if slices.ContainsFunc(q.Where, func(p gold.Predicate) bool {
		return p.Join != nil || len(q.Sort) == 0 || p.Field != q.Sort[0].Field || p.Op.Row().Unindexed
	}) {
		return false
	}
	return follows(d.TotalSort(nil), q.Sort) || slices.ContainsFunc(d.Indexes, func(i gold.Index) bool { return follows(i, q.Sort) })
}

// follows reports whether an index, read in one direction or the other, gives rows in the order of a sort.
func follows(index, sort []gold.Sort) bool {
	if len(sort) == 0 || len(index) < len(sort) {
		return false
	}
	back := index[0].Desc != sort[0].Desc
	for i, term := range sort {
		if index[i].Field != term.Field || (index[i].Desc != term.Desc) != back {
			return false
		}
	}
	return true
}

// costOfAggregation returns the class of an aggregation: it reads all rows of what answers it.
func costOfAggregation(a *gold.Aggregation) cost {
	if a.Version.Rows <= smallRows {
		return cheap
	}
	return dear
}

// admission bounds what is computed at once, by what it costs, and how much of what was computed waits for slow clients
// in memory. A server that is asked for more than it can do answers as much as it can and refuses the rest at once. What
// is kept never comes here. It is safe for concurrent use.
type admission struct {
	memory  *gold.Memory // that questions hold together; nil: any
	gates   [bulk + 1]gate
	sending atomic.Int64 // bytes of bodies that are on their way
	refused atomic.Int64 // requests, ever
	told    atomic.Int64 // when the log was told of them last, in nanoseconds
}

// maxSending bounds the bytes of bodies that are on their way: beyond it nothing is computed.
const maxSending = 64 << 20

// newAdmission returns the admission of a store whose work is done in this process, or elsewhere.
func newAdmission(embedded bool, memory *gold.Memory) *admission {
	cores := runtime.GOMAXPROCS(0)
	a := &admission{memory: memory}
	// Where the work is done here, more of it at once than there are cores only keeps everybody waiting, those who are
	// refused too. Elsewhere there are other cores, disks and networks to wait for.
	a.gates[cheap].places, a.gates[dear].places = max(2, cores), max(2, cores)
	if !embedded {
		a.gates[cheap].places, a.gates[dear].places = 8*cores, 2*cores
	}
	a.gates[bulk].places = max(4, cores)
	a.gates[cheap].queue, a.gates[dear].queue, a.gates[bulk].queue = 16*cores, 4*cores, cores
	return a
}

// send counts a body until done is called.
func (a *admission) send(e *respond.Body) (done func()) {
	size := int64(len(e.Bytes))
	if e.Senders.Add(1) == 1 {
		a.sending.Add(size)
	}
	return func() {
		if e.Senders.Add(-1) == 0 {
			a.sending.Add(-size)
		}
	}
}

// overloaded is the answer to what can't be computed now. It is one value: refusing has to cost nothing.
var overloaded = &gold.Error{
	Kind: gold.Overloaded, Code: gold.CodeOverloaded, Message: "more is asked than can be answered now; try again in a moment",
}

// tell counts a request that was refused, and tells the log of them once a second: a record of each would cost more than
// refusing it.
func (a *admission) tell(ctx context.Context, log *slog.Logger) {
	n, now, last := a.refused.Add(1), time.Now().UnixNano(), a.told.Load()
	if now-last >= int64(time.Second) && a.told.CompareAndSwap(last, now) {
		log.LogAttrs(ctx, slog.LevelWarn, "more is asked than can be answered: requests are refused", slog.Int64("refused", n))
	}
}

// gate lets so many computations in, and some more wait for their turn, first come, first served.
type gate struct {
	places, queue int

	mu      sync.Mutex
	inside  int
	waiting []chan struct{} // in their order: closed where the one who waits is in
	mean    time.Duration   // of the stays that ended lately; 0: none did
}

// meanOf is the number of stays that a mean is of, roughly.
const meanOf = 8

// enter waits for a place. It returns overloaded at once where the queue is full, or longer than half of the time that
// is left.
func (g *gate) enter(ctx context.Context) error {
	g.mu.Lock()
	if g.inside < g.places {
		g.inside++
		g.mu.Unlock()
		return nil
	}
	wait := g.mean * time.Duration(len(g.waiting)+1) / time.Duration(g.places)
	deadline, bounded := ctx.Deadline()
	if len(g.waiting) >= g.queue || bounded && wait > time.Until(deadline)/2 {
		g.mu.Unlock()
		return overloaded
	}
	turn := make(chan struct{})
	g.waiting = append(g.waiting, turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-turn: // at the same moment
		g.pass()
	default:
		g.waiting = slices.DeleteFunc(g.waiting, func(other chan struct{}) bool { return other == turn })
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return overloaded
	}
	return ctx.Err()
}

// leave gives a place back after a stay.
func (g *gate) leave(took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mean += (took - g.mean) / meanOf
	g.pass()
}

// pass gives a place to the next one. The lock is held.
func (g *gate) pass() {
	if len(g.waiting) == 0 {
		g.inside--
		return
	}
	close(g.waiting[0])
	g.waiting = slices.Delete(g.waiting, 0, 1)
}

// stay is one computation, and the place that it holds: one of the dearest question that it has asked. One goroutine
// asks.
type stay struct {
	admission *admission
	inside    bool
	cost      cost
	since     time.Time
}

type stayKey struct{}

// begin starts a computation that the questions of the context belong to: what they hold is one share of the memory. The
// caller calls end when it is over.
func (a *admission) begin(ctx context.Context) (staying context.Context, end func()) {
	s := &stay{admission: a}
	ctx = context.WithValue(ctx, stayKey{}, s)
	if a.memory == nil {
		return ctx, s.leave
	}
	share := a.memory.Share()
	return gold.WithShare(ctx, share), func() {
		share.Release()
		s.leave()
	}
}

// admit waits until a computation may ask a question of a class; the context is one of begin's.
func admit(ctx context.Context, c cost) error {
	s, ok := ctx.Value(stayKey{}).(*stay)
	if !ok || s.inside && c <= s.cost {
		return nil
	}
	s.leave() // who waits holds nothing that another waits for
	if s.admission.sending.Load() > maxSending {
		return overloaded
	}
	if err := s.admission.gates[c].enter(ctx); err != nil {
		return err
	}
	s.inside, s.cost, s.since = true, c, time.Now()
	return nil
}

func (s *stay) leave() {
	if s.inside {
		s.inside = false
		s.admission.gates[s.cost].leave(time.Since(s.since))
	}
}

// gated is a reader whose questions wait until they are admitted.
type gated struct{ gold.Reader }

func (g gated) holds(v *gold.Version) bool {
	resident, ok := g.Reader.(gold.Resident)
	return ok && resident.Holds(v)
}

func (g gated) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	c := costOfRows(&q)
	if c == dear && g.holds(q.Version) {
		c = cheap
	}
	if err := admit(ctx, c); err != nil {
		return nil, err
	}
	return g.Reader.Rows(ctx, q)
}

func (g gated) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	c := costOfAggregation(&a)
	if c == dear && g.holds(a.Version) {
		c = cheap
	}
	if err := admit(ctx, c); err != nil {
		return nil, err
	}
	return g.Reader.Aggregate(ctx, a)
}
