package infer

import (
	"context"
	"math"
	"runtime"
	"slices"

	"goldserve/gold"
	"goldserve/gold/lake"
)

// maxListed is how many different values of a column are kept exactly.
const maxListed = 32

// profile is what one pass over a dataset tells about one of its columns.
type profile struct {
	rows, nulls   int64
	lowest        gold.Value // null: the column has no value
	highest       gold.Value
	fractions     bool                // of a Double: some value is not whole
	total         uint64              // of whole numbers and durations, without their signs; at most beyondInt64
	values        map[string]struct{} // of a Text; nil once there are more than maxListed
	length        int64               // bytes of all texts
	shaped        [shapes]int64       // rows by shape
	periods       [gold.YearPeriod + 1]int64
	sketch        sketch
	distinctCount float64 // the sketch's estimate; exact where values are kept
}

// share returns the part of the column's values that have a shape.
func (p *profile) share(s shape) float64 {
	if p.rows == p.nulls {
		return 0
	}
	return float64(p.shaped[s]) / float64(p.rows-p.nulls)
}

// period returns the unit of periods that all values are, NoPeriod for none.
func (p *profile) period() gold.PeriodUnit {
	for unit, n := range p.periods {
		if n > 0 && n == p.rows-p.nulls {
			return gold.PeriodUnit(unit)
		}
	}
	return gold.NoPeriod
}

// maxWorkers is how many row groups are read at once.
func maxWorkers() int { return runtime.GOMAXPROCS(0) }

// profiles returns a profile of each field of a dataset's table. That a value is none of its field is remembered, too.
func (in *inference) profiles(ctx context.Context, d *Dataset, t *lake.Table) ([]*profile, error) {
	type result struct {
		found []*profile
		err   error
	}
	told, err := recall(in.memory, in.about("profiles", d), func() (result, error) {
		found, err := profiles(ctx, t)
		if gold.KindOf(err) == gold.Invalid {
			return result{err: err}, nil
		}
		return result{found: found}, err
	})
	if err == nil {
		err = told.err
	}
	return told.found, err
}

// profiles reads all rows of a table once and returns a profile of each of its fields.
func profiles(ctx context.Context, t *lake.Table) ([]*profile, error) {
	fields := t.Dataset().Fields
	workers := make([][]*profile, maxWorkers())
	for w := range workers {
		workers[w] = make([]*profile, len(fields))
		for i, f := range fields {
			workers[w][i] = &profile{}
			if f.Kind == gold.Text {
				workers[w][i].values = map[string]struct{}{}
			}
		}
	}
	_, err := t.Read(ctx, lake.Read{Workers: len(workers)}, func(worker int, b *gold.Batch, _ int64) error {
		for i := range b.Columns {
			workers[worker][i].add(&b.Columns[i], b.Rows)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := workers[0]
	for i, p := range all {
		for _, other := range workers[1:] {
			p.merge(other[i])
		}
		p.distinctCount = p.sketch.estimate()
		if p.values != nil {
			p.distinctCount = float64(len(p.values))
		}
	}
	return all, nil
}

func (p *profile) add(c *gold.Column, rows int) {
	p.rows += int64(rows)
	last, first := uint64(0), true
	for i := range rows {
		if c.IsNull(i) {
			p.nulls++
			continue
		}
		hash := hashOf(c, i)
		if first || hash != last { // runs are common
			p.sketch.add(hash)
			p.bound(c, i)
		}
		switch last, first = hash, false; c.Kind {
		case gold.Text:
			p.addText(c.Text(i))
		case gold.Int, gold.Duration:
			p.addTotal(magnitude(c.Ints[i]))
		default:
		}
	}
}

// beyondInt64 stands for every total that has more than 64 bits with its sign.
const beyondInt64 = 1 << 63

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func (p *profile) addTotal(n uint64) {
	p.total += min(n, beyondInt64-p.total)
}

// sums reports whether the sum of any of the values fits int64.
func (p *profile) sums() bool { return p.total < beyondInt64 }

// bound widens the bounds of numbers and times by a value.
func (p *profile) bound(c *gold.Column, row int) {
	switch c.Kind {
	case gold.Text:
		return
	case gold.WideDecimal: // whose bounds are compared as values
	case gold.Double:
		f := c.Floats[row]
		p.fractions = p.fractions || f != math.Trunc(f)
		if !p.lowest.IsNull() && f >= p.lowest.Double() && f <= p.highest.Double() {
			return
		}
	default:
		if n := c.Ints[row]; !p.lowest.IsNull() && n >= p.lowest.Int() && n <= p.highest.Int() {
			return
		}
	}
	p.widen(c.Value(row))
}

func (p *profile) widen(v gold.Value) {
	if p.lowest.IsNull() || gold.Compare(v, p.lowest) < 0 {
		p.lowest = v
	}
	if p.highest.IsNull() || gold.Compare(v, p.highest) > 0 {
		p.highest = v
	}
}

// hashOf returns the hash of a value, the same in every run.
func hashOf(c *gold.Column, row int) uint64 {
	switch {
	case c.Kind.InBytes():
		hash := uint64(14695981039346656037) // FNV-1a
		for _, b := range c.Text(row) {
			hash = (hash ^ uint64(b)) * 1099511628211
		}
		return mix(hash)
	case c.Kind == gold.Double:
		return mix(math.Float64bits(c.Floats[row]))
	default:
		return mix(uint64(c.Ints[row]) + 1)
	}
}

func (p *profile) addText(text []byte) {
	p.length += int64(len(text))
	shapesOf(text, func(s shape) { p.shaped[s]++ })
	if len(text) > 0 && len(text) <= len("2011-12-08") && '0' <= text[0] && text[0] <= '9' {
		if period, ok := gold.ParsePeriod(string(text)); ok {
			p.periods[period.Unit]++
		}
	}
	if p.values != nil {
		if _, known := p.values[string(text)]; !known {
			p.list(string(text))
		}
	}
}

// list adds a value to those that are kept, and gives up where there are too many.
func (p *profile) list(value string) {
	if p.values[value] = struct{}{}; len(p.values) > maxListed {
		p.values = nil
	}
}

func (p *profile) merge(o *profile) {
	p.rows, p.nulls, p.length = p.rows+o.rows, p.nulls+o.nulls, p.length+o.length
	p.fractions = p.fractions || o.fractions
	p.addTotal(o.total)
	if !o.lowest.IsNull() {
		p.widen(o.lowest)
		p.widen(o.highest)
	}
	for s := range p.shaped {
		p.shaped[s] += o.shaped[s]
	}
	for u := range p.periods {
		p.periods[u] += o.periods[u]
	}
	p.sketch.merge(&o.sketch)
	if o.values == nil {
		p.values = nil
	}
	for value := range o.values {
		if p.values == nil {
			break
		}
		p.list(value)
	}
}

// listed returns the values that are kept, sorted; nil where there are too many.
func (p *profile) listed() []string {
	var values []string
	for v := range p.values {
		values = append(values, v)
	}
	slices.Sort(values)
	return values
}
