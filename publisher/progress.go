package publisher

import (
	"sync"
	"sync/atomic"
	"time"

	"goldserve/gold"
)

// progressEvery is the least time between two events of a dataset's rows.
const progressEvery = 100 * time.Millisecond

// progress tells how far one dataset is. As a consumer it counts rows, of which it needs no column; it costs a look at the
// clock for each batch.
type progress struct {
	notify  func(Event) // never nil
	dataset string
	stage   Stage
	of      int64
	started time.Time
	rows    atomic.Int64
	next    atomic.Int64 // when rows are reported again, as a duration since started
	mu      sync.Mutex   // one event is reported after the other
}

// progressOf begins the progress of a job.
func (p *Publisher) progressOf(it *job, stage Stage) *progress {
	g := &progress{notify: p.config.Progress, dataset: it.dataset.Name, stage: stage, started: time.Now()}
	if g.notify == nil {
		g.notify = func(Event) {}
	}
	g.of, _ = it.size()
	g.report(stage)
	g.next.Store(int64(progressEvery))
	return g
}

func (g *progress) columns() []string { return nil }

func (g *progress) add(_ int, b *gold.Batch, _ int64) error {
	g.rows.Add(int64(b.Rows))
	elapsed, next := time.Since(g.started), g.next.Load()
	if int64(elapsed) >= next && g.next.CompareAndSwap(next, int64(elapsed+progressEvery)) {
		g.report(g.stage)
	}
	return nil
}

// report tells of a stage of the dataset.
func (g *progress) report(stage Stage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.notify(Event{Stage: stage, Dataset: g.dataset, Rows: g.rows.Load(), Of: g.of, Elapsed: time.Since(g.started)})
}
