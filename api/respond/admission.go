package respond

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"goldserve/gold"
)

// admission bounds what is computed at once, by what it costs, and how much of what was computed waits for slow clients
// in memory. A server that is asked for more than it can do answers as much as it can and refuses the rest at once. What
// is cached never comes here. It is safe for concurrent use.
type admission struct {
	memory     *gold.Memory // that questions hold together; nil: any
	semaphores [bulk + 1]semaphore
	sending    atomic.Int64 // bytes of bodies that are on their way
}

// maxSending bounds the bytes of bodies that are on their way: beyond it nothing is computed.
const maxSending = 64 << 20

// newAdmission returns the admission of a store whose work is done in this process, or elsewhere.
func newAdmission(embedded bool, memory *gold.Memory) *admission {
	cores := runtime.GOMAXPROCS(0)
	a := &admission{memory: memory}
	// An embedded store works on our own cores: more queries than cores only make all of them wait. Another host has
	// cores, disks and networks of its own to wait for.
	a.semaphores[cheap].slots, a.semaphores[expensive].slots = max(2, cores), max(2, cores)
	if !embedded {
		a.semaphores[cheap].slots, a.semaphores[expensive].slots = 8*cores, 2*cores
	}
	a.semaphores[bulk].slots = max(4, cores)
	a.semaphores[cheap].queue, a.semaphores[expensive].queue, a.semaphores[bulk].queue = 16*cores, 4*cores, cores
	return a
}

// send counts a body until done is called.
func (a *admission) send(e *encoded) (done func()) {
	size := int64(len(e.bytes))
	if e.senders.Add(1) == 1 {
		a.sending.Add(size)
	}
	return func() {
		if e.senders.Add(-1) == 0 {
			a.sending.Add(-size)
		}
	}
}

// Overloaded is the answer to what can't be computed now. It is one value: refusing has to cost nothing.
var Overloaded = &gold.Error{
	Kind: gold.Overloaded, Code: gold.CodeOverloaded, Message: "the server is overloaded; try again in a moment",
}

// ticket is one computation and the slot that it holds, of the most expensive question that it has asked. One goroutine
// asks.
type ticket struct {
	admission *admission
	holds     bool // a slot of cost's semaphore
	cost      cost
	since     time.Time
}

type ticketKey struct{}

// begin starts a computation that the questions of the context belong to: what they hold is one share of the memory. The
// caller calls end when it is over.
func (a *admission) begin(ctx context.Context) (computing context.Context, end func()) {
	t := &ticket{admission: a}
	ctx = context.WithValue(ctx, ticketKey{}, t)
	if a.memory == nil {
		return ctx, t.release
	}
	share := a.memory.Share()
	return gold.WithShare(ctx, share), func() {
		share.Release()
		t.release()
	}
}

// admit waits until a computation may ask a question of a class; the context is one of begin's.
func admit(ctx context.Context, c cost) error {
	t, ok := ctx.Value(ticketKey{}).(*ticket)
	if !ok || t.holds && c <= t.cost {
		return nil
	}
	t.release() // who waits holds nothing that another waits for
	if t.admission.sending.Load() > maxSending {
		return Overloaded
	}
	if err := t.admission.semaphores[c].acquire(ctx); err != nil {
		return err
	}
	t.holds, t.cost, t.since = true, c, time.Now()
	return nil
}

func (t *ticket) release() {
	if t.holds {
		t.holds = false
		t.admission.semaphores[t.cost].release(time.Since(t.since))
	}
}

// admitted is a reader whose questions wait until they are admitted.
type admitted struct{ gold.Reader }

func (g admitted) holds(v *gold.Version) bool {
	resident, ok := g.Reader.(gold.Resident)
	return ok && resident.Holds(v)
}

func (g admitted) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	c := costOfRows(&q)
	if c == expensive && g.holds(q.Version) {
		c = cheap
	}
	if err := admit(ctx, c); err != nil {
		return nil, err
	}
	return g.Reader.Rows(ctx, q)
}

func (g admitted) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	c := costOfAggregation(&a)
	if c == expensive && g.holds(a.Version) {
		c = cheap
	}
	if err := admit(ctx, c); err != nil {
		return nil, err
	}
	return g.Reader.Aggregate(ctx, a)
}

// Compute runs a computation of the answer to one request, which asks the store nothing: it waits for a slot of the most
// expensive class, and a panic is an error.
func (r *Responder) Compute(ctx context.Context, run func(context.Context) error) (err error) {
	ctx, end := r.admission.begin(ctx)
	defer end()
	defer recovered(&err)
	if err := admit(ctx, expensive); err != nil {
		return err
	}
	return run(ctx)
}
