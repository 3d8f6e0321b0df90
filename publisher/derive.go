package publisher

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// deriver computes one derived dataset from the batches of its source.
type deriver struct {
	consumer // nil: it needs the source's measures alone, and then a pass of its own
	target   *job
	// finish returns the rows; again streams the source once more.
	finish func(again func(consumer) error) (*gold.Batch, error)
}

// consumersOf returns the derivers that rows are streamed to.
func consumersOf(derivers []deriver) []consumer {
	var consumers []consumer
	for _, d := range derivers {
		if d.consumer != nil {
			consumers = append(consumers, d)
		}
	}
	return consumers
}

// derivers returns one deriver for each dataset that must be computed from it while it streams. Those that group by looked-up
// fields need more than its rows: see deriveLookingUp.
func (r *run) derivers(it *job) ([]deriver, error) {
	var derivers []deriver
	for _, target := range r.jobs {
		if d := target.dataset.Derive; d == nil || d.From != it.dataset.Name || target.version != nil || len(target.lookups) > 0 {
			continue
		}
		switch d := target.dataset.Derive; {
		case d.Group != nil:
			groups, err := groupDeriver(it.dataset.Fields, target, r.workers(), r.config.Memory)
			if err != nil {
				return nil, err
			}
			derivers = append(derivers, groups)
		case d.Growth != nil:
			fields := fieldsOf(it.dataset, []string{d.Growth.Order, d.Growth.Value})
			rows := &collector{rows: gold.NewBatch(fields, 0), memory: r.config.Memory}
			derivers = append(derivers, deriver{consumer: rows, target: target, finish: func(func(consumer) error) (*gold.Batch, error) {
				return measure.Growth(rows.rows, *d.Growth)
			}})
		default:
			derivers = append(derivers, histogramDeriver(it, target, r.workers()))
		}
	}
	return derivers, nil
}

// finish completes the derived datasets of a source, and refuses those that lost many rows.
func (r *run) finish(ctx context.Context, it *job, derivers []deriver) error {
	var refusals []error
	for _, d := range derivers {
		r.progressOf(d.target, Deriving)
		if err := r.finishOne(ctx, it, d); err != nil {
			return err
		}
		if err := r.shrunk(d.target.decision, int64(d.target.rows.Rows)); err != nil {
			refusals = append(refusals, err)
		}
	}
	return joined(refusals)
}

// finishOne completes a dataset that is derived from it.
func (r *run) finishOne(ctx context.Context, it *job, d deriver) error {
	rows, err := d.finish(func(c consumer) error { return r.stream(ctx, it, c) })
	if err != nil {
		return notDerived(d.target, err)
	}
	rows.Fields = d.target.dataset.Fields
	d.target.rows = rows
	return fitFields(d.target.dataset, rows)
}

// notDerived says which dataset an error is about.
func notDerived(target *job, err error) error {
	return fmt.Errorf("derive %s from %s: %w", target.dataset.Name, target.source.dataset.Name, err)
}

// deriveLookingUp computes a derived dataset that groups by looked-up fields, once all that it reads is done: by a pass of its
// own over the columns that it needs.
func (r *run) deriveLookingUp(ctx context.Context, target *job) error {
	if len(target.lookups) == 0 || target.version != nil {
		return nil
	}
	r.progressOf(target, Deriving)
	if err := r.fill(ctx, target.lookups); err != nil {
		return notDerived(target, err)
	}
	fields := append(slices.Clip(target.source.dataset.Fields), target.lookups.fields()...)
	d, err := groupDeriver(fields, target, r.workers(), r.config.Memory)
	if err == nil {
		err = r.stream(ctx, target.source, newLookingUp(d, target.lookups))
	}
	target.lookups.drop()
	if err != nil {
		return notDerived(target, err)
	}
	if err := r.finishOne(ctx, target.source, d); err != nil {
		return err
	}
	return r.shrunk(target.decision, int64(target.rows.Rows))
}

// fitFields gives computed decimals the kinds of their fields, and refuses those of more digits.
func fitFields(d *gold.Dataset, rows *gold.Batch) error {
	for i, f := range d.Fields {
		if f.Kind == gold.Decimal && rows.Columns[i].Kind == gold.WideDecimal {
			narrow, beyond, ok := rows.Columns[i].Narrow()
			if !ok {
				return gold.Invalidf(gold.Problem{Field: f.Name, Code: gold.CodeValueRange},
					"dataset %s: %s is %s in row %d, which has more than %d digits: declare %s as DECIMAL(%d,%d)",
					d.Name, f.Name, rows.Columns[i].Int128(beyond).Append(nil, f.Scale), beyond+1, gold.NarrowDigits, f.Name, gold.MaxDigits, f.Scale)
			}
			rows.Columns[i] = narrow
		}
		if f.Kind != gold.WideDecimal {
			continue
		}
		for row := range rows.Rows {
			if n := rows.Columns[i].Int128(row); !n.Fits(f.Precision) {
				return gold.Invalidf(gold.Problem{Field: f.Name, Code: gold.CodeValueRange},
					"dataset %s: %s is %s in row %d, which has more than %d digits: declare %s as DECIMAL(%d,%d)",
					d.Name, f.Name, n.Append(nil, f.Scale), row+1, f.Precision, f.Name, gold.MaxDigits, f.Scale)
			}
		}
	}
	return nil
}

func groupDeriver(from []gold.Field, target *job, workers int, memory int64) (deriver, error) {
	spec := target.dataset.Derive.Group
	g, err := newGrouping(from, spec.By, spec.Measures, workers, memory)
	if err != nil {
		return deriver{}, err
	}
	return deriver{consumer: g, target: target, finish: func(func(consumer) error) (*gold.Batch, error) {
		groups, err := g.merged()
		if err != nil {
			return nil, err
		}
		return groups.Batch(spec.Sort, spec.Limit)
	}}, nil
}

// counting counts the values of one column with one histogram for each worker.
type counting struct {
	field   string
	workers []*measure.Histogram
}

func (c *counting) columns() []string { return []string{c.field} }

func (c *counting) add(worker int, b *gold.Batch, _ int64) error {
	c.workers[worker].Add(&b.Columns[0])
	return nil
}

// histogramDeriver needs the range of the field, which the source's measures hold once it is loaded, and then a
// pass over that column.
func histogramDeriver(it, target *job, workers int) deriver {
	spec := target.dataset.Derive.Histogram
	return deriver{target: target, finish: func(again func(consumer) error) (*gold.Batch, error) {
		field := *it.dataset.Field(spec.Field)
		low := it.version.Measures[gold.Measure{Func: gold.Min, Field: field.Name}.String()]
		high := it.version.Measures[gold.Measure{Func: gold.Max, Field: field.Name}.String()]
		c := &counting{field: spec.Field, workers: make([]*measure.Histogram, workers)}
		for i := range c.workers {
			var err error
			if c.workers[i], err = measure.HistogramOf(field, low, high, spec.Bins); err != nil {
				return nil, err
			}
		}
		if err := again(c); err != nil {
			return nil, err
		}
		for _, other := range c.workers[1:] {
			c.workers[0].Merge(other)
		}
		return c.workers[0].Batch(), nil
	}}
}

// duplicateError names the file and the rows of a key that stands twice.
func duplicateError(it *job, duplicate gold.DuplicateKey, rows []int64) error {
	file, row := it.table.Place(rows[1])
	places := make([]string, len(rows))
	for i := range rows {
		name, in := it.table.Place(rows[i])
		places[i] = gold.NewInt(in).String()
		if name != file {
			places[i] += " of " + name
		}
	}
	values := make([]string, len(duplicate.Key))
	for i, v := range duplicate.Key {
		values[i] = v.Format(it.dataset.Field(it.dataset.Key[i]).Scale)
	}
	p := gold.Problem{Code: gold.CodeDuplicateKey, File: file, Field: strings.Join(it.dataset.Key, ","), Row: row}
	columns := make([]string, len(duplicate.Key))
	for i, f := range it.dataset.KeyFields() {
		columns[i] = f.Column()
	}
	if named := strings.Join(columns, ","); named != p.Field {
		p.PhysicalName = named
	}
	e := gold.Invalidf(p, "the duplicate key %s is also in row %s; every key may stand once: remove the other rows", strings.Join(values, ","), places[0])
	if len(rows) > 2 {
		e.Message += fmt.Sprintf(" (rows %s)", strings.Join(places, ", "))
	}
	e.Err = duplicate
	return e
}

// collector keeps two columns in memory, bounded; for growth, which needs all rows of a small source.
type collector struct {
	mu     sync.Mutex
	rows   *gold.Batch
	memory int64
}

func (c *collector) columns() []string {
	return []string{c.rows.Fields[0].Name, c.rows.Fields[1].Name}
}

func (c *collector) add(_ int, b *gold.Batch, _ int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range b.Rows {
		for n := range b.Columns {
			c.rows.Columns[n].AppendFrom(&b.Columns[n], i)
		}
	}
	c.rows.Rows += b.Rows
	if held := int64(c.rows.Rows) * int64(len(c.rows.Columns)) * 16; c.memory > 0 && held > c.memory {
		return gold.Errorf(gold.Invalid, gold.CodeMemoryLimit,
			"a derived dataset needs more than %d bytes of its source in memory", c.memory)
	}
	return nil
}
