package infer

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/measure"
)

// The bounds of looking for rollups.
const (
	maxRollupRows   = 1 << 20   // of the aggregate, and of what its origin looks up
	maxRollupMemory = 256 << 20 // bytes, of the groups of one aggregate and worker
	maxMeasures     = 64        // that are computed for one aggregate
	mostRecalled    = 10_000    // rows of an aggregate that are remembered
	rollupTolerance = 1e-9      // the permitted relative difference of doubles, which were summed in another order
)

// rollups finds the datasets that are aggregates of another one, of the facts first. They are computed, in one pass over each
// origin, and compared.
func (in *inference) rollups(ctx context.Context) error {
	origins := slices.Clone(in.model.Datasets)
	slices.SortStableFunc(origins, func(a, b *Dataset) int {
		if a == in.model.Facts || b == in.model.Facts {
			return cmp.Compare(in.first(a), in.first(b))
		}
		return cmp.Compare(b.Rows, a.Rows)
	})
	for _, origin := range origins { // the origins that an earlier inference found come first
		if err := in.rollupsOf(ctx, origin, func(d *Dataset) bool { return d.before.aggregates(origin.Name) }); err != nil {
			return err
		}
	}
	for _, origin := range origins {
		if err := in.rollupsOf(ctx, origin, func(d *Dataset) bool { return d.Rollup == nil && !d.before.aggregates(origin.Name) }); err != nil {
			return err
		}
	}
	return nil
}

// rollupsOf finds the datasets, of those that are asked for, that are aggregates of an origin.
func (in *inference) rollupsOf(ctx context.Context, origin *Dataset, asked func(*Dataset) bool) error {
	var found []*aggregate
	for _, d := range in.model.Datasets {
		if !asked(d) {
			continue
		}
		if a := aggregateOf(d, origin); a != nil {
			found = append(found, a)
		}
	}
	open := slices.DeleteFunc(slices.Clone(found), func(a *aggregate) bool { return in.recallAggregate(a, origin) })
	if len(open) > 0 {
		if err := in.computeAggregates(ctx, origin, open); err != nil {
			return err
		}
	}
	for _, a := range found {
		if err := in.compareAggregate(ctx, origin, a); err != nil {
			return err
		}
	}
	return nil
}

// first is 0 for the facts, else 1.
func (in *inference) first(d *Dataset) int {
	if d == in.model.Facts {
		return 0
	}
	return 1
}

// compareAggregate makes a dataset a rollup of its origin where its rows are the origin's groups.
func (in *inference) compareAggregate(ctx context.Context, origin *Dataset, a *aggregate) error {
	measures, err := recall(in.memory, a.matched, func() ([]gold.Measure, error) { return in.matchMeasures(ctx, a) })
	if err != nil || measures == nil {
		return err
	}
	if origin.mixesUnits(measures, a.by) {
		return nil // they are amounts in different units that were added
	}
	a.dataset.Rollup = &gold.Rollup{Of: origin.Name, Group: a.by, Measures: measures}
	a.dataset.joined = map[string]*Dataset{}
	for _, j := range a.joined {
		a.dataset.joined[j.field.Name] = j.relation.To
	}
	for _, d := range in.model.Datasets { // what is computed from rows does not describe what they are of
		d.Relations = slices.DeleteFunc(d.Relations, func(r Relation) bool { return r.To == a.dataset })
	}
	return nil
}

// aggregate is a dataset that may be a rollup.
type aggregate struct {
	dataset  *Dataset
	by       []gold.Group // in the order of the dataset's key
	joined   []*joined    // looked-up fields that it groups by
	measures []gold.Measure
	computed *gold.Batch // computed from the origin; nil: they are more than the dataset's rows, or need too much memory
	made     string      // the question which rows these are
	matched  string      // the question whether they are the dataset's
}

// recallAggregate reports whether earlier inferences told the rows of an aggregate of an origin, or whether they are the dataset's.
func (in *inference) recallAggregate(a *aggregate, origin *Dataset) bool {
	terms, of := fmt.Sprintf("aggregate %v %v", a.by, a.measures), []*Dataset{origin}
	for _, j := range a.joined {
		terms += " " + list([]string{j.relation.Field.Name, j.field.Name})
		of = append(of, j.relation.To)
	}
	a.made, a.matched = in.about(terms, of...), in.about("is "+terms, append(of, a.dataset)...)
	var made bool
	a.computed, made = known[*gold.Batch](in.memory, a.made) // also where it is not needed now: the dataset may be the next to change
	_, matched := known[[]gold.Measure](in.memory, a.matched)
	return made || matched
}

// aggregateOf returns how a dataset may be an aggregate of another, nil where it can't: its key are fields of the other, or
// periods of its time, and all else are numbers.
func aggregateOf(d, origin *Dataset) *aggregate {
	if len(d.Key) == 0 || d.Rows > maxRollupRows || d.Rows >= origin.Rows || len(d.Key) == len(d.Fields) {
		return nil
	}
	a := &aggregate{dataset: d}
	kinds := map[gold.Kind]bool{}
	for _, f := range d.Fields {
		switch {
		case f.PII:
			return nil
		case slices.Contains(d.Key, f):
		case !f.Kind.Numeric():
			return nil
		default:
			kinds[f.Kind] = true
		}
	}
	for _, k := range d.Key {
		g, join, ok := origin.groupFor(k)
		if !ok {
			return nil
		}
		a.by = append(a.by, g)
		if join != nil {
			a.joined = append(a.joined, join)
		}
	}
	medians := slices.ContainsFunc(d.Fields, func(f *Field) bool { return hasWord(f.spoken, "med", "median", "mediane") })
	a.measures = origin.measures(kinds, medians)
	return a
}

// groupFor returns the term of an origin that a field of an aggregate's key may be: a field of the origin or of what it refers
// to, or a period of the origin's time or of a time that the field is named after.
func (d *Dataset) groupFor(k *Field) (gold.Group, *joined, bool) {
	if f := d.Field(k.Name); f != nil {
		return gold.Group{Field: f.Name}, nil, f.groupsAs(k)
	}
	for _, r := range d.Relations {
		if f := r.To.Field(k.Name); f != nil && f.groupsAs(k) && r.To.Rows <= maxRollupRows {
			return gold.Group{Field: f.Name}, &joined{relation: r, field: f}, true
		}
	}
	grain, ok := grains[k.Period]
	if !ok || k.Kind != gold.Text {
		return gold.Group{}, nil, false
	}
	for _, f := range d.Fields {
		if f.Kind.Temporal() && !f.PII && strings.HasPrefix(k.Name, f.Name+"_") {
			return gold.Group{Field: f.Name, Grain: grain, As: k.Name}, nil, true
		}
	}
	for _, r := range d.Relations {
		for _, f := range r.To.Fields {
			if f.Kind.Temporal() && !f.PII && strings.HasPrefix(k.Name, f.Name+"_") && r.To.Rows <= maxRollupRows {
				return gold.Group{Field: f.Name, Grain: grain, As: k.Name}, &joined{relation: r, field: f}, true
			}
		}
	}
	if d.Time == nil || !d.Time.Kind.Temporal() {
		return gold.Group{}, nil, false
	}
	return gold.Group{Field: d.Time.Name, Grain: grain, As: k.Name}, nil, true
}

// groupsAs reports whether groups of a field's values can be a key.
func (f *Field) groupsAs(k *Field) bool {
	return !f.PII && f.Kind == k.Kind && f.Scale == k.Scale && f.Kind != gold.Double
}

var grains = map[gold.PeriodUnit]gold.Grain{gold.DayPeriod: gold.Day, gold.MonthPeriod: gold.Month, gold.YearPeriod: gold.Year}

// measures returns the measures of some kinds that an aggregate of the dataset may have, the likelier ones first.
func (d *Dataset) measures(kinds map[gold.Kind]bool, medians bool) []gold.Measure {
	list := []gold.Measure{{Func: gold.Count}}
	funcs := []gold.Func{gold.Sum, gold.CountDistinct, gold.Avg, gold.Min, gold.Max}
	if medians {
		funcs = append(funcs, gold.Median)
	}
	for _, fn := range funcs {
		for _, f := range d.Fields {
			m := gold.Measure{Func: fn, Field: f.Name}
			fits := f.Additive
			if fn == gold.CountDistinct {
				fits = (f.identifies() || f.Kind == gold.Text) && !d.isKey(f)
			} else if fn != gold.Sum {
				fits = f.Kind.Numeric() && !f.identifies()
			}
			if fits && !f.PII && len(list) < maxMeasures && (kinds[m.Kind(f.Kind)] || kinds[m.StoredKind(f.Kind)]) {
				list = append(list, m)
			}
		}
	}
	return list
}

// computeAggregates computes all aggregates in one pass over the origin.
func (in *inference) computeAggregates(ctx context.Context, origin *Dataset, all []*aggregate) error {
	table := in.tables[origin]
	fields := make([][]gold.Field, len(all)) // of each aggregate's rows
	for i, a := range all {
		fields[i] = slices.Clone(table.Dataset().Fields)
		for _, j := range a.joined {
			if err := j.load(ctx, in.tables[j.relation.To]); err != nil {
				return err
			}
			fields[i] = append(fields[i], j.field.Field)
		}
	}
	workers := make([][]*measure.Groups, maxWorkers())
	for w := range workers {
		for i, a := range all {
			g, err := measure.NewGroups(fields[i], a.by, a.measures, maxRollupMemory)
			if err != nil {
				return err
			}
			workers[w] = append(workers[w], g)
		}
	}
	_, err := table.Read(ctx, lake.Read{Workers: len(workers)}, func(worker int, b *gold.Batch, _ int64) error {
		for i, g := range workers[worker] {
			if g == nil {
				continue
			}
			err := g.Add(all[i].rows(fields[i], b))
			switch {
			case gold.CodeOf(err) == gold.CodeMemoryLimit, err == nil && int64(g.Len()) > all[i].dataset.Rows:
				workers[worker][i] = nil // it has more groups than the dataset has rows, or too many for the memory
			case err != nil:
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, a := range all {
		groups := workers[0][i]
		for _, other := range workers[1:] {
			if groups == nil || other[i] == nil || groups.Merge(other[i]) != nil {
				groups = nil
			}
		}
		if groups == nil {
			continue
		}
		if a.computed, err = groups.Batch(nil, 0); err != nil {
			a.computed = nil // a sum of integers beyond 64 bits is in no file
		} else if a.computed.Rows <= mostRecalled {
			in.memory.keep(a.made, a.computed)
		}
	}
	return nil
}

// matchMeasures returns a measure for each number of an aggregate that has the same value in all groups; nil where some
// number has none, or the groups are others.
func (in *inference) matchMeasures(ctx context.Context, a *aggregate) ([]gold.Measure, error) {
	d, should := a.dataset, a.computed
	if should == nil {
		return nil, nil
	}
	var numbers []*Field
	var by []gold.Group
	var same []gold.Measure
	for _, k := range d.Key {
		by = append(by, gold.Group{Field: k.Name})
	}
	for _, f := range d.Fields {
		if !slices.Contains(d.Key, f) {
			numbers = append(numbers, f)
			same = append(same, gold.Measure{Func: gold.Max, Field: f.Name}) // of one row
		}
	}
	rows, err := measure.NewGroups(in.tables[d].Dataset().Fields, by, same, 0)
	if err != nil {
		return nil, err
	}
	if _, err := in.tables[d].Read(ctx, lake.Read{Workers: 1}, func(_ int, b *gold.Batch, _ int64) error { return rows.Add(b) }); err != nil {
		return nil, err
	}
	is, err := rows.Batch(nil, 0)
	if err != nil || is.Rows != should.Rows {
		return nil, err
	}
	for k := range d.Key {
		if !sameColumn(&is.Columns[k], &should.Columns[k], is.Rows) {
			return nil, nil
		}
	}
	var found []gold.Measure
	for n, f := range numbers {
		likeliest := a.likeliest(f)
		at := slices.IndexFunc(likeliest, func(m gold.Measure) bool {
			k := len(by) + slices.Index(a.measures, m)
			made := should.Fields[k]
			exact := made.Kind == gold.WideDecimal && f.Kind == gold.Decimal && m.Func == gold.Sum
			return (made.Kind == f.Kind || exact) && made.Scale == f.Scale && sameColumn(&is.Columns[len(by)+n], &should.Columns[k], is.Rows)
		})
		if at < 0 {
			return nil, nil
		}
		m := likeliest[at]
		m.As = f.Name
		found = append(found, m)
	}
	return found, nil
}

// likeliest returns the measures, those of a field that shares a word with the number first.
func (a *aggregate) likeliest(f *Field) []gold.Measure {
	list := slices.Clone(a.measures)
	alike := func(m gold.Measure) int {
		if m.Field != "" && hasWord(f.spoken, words(m.Field)...) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(x, y gold.Measure) int { return alike(x) - alike(y) })
	return list
}

// sameColumn reports whether two columns have the same values, doubles but for their last digits.
func sameColumn(a, b *gold.Column, rows int) bool {
	for i := range rows {
		x, y := a.Value(i), b.Value(i)
		if x.Kind() == gold.Double && y.Kind() == gold.Double {
			if math.Abs(x.Double()-y.Double()) > rollupTolerance*max(math.Abs(x.Double()), math.Abs(y.Double())) {
				return false
			}
		} else if x != y && (!x.Kind().Exact() || !y.Kind().Exact() || gold.Compare(x, y) != 0) {
			return false
		}
	}
	return true
}

// rollupLine writes what a dataset is an aggregate of.
func rollupLine(r *gold.Rollup) string {
	var by, measures []string
	for _, g := range r.Group {
		if g.Grain == gold.GrainNone {
			by = append(by, scalar(g.Field))
		} else {
			by = append(by, "{field: "+scalar(g.Field)+", grain: "+g.Grain.String()+", as: "+scalar(g.As)+"}")
		}
	}
	for _, m := range r.Measures {
		measures = append(measures, scalar(m.As)+": "+m.String())
	}
	return "rollup: {of: " + r.Of + ", group: [" + strings.Join(by, ", ") + "], measures: {" + strings.Join(measures, ", ") + "}} # equal in all rows"
}
