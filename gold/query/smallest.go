package query

import (
	"context"
	"slices"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// fromSmallest answers an aggregation from the smallest derived dataset of its release that gives the same answer, else
// from the dataset that is asked.
func (e *Engine) fromSmallest(ctx context.Context, c *Catalog, a gold.Aggregation) (gold.Rows, error) {
	smaller, ok := c.smallest(a)
	if !ok {
		return e.reader.Aggregate(ctx, a)
	}
	rows, err := e.reader.Aggregate(ctx, smaller)
	if err != nil {
		return nil, err
	}
	return &computed{rows, smaller.Version.Dataset.Name}, nil
}

// smallest returns an aggregation that is asked of the derived dataset with the fewest rows which answers it, and
// false where there is none.
func (c *Catalog) smallest(a gold.Aggregation) (gold.Aggregation, bool) {
	asked, best, found := a.Version, a, false
	if c.ByName[asked.Dataset.Name] != asked {
		return best, false
	}
	for _, v := range c.Versions {
		d := v.Dataset.Derive
		if d == nil || d.Group == nil || d.Group.Limit > 0 || d.From != asked.Dataset.Name || v.Location == "" || v.Rows >= best.Version.Rows {
			continue
		}
		if again, ok := (&derived{asked, v}).rewrite(a); ok {
			best, found = again, true
		}
	}
	return best, found
}

// derived is a version that holds all groups of another.
type derived struct{ from, version *gold.Version }

// rewrite returns an aggregation of the groups that has the columns of one of their source's rows, to the precision
// that the contract declares, and false where the groups are too coarse for it.
func (d *derived) rewrite(a gold.Aggregation) (gold.Aggregation, bool) {
	again := a
	again.Version = d.version
	again.Where = make([]gold.Predicate, len(a.Where))
	again.Group = make([]gold.Group, len(a.Group))
	again.Measures = make([]gold.Measure, len(a.Measures))
	ok := true
	for i := 0; i < len(a.Where) && ok; i++ {
		again.Where[i], ok = d.predicate(a.Where[i])
	}
	for i := 0; i < len(a.Group) && ok; i++ {
		again.Group[i], ok = d.group(a.Group[i])
	}
	for i := 0; i < len(a.Measures) && ok; i++ {
		again.Measures[i], ok = d.measure(a.Measures[i])
	}
	return again, ok && slices.EqualFunc(a.OutFields(), again.OutFields(), func(f, g gold.Field) bool {
		return f.Name == g.Name && f.Kind == g.Kind && f.Scale == g.Scale && f.MultipleOf == g.MultipleOf && f.Single == g.Single
	})
}

// column returns the name of the column that holds a field of the source as it is.
func (d *derived) column(field string) (string, bool) {
	for _, g := range d.version.Dataset.Derive.Group.By {
		if g.Field == field && g.Grain == gold.GrainNone && len(g.Bins) == 0 {
			return g.Name(), true
		}
	}
	return "", false
}

// borrow returns how the groups borrow what their source's rows do.
func (d *derived) borrow(via *gold.Via) (*gold.Via, bool) {
	on, ok := d.column(via.On)
	return &gold.Via{Version: via.Version, On: on, Key: via.Key}, ok
}

func (d *derived) predicate(p gold.Predicate) (gold.Predicate, bool) {
	var ok bool
	if p.Via != nil {
		p.Via, ok = d.borrow(p.Via)
		return p, ok
	}
	field := p.Field
	if p.Field, ok = d.column(field); ok {
		return p, true
	}
	for _, g := range d.version.Dataset.Derive.Group.By {
		if g.Field == field && g.Grain != gold.GrainNone {
			if cut, ok := periods(p, d.from.Dataset.Field(field).Kind, g); ok {
				return cut, true
			}
		}
	}
	return p, false
}

// periods returns a predicate on the texts of a group's periods that holds for the same rows as one on their time,
// where no period is cut in two.
func periods(p gold.Predicate, k gold.Kind, g gold.Group) (gold.Predicate, bool) {
	if p.Op == gold.IsNull || p.Op == gold.NotNull {
		return gold.Predicate{Field: g.Name(), Op: p.Op}, true
	}
	var first int64 // of what lies behind the edge
	switch p.Op {
	case gold.Gte, gold.Lt:
		first = p.Values[0].Int()
	case gold.Gt, gold.Lte:
		first = p.Values[0].Int() + 1
	default:
		return p, false
	}
	last := int64(gold.MaxDate)
	if k == gold.Time {
		last = gold.MaxTime
	}
	if first > last {
		return p, false // the texts of periods end with the year 9999
	}
	start, _ := measure.Period(k, first, g.Grain)
	if k == gold.Time {
		start *= MillisPerDay
	}
	if start != first {
		return p, false
	}
	op := gold.Gte
	if p.Op == gold.Lt || p.Op == gold.Lte {
		op = gold.Lt
	}
	text := string(measure.AppendGrain(nil, k, first, g.Grain))
	return gold.Predicate{Field: g.Name(), Op: op, Values: []gold.Value{gold.NewText(text)}}, true
}

func (d *derived) group(g gold.Group) (gold.Group, bool) {
	name, ok := g.Name(), false
	if g.Via != nil {
		g.Via, ok = d.borrow(g.Via)
		g.As = name
		return g, ok
	}
	for _, by := range d.version.Dataset.Derive.Group.By {
		if by.Field == g.Field && by.Grain == g.Grain && g.Grain != gold.GrainNone {
			return gold.Group{Field: by.Name(), As: name}, true
		}
	}
	g.As = name
	g.Field, ok = d.column(g.Field)
	return g, ok
}

func (d *derived) measure(m gold.Measure) (gold.Measure, bool) {
	again := gold.Measure{Func: m.Func, As: m.Name()}
	var ok bool
	switch m.Func {
	case gold.CountDistinct:
		again.Field, ok = d.column(m.Field)
		return again, ok
	case gold.Sum:
		// Sums of parts that were rounded are those of the values only to the precision that the contract shows them with.
		if f := d.from.Dataset.Field(m.Field); f.Kind == gold.Double && f.MultipleOf == 0 {
			return m, false
		}
	case gold.Count:
		again.Func = gold.Sum
	case gold.Min, gold.Max:
		if again.Field, ok = d.column(m.Field); ok {
			return again, true
		}
	default:
		return m, false
	}
	for _, have := range d.version.Dataset.Derive.Group.Measures {
		if have.Func == m.Func && have.Field == m.Field {
			again.Field = have.Name()
			return again, true
		}
	}
	return m, false
}
