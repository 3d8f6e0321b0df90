package publisher

import (
	"context"
	"fmt"
	"strings"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// deriver computes one derived dataset from the batches of its source.
type deriver struct {
	consumer
	target *item
	// finish returns the rows; again streams the source's named fields once more.
	finish func(again func(fields []string, c consumer) error) (*gold.Batch, error)
}

// derivers returns one deriver for each dataset that must be computed from it.
func (pl *plan) derivers(it *item, workers int, memory int64) ([]deriver, error) {
	var derivers []deriver
	for _, target := range pl.items {
		if d := target.dataset.Derive; d == nil || d.From != it.dataset.Name || target.version != nil {
			continue
		}
		switch d := target.dataset.Derive; {
		case d.Group != nil:
			groups, err := groupDeriver(it.dataset, target, workers, memory)
			if err != nil {
				return nil, err
			}
			derivers = append(derivers, groups)
		case d.Growth != nil:
			rows := &collector{rows: gold.NewBatch(it.dataset.Fields, 0), memory: memory}
			derivers = append(derivers, deriver{consumer: rows, target: target, finish: func(func([]string, consumer) error) (*gold.Batch, error) {
				return measure.Growth(rows.rows, *d.Growth)
			}})
		default:
			derivers = append(derivers, histogramDeriver(it, target, workers))
		}
	}
	return derivers, nil
}

// finish completes the derived datasets of a source, and refuses those that lost many rows.
func (p *Publisher) finish(ctx context.Context, pl *plan, it *item, derivers []deriver) error {
	var refusals []error
	for _, d := range derivers {
		p.progressOf(d.target, Deriving)
		rows, err := d.finish(func(fields []string, c consumer) error {
			return p.stream(ctx, it, fields, []consumer{c})
		})
		if err != nil {
			return fmt.Errorf("derive %s from %s: %w", d.target.dataset.Name, it.dataset.Name, err)
		}
		rows.Fields = d.target.dataset.Fields
		d.target.rows = rows
		if err := pl.shrunk(d.target, int64(rows.Rows)); err != nil {
			refusals = append(refusals, err)
		}
	}
	return joined(refusals)
}

// groupWorkers groups with one accumulator for each worker.
type groupWorkers []*measure.Groups

func (g groupWorkers) add(worker int, b *gold.Batch, _ int64) error { return g[worker].Add(b) }

func groupDeriver(from *gold.Dataset, target *item, workers int, memory int64) (deriver, error) {
	group := target.dataset.Derive.Group
	groups := make(groupWorkers, workers)
	for i := range groups {
		var err error
		if groups[i], err = measure.NewGroups(from.Fields, group.By, group.Measures, memory); err != nil {
			return deriver{}, err
		}
	}
	return deriver{consumer: groups, target: target, finish: func(func([]string, consumer) error) (*gold.Batch, error) {
		for _, other := range groups[1:] {
			if err := groups[0].Merge(other); err != nil {
				return nil, err
			}
		}
		return groups[0].Batch(group.Sort, group.Limit)
	}}, nil
}

// nothing takes batches for a deriver that needs only a later pass.
type nothing struct{}

func (nothing) add(int, *gold.Batch, int64) error { return nil }

// histogramWorkers counts one column with one histogram for each worker.
type histogramWorkers []*measure.Histogram

func (h histogramWorkers) add(worker int, b *gold.Batch, _ int64) error {
	h[worker].Add(&b.Columns[0])
	return nil
}

// histogramDeriver needs the range of the field, which the source's measures hold once it is loaded, and then a
// second pass over that column.
func histogramDeriver(it, target *item, workers int) deriver {
	spec := target.dataset.Derive.Histogram
	return deriver{consumer: nothing{}, target: target, finish: func(again func([]string, consumer) error) (*gold.Batch, error) {
		field := *it.dataset.Field(spec.Field)
		low := it.version.Measures[gold.Measure{Func: gold.Min, Field: field.Name}.String()]
		high := it.version.Measures[gold.Measure{Func: gold.Max, Field: field.Name}.String()]
		histograms := make(histogramWorkers, workers)
		for i := range histograms {
			var err error
			if histograms[i], err = measure.HistogramOf(field, low, high, spec.Bins); err != nil {
				return nil, err
			}
		}
		if err := again([]string{spec.Field}, histograms); err != nil {
			return nil, err
		}
		for _, other := range histograms[1:] {
			histograms[0].Merge(other)
		}
		return histograms[0].Batch(), nil
	}}
}

// duplicateError names the file and the rows of a key that stands twice.
func duplicateError(it *item, duplicate gold.DuplicateKey, rows []int64) error {
	places := make([]string, len(rows))
	for i, row := range rows {
		places[i] = gold.NewInt(row).String()
	}
	values := make([]string, len(duplicate.Key))
	for i, v := range duplicate.Key {
		values[i] = v.Format(it.dataset.Field(it.dataset.Key[i]).Scale)
	}
	e := gold.Invalidf(gold.Problem{
		Code: gold.CodeDuplicateKey, File: it.table.File(), Field: strings.Join(it.dataset.Key, ","), Row: rows[1],
	}, "key %s is also in row %s; every key may stand once: remove the other rows", strings.Join(values, ","), places[0])
	if len(rows) > 2 {
		e.Message += fmt.Sprintf(" (rows %s)", strings.Join(places, ", "))
	}
	e.Err = duplicate
	return e
}
