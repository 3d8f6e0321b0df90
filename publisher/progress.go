package publisher

import (
	"sync"
	"sync/atomic"
	"time"

	"goldserve/gold"
)

// Event says how far a publish or a check is, for Config.Progress.
type Event struct {
	Stage   Stage
	Dataset string        // empty where the stage is of the whole release
	Rows    int64         // of the dataset, that were read so far
	Of      int64         // rows that the dataset has; 0 where it has none, or the stage reads none
	Elapsed time.Duration // since the dataset was begun
}

// Stage is what is being done.
type Stage string

// The stages, in the order in which a dataset and then the release pass them. Of a dataset's Reading or Loading the
// first event has 0 rows, and the others are a tenth of a second apart or more; Sealing and Done have all rows.
const (
	Planning   Stage = "planning"   // files are hashed and compared with the store
	Deriving   Stage = "deriving"   // a derived dataset is computed, of its source's rows
	Reading    Stage = "reading"    // rows are read, for rules and what is derived from them; none is written
	Loading    Stage = "loading"    // rows are read and written
	Sealing    Stage = "sealing"    // the store makes the indexes and counts the rows
	Done       Stage = "done"       // the dataset is complete
	Switching  Stage = "switching"  // the release becomes current
	Refreshing Stage = "refreshing" // the BI database is made to show it
)

// progressEvery is the least time between two events of a dataset's rows.
const progressEvery = 100 * time.Millisecond

// notify tells of a stage of the whole release.
func (p *Publisher) notify(s Stage) {
	if p.config.Progress != nil {
		p.config.Progress(Event{Stage: s})
	}
}

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
