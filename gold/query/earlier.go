package query

import (
	"slices"

	"goldserve/gold"
)

// earlier are the measures of an earlier time, to be joined to the groups of an answer. The zero value joins nothing.
type earlier struct {
	comparison *Comparison
	step       step
	data       Span
	now        Span // what of the asked time has data
	before     Span // before it was cut to the data
	covered    bool // data covers it, or some of its periods
	groups     map[groupKey][]gold.Value
	present    *present     // instead of groups, if the comparison is with the latest period that has rows
	none       []gold.Value // the measures over no rows
	columns    []gold.Field // of the measures
	first      int          // the index of the first measure among the answer's columns
}

// groupKey is the values of a group, to find it among others.
type groupKey [MaxGroups]gold.Value

func keyOf(group []gold.Value) (key groupKey) {
	copy(key[:], group)
	return key
}

// earlierBytes estimates what a group of so many columns takes in a map that is half full, its texts included.
func earlierBytes(columns int) int64 {
	const value, slice, textBytes = 32, 24, 16
	return 2*(MaxGroups*value+slice) + int64(columns)*(value+textBytes)
}

// fields returns the columns of an answer with those that a comparison adds.
func (e *earlier) fields(fields []gold.Field) []gold.Field {
	if e.named() {
		period := fields[e.comparison.Group]
		period.Name, period.Nullable = period.Name+PreviousSuffix, true
		fields = append(fields, period)
	}
	for _, f := range e.columns {
		previous := f
		previous.Name, previous.Nullable = f.Name+PreviousSuffix, true
		fields = append(fields, previous, gold.Field{Name: f.Name + ChangeSuffix, Kind: gold.Double, Nullable: true})
	}
	return fields
}

// named reports whether the answer names the period that each group is compared with.
func (e *earlier) named() bool { return e.comparison != nil && e.comparison.Present }

// join returns a batch of groups with the columns of the comparison.
func (e *earlier) join(b *gold.Batch) *gold.Batch {
	if e.comparison == nil {
		return b
	}
	out := &gold.Batch{Fields: e.fields(slices.Clone(b.Fields)), Columns: slices.Clone(b.Columns), Rows: b.Rows}
	for _, f := range out.Fields[len(b.Fields):] {
		out.Columns = append(out.Columns, gold.NewColumn(f.Kind, b.Rows))
	}
	for i := range b.Rows {
		row := b.Row(i, nil)
		before, period := e.of(row)
		added := out.Columns[len(b.Columns):]
		if e.named() {
			added[0].Append(period)
			added = added[1:]
		}
		for f := range e.columns {
			previous := gold.Value{}
			if before != nil {
				previous = before[f]
			}
			added[2*f].Append(previous)
			added[2*f+1].Append(change(row[e.first+f], previous))
		}
	}
	return out
}

// of returns the measures that a group is compared with, nil where the data don't cover their time, and their period
// if the answer names it.
func (e *earlier) of(row []gold.Value) (measures []gold.Value, period gold.Value) {
	key := keyOf(row[:e.first])
	if !e.covered {
		return nil, period
	}
	if e.present != nil {
		return e.present.of(key, e.none)
	}
	if g := e.comparison.Group; g >= 0 {
		if key[g].IsNull() {
			return nil, period
		}
		now, ok := e.step.clock.spanOf(key[g], e.comparison.unit)
		if !ok {
			return nil, period
		}
		first := e.step.back(now.First)
		if max(first, e.before.First) < e.data.First || first > e.before.Last || e.step.again(now.First, e.now) {
			return nil, period
		}
		key[g] = e.step.clock.valueOf(first, e.comparison.unit, key[g])
	}
	if found, ok := e.groups[key]; ok {
		return found, period
	}
	return e.none, period
}

// overNoRows returns the measures of no rows, by their columns: counts and sums are 0, all else is null.
func (q *AggregateQuery) overNoRows(columns []gold.Field) []gold.Value {
	none := make([]gold.Value, len(q.Measures))
	for i := range q.Measures {
		f := &q.Measures[i]
		if f.Computed() {
			continue
		}
		switch f.Measure.Func {
		case gold.Count, gold.CountDistinct, gold.Sum:
			none[i] = gold.Zero(columns[i].Kind)
		default:
		}
	}
	return none
}
