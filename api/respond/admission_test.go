package respond

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"goldserve/gold"
)

func TestCosts(t *testing.T) {
	facts := &gold.Version{Rows: 10_000_000, Dataset: gold.Dataset{
		Name: "facts", Key: []string{"id"}, Indexes: []gold.Index{{{Field: "at"}, {Field: "id"}}},
		Fields: []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "at", Kind: gold.Time}, {Name: "amount", Kind: gold.Double}},
	}}
	where := func(field string, op gold.Op) []gold.Predicate {
		return []gold.Predicate{{Field: field, Op: op, Values: []gold.Value{gold.NewInt(1)}}}
	}
	byTime := []gold.Sort{{Field: "at"}, {Field: "id"}}
	for name, c := range map[string]struct {
		query gold.Query
		want  cost
	}{
		"a row":                            {gold.Query{Version: facts, Where: where("id", gold.Eq), Sort: []gold.Sort{{Field: "id"}}, Limit: 1}, cheap},
		"some rows by their keys":          {gold.Query{Version: facts, Where: where("id", gold.In), Sort: byTime}, cheap},
		"a page by an index":               {gold.Query{Version: facts, Sort: byTime, Limit: 100}, cheap},
		"a page by an index from its end":  {gold.Query{Version: facts, Sort: []gold.Sort{{Field: "at", Desc: true}, {Field: "id", Desc: true}}, Limit: 100}, cheap},
		"a page by the key":                {gold.Query{Version: facts, Sort: []gold.Sort{{Field: "id", Desc: true}}, Limit: 100}, cheap},
		"a page of a period, by an index":  {gold.Query{Version: facts, Where: where("at", gold.Gte), Sort: byTime, Limit: 100}, cheap},
		"everything":                       {gold.Query{Version: facts, Sort: byTime}, expensive},
		"a page that has to be sorted":     {gold.Query{Version: facts, Sort: []gold.Sort{{Field: "amount"}, {Field: "id"}}, Limit: 100}, expensive},
		"an index in two directions":       {gold.Query{Version: facts, Sort: []gold.Sort{{Field: "at", Desc: true}, {Field: "id"}}, Limit: 100}, expensive},
		"a page that has to be looked for": {gold.Query{Version: facts, Where: where("amount", gold.Eq), Sort: byTime, Limit: 100}, expensive},
		"all but one time":                 {gold.Query{Version: facts, Where: where("at", gold.Ne), Sort: byTime, Limit: 100}, expensive},
		"a small dataset":                  {gold.Query{Version: &gold.Version{Rows: smallRows, Dataset: facts.Dataset}, Where: where("amount", gold.Eq)}, cheap},
	} {
		if got := costOfRows(&c.query); got != c.want {
			t.Errorf("%s: class %d, want %d", name, got, c.want)
		}
	}
	for rows, want := range map[int64]cost{smallRows: cheap, smallRows + 1: expensive} {
		if got := costOfAggregation(&gold.Aggregation{Version: &gold.Version{Rows: rows}}); got != want {
			t.Errorf("an aggregate of %d rows: class %d, want %d", rows, got, want)
		}
	}
}

// TestASemaphoreLetsInWhatItHasSlotsFor also goes through what a waiting client can do: be let in, go, come too late.
func TestASemaphoreLetsInWhatItHasSlotsFor(t *testing.T) {
	g := &semaphore{slots: 1, queue: 1}
	if err := g.acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithCancel(t.Context())
	outcomes := make(chan error, 1)
	go func() { outcomes <- g.acquire(impatient) }()
	waitUntil(t, func() bool { g.mu.Lock(); defer g.mu.Unlock(); return len(g.waiting) == 1 })
	if err := g.acquire(t.Context()); !errors.Is(err, Overloaded) {
		t.Errorf("beyond the queue: %v", err)
	}
	cancel()
	if err := <-outcomes; !errors.Is(err, context.Canceled) {
		t.Errorf("a client that went: %v", err)
	}
	late, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if err := g.acquire(late); !errors.Is(err, Overloaded) {
		t.Errorf("a client whose time is over before its turn: %v", err)
	}
	go func() { outcomes <- g.acquire(t.Context()) }()
	waitUntil(t, func() bool { g.mu.Lock(); defer g.mu.Unlock(); return len(g.waiting) == 1 })
	g.release(time.Hour)
	if err := <-outcomes; err != nil {
		t.Errorf("its turn: %v", err)
	}
	short, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := g.acquire(short); !errors.Is(err, Overloaded) {
		t.Errorf("a queue that is longer than the client's time: %v", err)
	}
	g.release(0)
	if g.held != 0 || len(g.waiting) != 0 {
		t.Errorf("%d inside and %d waiting at the end", g.held, len(g.waiting))
	}
}

func TestASemaphoreIsNeverOverfull(t *testing.T) {
	g := &semaphore{slots: 3, queue: 1000}
	var mu sync.Mutex
	var inside, most, refused int
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%20)*time.Millisecond)
			defer cancel()
			if i%3 > 0 {
				ctx = t.Context()
			}
			if err := g.acquire(ctx); err != nil {
				mu.Lock()
				refused++
				mu.Unlock()
				return
			}
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			time.Sleep(time.Millisecond)
			mu.Lock()
			inside--
			mu.Unlock()
			g.release(time.Millisecond)
		})
	}
	all.Wait()
	if most > 3 || g.held != 0 || len(g.waiting) != 0 {
		t.Errorf("at most %d at once, %d inside and %d waiting at the end, %d refused", most, g.held, len(g.waiting), refused)
	}
}

func TestOneComputationHoldsOneSlot(t *testing.T) {
	a := newAdmission(true, nil)
	ctx, end := a.begin(t.Context())
	for _, c := range []cost{cheap, cheap, expensive, cheap, expensive} {
		if err := admit(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	if a.semaphores[cheap].held != 0 || a.semaphores[expensive].held != 1 {
		t.Errorf("%d cheap and %d expensive slots are held", a.semaphores[cheap].held, a.semaphores[expensive].held)
	}
	end()
	e := newEncoded(make([]byte, maxSending+1), "")
	done, again := a.send(e), a.send(e)
	ctx, end = a.begin(t.Context())
	defer end()
	if err := admit(ctx, cheap); !errors.Is(err, Overloaded) {
		t.Errorf("while %d bytes are on their way: %v", a.sending.Load(), err)
	}
	done()
	again()
	if err := admit(ctx, cheap); err != nil || a.sending.Load() != 0 {
		t.Errorf("afterwards: %v, %d bytes", err, a.sending.Load())
	}
}

func waitUntil(t *testing.T, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ready(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing happened for ten seconds")
		}
	}
}
