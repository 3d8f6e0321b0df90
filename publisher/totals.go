package publisher

import (
	"fmt"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// totals computes the measures that a version must know, with one accumulator for each worker.
type totals struct {
	names   []string
	workers []*measure.Totals
}

func (r *run) newTotals(it *job) (*totals, error) {
	t := &totals{names: columnsOf(nil, it.measures), workers: make([]*measure.Totals, r.workers())}
	fields := fieldsOf(it.dataset, t.names)
	for i := range t.workers {
		var err error
		if t.workers[i], err = measure.NewTotals(fields, it.measures, r.config.Memory); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *totals) columns() []string { return t.names }

func (t *totals) add(worker int, b *gold.Batch, _ int64) error { return t.workers[worker].Add(b) }

// values merges what the workers saw; the totals are then of no more use.
func (t *totals) values() (map[string]gold.Value, error) {
	for _, other := range t.workers[1:] {
		if err := t.workers[0].Merge(other); err != nil {
			return nil, err
		}
	}
	return t.workers[0].Values()
}

// version returns the item's version as its rows were read, which no store has; the totals are then of no more use.
func (t *totals) version(it *job) (*gold.Version, error) {
	measures, err := t.values()
	if err != nil {
		return nil, fmt.Errorf("measures of %s: %w", it.dataset.Name, err)
	}
	return &gold.Version{Dataset: *it.dataset, Rows: it.checked, Measures: measures}, nil
}
