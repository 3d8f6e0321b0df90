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
	resumed *measure.Totals // of rows that were totalled before; nil: none
}

func (r *run) newTotals(it *job, measures []gold.Measure) (*totals, error) {
	t := &totals{names: columnsOf(nil, measures), workers: make([]*measure.Totals, r.workers())}
	fields := fieldsOf(it.dataset, t.names)
	for i := range t.workers {
		var err error
		if t.workers[i], err = measure.NewTotals(fields, measures, r.config.Memory); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// resumeTotals returns totals that continue those of a version.
func (r *run) resumeTotals(it *job, measures []gold.Measure, of *gold.Version) (t *totals, err error) {
	if t, err = r.newTotals(it, measures); err != nil {
		return nil, err
	}
	t.resumed, err = measure.Resume(fieldsOf(it.dataset, t.names), measures, r.config.Memory, of.Measures, of.Resume.Sums)
	return t, err
}

func (t *totals) columns() []string { return t.names }

func (t *totals) add(worker int, b *gold.Batch, _ int64) error { return t.workers[worker].Add(b) }

// values merges what the workers saw; the totals are then of no more use.
func (t *totals) values() (map[string]gold.Value, error) {
	others := t.workers[1:]
	if t.resumed != nil {
		others = append(others, t.resumed)
	}
	for _, other := range others {
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
	v := &gold.Version{Dataset: *it.dataset, Rows: it.checked, Measures: measures}
	if it.parts != nil {
		v.Resume = &gold.Resume{Parts: it.parts, Sums: t.workers[0].Sums()}
	}
	return v, nil
}
