package storetest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
)

// operand is a field of allKinds with the values that operators are tried on: each is a row's and is compared with. A NaN
// is null.
type operand struct {
	field  string
	values []gold.Value
	parts  []gold.Value // texts to look for
}

// operands are values around the edges of every kind.
func operands() []operand {
	return []operand{
		{field: "bool", values: row(nil, false, true)},
		{field: "int", values: row(nil, math.MinInt64, -1, 0, 1, 1<<53, 1<<53+1, math.MaxInt64)},
		{field: "double", values: row(nil, math.NaN(), -1e300, -1.5, math.Copysign(0, -1), math.SmallestNonzeroFloat64, 0.1, 1e300)},
		{field: "decimal", values: row(nil, dec(-999_999_999_999_999_999), dec(-5), dec(0), dec(1234), dec(999_999_999_999_999_999))},
		{
			field: "text", values: row(nil, "", "a", "A", "ab", "Straße", "STRAẞE 50%_\\", "\u212aelvin", "İıiI", "a\x00b", "日本"),
			parts: row(nil, "", "A", "B", "ẞ", "ss", "%", "\\", "k", "i", "\x00", "本", "."),
		},
		{field: "date", values: row(nil, gold.NewDate(gold.MinDate), day("1969-12-31"), day("1970-01-01"), gold.NewDate(gold.MaxDate))},
		{field: "time", values: row(nil, gold.NewTime(gold.MinTime), at("1969-12-31T23:59:59.999Z"), at("1970-01-01"), gold.NewTime(gold.MaxTime))},
		{field: "duration", values: row(nil, span(math.MinInt64), span(-1), span(0), span(5_400_000_000), span(math.MaxInt64))},
	}
}

// predicates returns what can be asked of an operand: every operator that its kind takes, of every value, and of lists.
func (o operand) predicates(kind gold.Kind) []gold.Predicate {
	var all []gold.Predicate
	for _, op := range gold.Operators() {
		if !op.Takes(kind) {
			continue
		}
		add := func(values ...gold.Value) {
			all = append(all, gold.Predicate{Field: o.field, Op: op.Op, Values: values})
		}
		switch given := o.values; op.Arity {
		case gold.NoValue:
			add()
		case gold.AnyValues:
			add()
			add(gold.Value{})
			add(given...)
			for i := range given {
				add(given[i])
				add(given[i], given[(i+2)%len(given)], given[i])
			}
		default:
			if op.Search {
				given = o.parts
			}
			for _, v := range given {
				add(v)
			}
		}
	}
	return all
}

// operators holds a store to what predicates mean, gold.Predicate.Holds, and that to the oracle: every operator, on every
// kind, of rows' own fields, of looked-up ones and of columns of an answer.
func operators(t *testing.T, h Harness) {
	s := fresh(t, h)
	tried := operands()
	dimension := newTable("dimension", allKinds(), 1)
	rows := 0
	for _, o := range tried {
		rows = max(rows, len(o.values))
	}
	for id := range rows {
		r := row(id)
		for _, o := range tried {
			r = append(r, o.values[id%len(o.values)])
		}
		dimension.rows = append(dimension.rows, r)
	}
	facts := newTable("facts", []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "on", Kind: gold.Int, Nullable: true}}, 1, row(0, nil), row(1, rows+1))
	for id := range rows {
		facts.rows = append(facts.rows, row(id+2, id))
	}
	publish(t, s, instant("2011-12-09"), dimension, facts)
	r := resolve(t, s, gold.Selector{Model: model})
	v, looking := r.Version("dimension"), r.Version("facts")
	for _, o := range tried {
		column := fieldIndex(dimension.Fields, o.field)
		t.Run(o.field, func(t *testing.T) {
			for _, p := range o.predicates(dimension.Fields[column].Kind) {
				of := func(id int) gold.Value { return dimension.rows[id][column] }
				var own, joined, groups []string
				for id := range rows {
					if got, want := p.Holds(of(id)), holds(p, of(id)); got != want {
						t.Errorf("%s: Holds says %v of %s, the oracle %v", describe(gold.Query{Version: v, Where: []gold.Predicate{p}}), got, showValue(of(id)), want)
					}
					if p.Holds(of(id)) {
						own = append(own, showRow(row(id)))
						joined = append(joined, showRow(row(id+2)))
						groups = append(groups, showRow([]gold.Value{of(id)}))
					}
				}
				if p.Holds(gold.Value{}) { // of rows without a counterpart
					joined = append([]string{showRow(row(0)), showRow(row(1))}, joined...)
				}
				q := gold.Query{Version: v, Fields: []string{"id"}, Where: []gold.Predicate{p}, Sort: v.Dataset.TotalSort(nil)}
				wantSame(t, describe(q), selectRows(t, s, q), own)
				a := gold.Aggregation{Version: v, Group: []gold.Group{by(o.field)}, Measures: []gold.Measure{count}, Having: []gold.Predicate{p}}
				wantGroups(t, describeAggregation(a), aggregate(t, s, a), groups)
				p.Join = &gold.Join{Version: v, On: "on", Key: "id"}
				q = gold.Query{Version: looking, Fields: []string{"id"}, Where: []gold.Predicate{p}, Sort: looking.Dataset.TotalSort(nil)}
				wantSame(t, describe(q), selectRows(t, s, q), joined)
			}
		})
	}
}

func wantSame(t *testing.T, what string, got [][]gold.Value, want []string) {
	t.Helper()
	shown := make([]string, len(got))
	for i, r := range got {
		shown[i] = showRow(r)
	}
	if !slices.Equal(shown, want) {
		t.Errorf("%s: got %s, expected %s", what, strings.Join(shown, " "), strings.Join(want, " "))
	}
}

// wantGroups compares the groups of an answer, without their counts, as a set.
func wantGroups(t *testing.T, what string, got [][]gold.Value, want []string) {
	t.Helper()
	for i := range got {
		got[i] = got[i][:1]
	}
	slices.SortFunc(got, func(a, b []gold.Value) int { return strings.Compare(showRow(a), showRow(b)) })
	slices.Sort(want)
	wantSame(t, what, got, slices.Compact(want))
}
