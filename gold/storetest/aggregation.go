package storetest

import (
	"math"
	"strings"
	"testing"

	"goldserve/gold"
)

// sales is a table to aggregate, with nulls, days before 1970, leap days, and doubles that need an exact sum.
func sales() table {
	return newTable("sales", []gold.Field{
		{Name: "id", Kind: gold.Int},
		{Name: "shop", Kind: gold.Text, Nullable: true},
		{Name: "n", Kind: gold.Int, Nullable: true},
		{Name: "x", Kind: gold.Double, Nullable: true},
		{Name: "amount", Kind: gold.Decimal, Scale: 2, Nullable: true},
		{Name: "day", Kind: gold.Date, Nullable: true},
		{Name: "at", Kind: gold.Time, Nullable: true},
		{Name: "ok", Kind: gold.Bool, Nullable: true},
	}, 1,
		row(1, "a", 1, 1e16, dec(150), day("1969-12-31"), at("1969-12-31T23:59:59.999Z"), true),
		row(2, "a", 2, 1.0, dec(-50), day("1970-01-01"), at("1970-01-01"), false),
		row(3, "b", 3, -1e16, dec(25), day("2000-02-29"), at("2000-02-29T12:00:00Z"), true),
		row(4, "b", nil, 0.5, nil, day("2000-03-01"), at("2000-02-29T23:59:59.999Z"), nil),
		row(5, nil, 5, nil, dec(0), nil, nil, true),
		row(6, nil, -4, 10.0, dec(100), day("2011-12-31"), at("2012-01-01"), false),
		row(7, "", 7, 2.5, nil, day("0001-01-01"), at("0001-01-01"), nil),
	)
}

// aggregation is a case: what is asked of sales, and the rows of the answer.
type aggregation struct {
	name string
	ask  gold.Aggregation
	want [][]gold.Value
}

func of(f gold.Func, field string) gold.Measure { return gold.Measure{Func: f, Field: field} }

func counting(m gold.Measure, condition, as string) gold.Measure {
	m.Where, m.As = condition, as
	return m
}

func quantile(field string, level float64) gold.Measure {
	return gold.Measure{Func: gold.Quantile, Field: field, Level: level}
}

func pick(f gold.Func, field, by string) gold.Measure {
	return gold.Measure{Func: f, Field: field, By: by, As: f.String() + "_" + field + "_" + by[:2]}
}

func by(field string) gold.Group { return gold.Group{Field: field} }

func cut(field string, g gold.Grain) gold.Group { return gold.Group{Field: field, Grain: g} }

var count = gold.Measure{Func: gold.Count}

// aggregates checks groups, grains, bins, measures, having, sort and limit by hand.
func aggregates(t *testing.T, h Harness) {
	s := fresh(t, h)
	publish(t, s, instant("2011-12-09"), sales())
	v := resolve(t, s, gold.Selector{Model: model}).Version("sales")
	for _, cases := range [][]aggregation{functions(), groups(), grains(), bins(), narrowed()} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				c.ask.Version = v
				wantRows(t, describeAggregation(c.ask), aggregate(t, s, c.ask), c.want)
			})
		}
	}
}

func functions() []aggregation {
	numbers := []gold.Measure{
		count, of(gold.CountDistinct, "n"), of(gold.Sum, "n"), of(gold.Sum, "x"), of(gold.Sum, "amount"), of(gold.Min, "n"), of(gold.Max, "x"),
		of(gold.Avg, "n"), of(gold.Avg, "x"), of(gold.Avg, "amount"), of(gold.Median, "n"), of(gold.Median, "x"), of(gold.Median, "amount"), of(gold.Min, "shop"), of(gold.Max, "day"),
	}
	none := row(0, 0, 0, 0.0, dec(0), nil, nil, nil, nil, nil, nil, nil, nil, nil, nil)
	return []aggregation{
		{"counts", gold.Aggregation{Measures: []gold.Measure{count, of(gold.CountDistinct, "shop"), of(gold.CountDistinct, "x"), of(gold.CountDistinct, "amount"), of(gold.CountDistinct, "day"), of(gold.CountDistinct, "ok")}}, [][]gold.Value{row(7, 3, 6, 5, 6, 2)}},
		{"of whole numbers", gold.Aggregation{Measures: []gold.Measure{of(gold.Sum, "n"), of(gold.Min, "n"), of(gold.Max, "n"), of(gold.Avg, "n"), of(gold.Median, "n")}}, [][]gold.Value{row(14, -4, 7, 14.0/6, 2.5)}},
		{"of doubles", gold.Aggregation{Measures: []gold.Measure{of(gold.Sum, "x"), of(gold.Min, "x"), of(gold.Max, "x"), of(gold.Avg, "x"), of(gold.Median, "x")}}, [][]gold.Value{row(14.0, -1e16, 1e16, 14.0/6, 1.75)}},
		{"of decimals", gold.Aggregation{Measures: []gold.Measure{of(gold.Sum, "amount"), of(gold.Min, "amount"), of(gold.Max, "amount"), of(gold.Avg, "amount"), of(gold.Median, "amount")}}, [][]gold.Value{row(dec(225), dec(-50), dec(150), 0.45, 0.25)}},
		{"extremes of every other kind", gold.Aggregation{Measures: []gold.Measure{of(gold.Min, "shop"), of(gold.Max, "shop"), of(gold.Min, "day"), of(gold.Max, "day"), of(gold.Min, "at"), of(gold.Max, "at"), of(gold.Min, "ok"), of(gold.Max, "ok")}}, [][]gold.Value{row("", "b", day("0001-01-01"), day("2011-12-31"), at("0001-01-01"), at("2012-01-01"), false, true)}},
		{"over no rows there is one row", gold.Aggregation{Where: []gold.Predicate{is("id", gold.Lt, 0)}, Measures: numbers}, [][]gold.Value{none}},
		{"over nulls alone", gold.Aggregation{Where: []gold.Predicate{is("id", gold.Eq, 5)}, Measures: []gold.Measure{count, of(gold.CountDistinct, "x"), of(gold.Sum, "x"), of(gold.Min, "x"), of(gold.Avg, "x"), of(gold.Median, "x"), of(gold.Max, "day")}}, [][]gold.Value{row(1, 0, 0.0, nil, nil, nil, nil)}},
		{"over no rows there are no groups", gold.Aggregation{Where: []gold.Predicate{is("id", gold.Lt, 0)}, Group: []gold.Group{by("shop")}, Measures: numbers}, nil},
		{"names of one's own", gold.Aggregation{Group: []gold.Group{{Field: "shop", As: "n"}}, Measures: []gold.Measure{{Func: gold.Sum, Field: "n", As: "shop"}}, Sort: []gold.Sort{{Field: "shop", Desc: true}}, Limit: 1}, [][]gold.Value{row("", 7)}},
		{"first and last values, by time and then the key", gold.Aggregation{Group: []gold.Group{by("ok")}, Measures: []gold.Measure{
			pick(gold.First, "x", "at, id"), pick(gold.Last, "shop", "at, id"), pick(gold.Last, "amount", "day, id"), pick(gold.First, "id", "shop, id"), pick(gold.Last, "id", "shop, id"),
			counting(pick(gold.Last, "day", "at, id"), "n > 1", "d"), pick(gold.Last, "ok", "at, id"),
		}}, [][]gold.Value{
			row(nil, 2.5, "b", nil, 7, 4, day("0001-01-01"), nil),
			row(false, 1.0, "a", dec(100), 2, 2, day("1970-01-01"), false),
			row(true, 1e16, "b", dec(25), 1, 3, day("2000-02-29"), true),
		}},
		{"quantiles", gold.Aggregation{Measures: []gold.Measure{quantile("n", 0.9), quantile("n", 0), quantile("n", 1), quantile("amount", 0.25), quantile("x", 0.5), counting(quantile("n", 0.5), "n > 100", "none")}}, [][]gold.Value{row(6.0, -4.0, 7.0, 0.0, 1.75, nil)}},
		{"measures with conditions", gold.Aggregation{Group: []gold.Group{by("shop")}, Measures: []gold.Measure{
			count, counting(count, "ok = true", "c"), counting(of(gold.Sum, "x"), "n > 1", "s"), counting(of(gold.Sum, "n"), "ok = true or n < 0", "i"), counting(of(gold.Median, "amount"), "amount in (0, 1.5, 0.25)", "m"),
			counting(of(gold.CountDistinct, "day"), "not at >= '2000'", "d"), counting(of(gold.Max, "shop"), "shop != ''", "t"),
		}}, [][]gold.Value{row(nil, 2, 1, 0.0, 1, 0.0, 0, nil), row("", 1, 0, 2.5, 0, nil, 1, nil), row("a", 2, 1, 1.0, 1, 1.5, 2, "a"), row("b", 2, 1, -1e16, 3, 0.25, 0, "b")}},
		{"a condition that holds for no row leaves its group", gold.Aggregation{Group: []gold.Group{by("shop")}, Measures: []gold.Measure{counting(count, "id < 0", "c")}}, [][]gold.Value{row(nil, 0), row("", 0), row("a", 0), row("b", 0)}},
		{"no measures: distinct values", gold.Aggregation{Group: []gold.Group{by("shop")}}, [][]gold.Value{row(nil), row(""), row("a"), row("b")}},
	}
}

func groups() []aggregation {
	figures := []gold.Measure{count, of(gold.Sum, "n"), of(gold.Sum, "x"), of(gold.Avg, "amount"), of(gold.Median, "n"), of(gold.Max, "ok")}
	return []aggregation{
		{"null is a group of its own, the first", gold.Aggregation{Group: []gold.Group{by("shop")}, Measures: figures}, [][]gold.Value{
			row(nil, 2, 1, 10.0, 0.5, 0.5, true), row("", 1, 7, 2.5, nil, 7.0, nil), row("a", 2, 3, 1e16, 0.5, 1.5, true), row("b", 2, 3, -1e16, 0.25, 3.0, true),
		}},
		{"of two fields", gold.Aggregation{Group: []gold.Group{by("shop"), by("ok")}, Measures: []gold.Measure{of(gold.Max, "id")}}, [][]gold.Value{
			row(nil, false, 6), row(nil, true, 5), row("", nil, 7), row("a", false, 2), row("a", true, 1), row("b", nil, 4), row("b", true, 3),
		}},
		{"of a double", gold.Aggregation{Where: []gold.Predicate{is("id", gold.Gte, 3)}, Group: []gold.Group{by("x")}, Measures: []gold.Measure{count}}, [][]gold.Value{row(nil, 1), row(-1e16, 1), row(0.5, 1), row(2.5, 1), row(10.0, 1)}},
		{"of a decimal", gold.Aggregation{Group: []gold.Group{by("amount")}, Measures: []gold.Measure{count}}, [][]gold.Value{row(nil, 2), row(dec(-50), 1), row(dec(0), 1), row(dec(25), 1), row(dec(100), 1), row(dec(150), 1)}},
		{"of a time", gold.Aggregation{Where: []gold.Predicate{is("id", gold.Lte, 2)}, Group: []gold.Group{by("at"), by("day")}}, [][]gold.Value{row(at("1969-12-31T23:59:59.999Z"), day("1969-12-31")), row(at("1970-01-01"), day("1970-01-01"))}},
	}
}

func grains() []aggregation {
	count := []gold.Measure{count}
	byGrain := func(g ...gold.Group) gold.Aggregation { return gold.Aggregation{Group: g, Measures: count} }
	return []aggregation{
		{"days of dates", byGrain(cut("day", gold.Day)), [][]gold.Value{row(nil, 1), row("0001-01-01", 1), row("1969-12-31", 1), row("1970-01-01", 1), row("2000-02-29", 1), row("2000-03-01", 1), row("2011-12-31", 1)}},
		{"weeks of dates", byGrain(cut("day", gold.Week)), [][]gold.Value{row(nil, 1), row("0001-01-01", 1), row("1969-12-29", 2), row("2000-02-28", 2), row("2011-12-26", 1)}},
		{"months of dates", byGrain(cut("day", gold.Month)), [][]gold.Value{row(nil, 1), row("0001-01", 1), row("1969-12", 1), row("1970-01", 1), row("2000-02", 1), row("2000-03", 1), row("2011-12", 1)}},
		{"years of dates", byGrain(cut("day", gold.Year)), [][]gold.Value{row(nil, 1), row("0001", 1), row("1969", 1), row("1970", 1), row("2000", 2), row("2011", 1)}},
		{"days of times", byGrain(cut("at", gold.Day)), [][]gold.Value{row(nil, 1), row("0001-01-01", 1), row("1969-12-31", 1), row("1970-01-01", 1), row("2000-02-29", 2), row("2012-01-01", 1)}},
		{"weeks of times", byGrain(cut("at", gold.Week)), [][]gold.Value{row(nil, 1), row("0001-01-01", 1), row("1969-12-29", 2), row("2000-02-28", 2), row("2011-12-26", 1)}},
		{"months of times", byGrain(cut("at", gold.Month)), [][]gold.Value{row(nil, 1), row("0001-01", 1), row("1969-12", 1), row("1970-01", 1), row("2000-02", 2), row("2012-01", 1)}},
		{"years of times", byGrain(cut("at", gold.Year)), [][]gold.Value{row(nil, 1), row("0001", 1), row("1969", 1), row("1970", 1), row("2000", 2), row("2012", 1)}},
		{"two grains of one field", byGrain(cut("at", gold.Year), cut("at", gold.Month)), [][]gold.Value{row(nil, nil, 1), row("0001", "0001-01", 1), row("1969", "1969-12", 1), row("1970", "1970-01", 1), row("2000", "2000-02", 2), row("2012", "2012-01", 1)}},
	}
}

func bins() []aggregation {
	count := []gold.Measure{count}
	edges := func(field string, e ...float64) []gold.Group { return []gold.Group{{Field: field, Bins: e}} }
	many := [][]gold.Value{row(nil, 1), row("<0", 1), row("[0,1)", 1), row("[1,2.5)", 1), row("[2.5,10)", 1), row("[10,1000000000000000)", 1), row(">=1000000000000000", 1)}
	backwards := [][]gold.Value{many[6], many[5], many[4], many[3], many[2], many[1], many[0]}
	return []aggregation{
		{"bins of doubles, in the order of their edges", gold.Aggregation{Group: edges("x", 0, 1, 2.5, 10, 1e15), Measures: count}, many},
		{"bins backwards", gold.Aggregation{Group: edges("x", 0, 1, 2.5, 10, 1e15), Measures: count, Sort: []gold.Sort{{Field: "x_bins", Desc: true}}}, backwards},
		{"bins of whole numbers", gold.Aggregation{Group: edges("n", -4.5, 0, 2, 5.5), Measures: count}, [][]gold.Value{row(nil, 1), row("[-4.5,0)", 1), row("[0,2)", 1), row("[2,5.5)", 3), row(">=5.5", 1)}},
		{"bins of decimals have edges in their unit", gold.Aggregation{Group: edges("amount", 0, 1), Measures: count}, [][]gold.Value{row(nil, 2), row("<0", 1), row("[0,1)", 2), row(">=1", 2)}},
		{"one edge", gold.Aggregation{Group: edges("x", 2.5), Measures: count}, [][]gold.Value{row(nil, 1), row("<2.5", 3), row(">=2.5", 3)}},
	}
}

// narrowed are cases of having, sort and limit.
func narrowed() []aggregation {
	figures := []gold.Measure{count, of(gold.Sum, "n"), of(gold.Avg, "amount")}
	shops := []gold.Group{by("shop")}
	null, empty, a, b := row(nil, 2, 1, 0.5), row("", 1, 7, nil), row("a", 2, 3, 0.5), row("b", 2, 3, 0.25)
	ask := func(having []gold.Predicate, limit int64, sort ...string) gold.Aggregation {
		out := gold.Aggregation{Group: shops, Measures: figures, Having: having, Limit: limit}
		for _, term := range sort {
			out.Sort = append(out.Sort, gold.ParseSort(term))
		}
		return out
	}
	return []aggregation{
		{"having a count", ask([]gold.Predicate{is("count", gold.Gte, 2)}, 0), [][]gold.Value{null, a, b}},
		{"having a sum in a list", ask([]gold.Predicate{is("sum_n", gold.In, 7, 1)}, 0), [][]gold.Value{null, empty}},
		{"having no average", ask([]gold.Predicate{is("avg_amount", gold.IsNull)}, 0), [][]gold.Value{empty}},
		{"having another average: null is none", ask([]gold.Predicate{is("avg_amount", gold.Ne, 0.25)}, 0), [][]gold.Value{null, a}},
		{"having a group", ask([]gold.Predicate{is("shop", gold.Gt, "")}, 0), [][]gold.Value{a, b}},
		{"having no group", ask([]gold.Predicate{is("shop", gold.IsNull)}, 0), [][]gold.Value{null}},
		{"having two things", ask([]gold.Predicate{is("count", gold.Eq, 2), is("shop", gold.NotNull)}, 0), [][]gold.Value{a, b}},
		{"having what no group has", ask([]gold.Predicate{is("count", gold.Gt, 99)}, 0), nil},
		{"sorted by a measure, then by the groups", ask(nil, 0, "-sum_n"), [][]gold.Value{empty, a, b, null}},
		{"sorted by a measure with null", ask(nil, 0, "avg_amount"), [][]gold.Value{empty, b, null, a}},
		{"sorted by a measure with null, backwards", ask(nil, 0, "-avg_amount", "-shop"), [][]gold.Value{a, null, b, empty}},
		{"sorted by the group, backwards", ask(nil, 0, "-shop"), [][]gold.Value{b, a, empty, null}},
		{"the first two", ask(nil, 2, "-count", "sum_n"), [][]gold.Value{null, a}},
		{"the first of those that have", ask([]gold.Predicate{is("sum_n", gold.Lt, 7)}, 1, "-sum_n"), [][]gold.Value{a}},
		{"a limit beyond the groups", ask(nil, 99), [][]gold.Value{null, empty, a, b}},
		{"of some rows", gold.Aggregation{Where: []gold.Predicate{is("x", gold.Gt, 0.75), is("shop", gold.NotNull)}, Group: shops, Measures: []gold.Measure{count}}, [][]gold.Value{row("", 1), row("a", 2)}},
	}
}

// aggregateRules checks sums at the ends of their ranges.
func aggregateRules(t *testing.T, h Harness) {
	s := fresh(t, h)
	const most = 999_999_999_999_999_999
	tb := newTable("sums", []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "g", Kind: gold.Text}, {Name: "n", Kind: gold.Int}, {Name: "x", Kind: gold.Double}, {Name: "d", Kind: gold.Decimal, Scale: 4}, {Name: "u", Kind: gold.Duration, Scale: gold.DurationScale}}, 1)
	add := func(group string, n int, x float64, d int64) {
		tb.rows = append(tb.rows, row(len(tb.rows), group, n, x, dec(d), gold.NewIntegral(gold.Duration, d)))
	}
	for i, x := range []float64{1, 1e100, 1, -1e100} {
		add("fine", []int{math.MaxInt64, 1, -1, -5}[i], x, most)
	}
	for range 10 {
		add("over", math.MaxInt64/5, 0.1, most)
	}
	for i, x := range []float64{1e308, 1e308, -1e308} {
		add("under", []int{math.MinInt64, -1, 0}[i], x, -most)
	}
	publish(t, s, instant("2011-12-09"), tb)
	v := resolve(t, s, gold.Selector{Model: model}).Version("sums")
	ask := func(group string, m ...gold.Measure) gold.Aggregation {
		return gold.Aggregation{Version: v, Where: []gold.Predicate{is("g", gold.Eq, group)}, Measures: m}
	}
	t.Run("sums of doubles are exact and rounded once", func(t *testing.T) {
		for group, want := range map[string]float64{"fine": 2, "over": 1, "under": 1e308} {
			a := ask(group, of(gold.Sum, "x"))
			wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{row(want)})
		}
		a := gold.Aggregation{Version: v, Group: []gold.Group{by("g")}, Measures: []gold.Measure{of(gold.Sum, "x"), of(gold.Median, "x")}}
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{row("fine", 2.0, 1.0), row("over", 1.0, 0.1), row("under", 1e308, 1e308)})
	})
	t.Run("a sum of integers that fits is exact, whatever comes first", func(t *testing.T) {
		a := ask("fine", of(gold.Sum, "n"), of(gold.Sum, "d"))
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{row(math.MaxInt64-5, dec(4*most))})
	})
	t.Run("a sum of decimals is exact beyond 64 bits", func(t *testing.T) {
		a := gold.Aggregation{Version: v, Group: []gold.Group{by("g")}, Measures: []gold.Measure{of(gold.Sum, "d"), counting(of(gold.Sum, "d"), "n > 0", "part"), of(gold.Sum, "x")}, Sort: []gold.Sort{{Field: "sum_d"}}}
		fine, over := row("fine", wide("3999999999999999996"), wide("1999999999999999998"), 2.0), row("over", wide("9999999999999999990"), wide("9999999999999999990"), 1.0)
		under := row("under", wide("-2999999999999999997"), wide("0"), 1e308)
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{under, fine, over})
		a.Having = []gold.Predicate{{Field: "sum_d", Op: gold.Gt, Values: []gold.Value{wide("9223372036854775807")}}}
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{over})
		a.Having, a.Limit, a.Measures = nil, 1, a.Measures[:1]
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{under[:2]})
		a.Measures = append(a.Measures, of(gold.CountDistinct, "x"))
		a.Sort[0].Desc = true
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{append(over[:2:2], gold.NewInt(1))})
	})
	t.Run("a sum of integers that does not fit is an error", func(t *testing.T) {
		for _, a := range []gold.Aggregation{
			ask("over", of(gold.Sum, "n")), ask("over", of(gold.Sum, "u")), ask("under", of(gold.Sum, "n")),
			{Version: v, Group: []gold.Group{by("g")}, Measures: []gold.Measure{count, of(gold.Sum, "n")}},
		} {
			_, err := tryAggregate(t.Context(), s, a)
			wantError(t, describeAggregation(a), err, gold.Invalid, gold.CodeIntegerOverflow)
		}
	})
	t.Run("the error names the first sum that does not fit, as it was asked for", func(t *testing.T) {
		total := gold.Measure{Func: gold.Sum, Field: "n", As: "total"}
		byGroup := func(sort []gold.Sort, m ...gold.Measure) gold.Aggregation {
			return gold.Aggregation{Version: v, Group: []gold.Group{by("g")}, Measures: m, Sort: sort}
		}
		backwards := []gold.Sort{{Field: "g", Desc: true}} // "under", where u fits, comes before "over", where it does not
		for _, c := range []struct {
			a    gold.Aggregation
			want string
		}{
			{ask("over", of(gold.Sum, "n")), "sum(n) exceeds "},
			{ask("over", total), "total, sum(n), exceeds "},
			{ask("over", of(gold.Sum, "u"), of(gold.Sum, "n")), "sum(u) exceeds "},
			{ask("under", of(gold.Sum, "u"), of(gold.Sum, "n")), "sum(n) exceeds "},
			{byGroup(backwards, of(gold.Sum, "u"), of(gold.Sum, "n")), "sum(u) exceeds "},
			{byGroup(nil, count, total, of(gold.Sum, "u")), "total, sum(n), exceeds "},
			{byGroup(nil, of(gold.Sum, "x"), of(gold.Sum, "u")), "sum(u) exceeds "},
		} {
			_, err := tryAggregate(t.Context(), s, c.a)
			if err == nil || gold.CodeOf(err) != gold.CodeIntegerOverflow || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s…", describeAggregation(c.a), err, c.want)
			}
		}
	})
	t.Run("it is an error too where having or limit leave the group out", func(t *testing.T) {
		sums := gold.Aggregation{Version: v, Group: []gold.Group{by("g")}, Measures: []gold.Measure{count, of(gold.Sum, "n")}}
		first, small, none := sums, sums, sums
		first.Limit = 1
		small.Having = []gold.Predicate{is("count", gold.Eq, 4)}
		none.Having = []gold.Predicate{is("g", gold.In)}
		for _, a := range []gold.Aggregation{first, small, none} {
			_, err := tryAggregate(t.Context(), s, a)
			wantError(t, describeAggregation(a), err, gold.Invalid, gold.CodeIntegerOverflow)
		}
	})
	t.Run("averages and medians do not overflow", func(t *testing.T) {
		a := ask("over", of(gold.Avg, "n"), of(gold.Median, "n"), of(gold.Min, "d"))
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{row(float64(math.MaxInt64/5*10)/10, float64(math.MaxInt64/5), dec(most))})
	})
}
