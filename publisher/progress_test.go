package publisher

import (
	"sync"
	"testing"

	"goldserve/gold"
	"goldserve/gold/contract"
)

func TestProgressIsToldSeldomAndInOrder(t *testing.T) {
	const batches, rows, workers = 20_000, 7, 4
	var events []Event // told one after the other
	p := New(Config{Progress: func(e Event) { events = append(events, e) }})
	d := shop()
	g := p.progressOf(&job{decision: &decision{input: &input{contract: &contract.Contract{Dataset: d}}, dataset: &d}, version: &gold.Version{Rows: batches * rows * workers}}, Loading)
	var readers sync.WaitGroup
	for worker := range workers {
		readers.Go(func() {
			for range batches {
				if err := g.add(worker, &gold.Batch{Rows: rows}, 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	readers.Wait()
	g.report(Sealing)
	first, last := events[0], events[len(events)-1]
	if first.Stage != Loading || first.Rows != 0 || last.Stage != Sealing || last.Rows != last.Of || last.Of != batches*rows*workers || last.Dataset != d.Name {
		t.Errorf("first %+v, last %+v", first, last)
	}
	if most := 2 + int(last.Elapsed/progressEvery); len(events) > most {
		t.Errorf("%d events in %s, want at most %d", len(events), last.Elapsed, most)
	}
	for i, e := range events[1:] {
		if e.Rows < events[i].Rows || e.Elapsed < events[i].Elapsed {
			t.Errorf("%+v after %+v", e, events[i])
		}
	}
}
