package storetest

import (
	"math"
	"slices"
	"testing"

	"goldserve/gold"
)

// things is a table whose rows the cases below name by their ids.
func things() table {
	return newTable("things", allKinds(), 1,
		row(1, nil, nil, nil, nil, nil, nil, nil, nil),
		row(2, false, -5, -1.5, dec(-5), "", day("1969-12-31"), at("1969-12-31T23:59:59.999Z"), span(-5)),
		row(3, true, 0, 0.0, dec(0), "a", day("1970-01-01"), at("1970-01-01"), span(0)),
		row(4, true, 7, 0.1, dec(1234), "A", day("2000-02-29"), at("2000-02-29T12:00:00.5Z"), span(5_400_000_000)),
		row(5, false, 7, 2.5, dec(1234), "Straße", day("2011-12-08"), at("2011-12-08T12:12:00Z"), span(5_400_000_000)),
		row(6, nil, 1<<53, 1e300, dec(1235), `STRAẞE 50%_\`, day("2011-12-09"), at("2011-12-08T12:12:00.001Z"), nil),
		row(7, true, 1<<53+1, -1e300, dec(999_999_999_999_999_999), "\u212aelvin's ſ", gold.NewDate(gold.MaxDate), gold.NewTime(gold.MaxTime), span(math.MaxInt64)),
		row(8, false, nil, math.SmallestNonzeroFloat64, nil, "İıiI", nil, gold.NewTime(gold.MinTime), span(math.MinInt64)),
	)
}

// is makes a predicate.
func is(field string, op gold.Op, values ...any) gold.Predicate {
	return gold.Predicate{Field: field, Op: op, Values: row(values...)}
}

// where checks each operator on each kind; null matches no comparison.
func where(t *testing.T, h Harness) {
	s := fresh(t, h)
	tb := things()
	publish(t, s, instant("2011-12-09"), tb)
	v := resolve(t, s, gold.Selector{Model: model}).Version("things")
	type ids = []int
	for _, c := range []struct {
		where []gold.Predicate
		want  ids
	}{
		{nil, ids{1, 2, 3, 4, 5, 6, 7, 8}},
		{[]gold.Predicate{is("id", gold.Eq, 4)}, ids{4}},
		{[]gold.Predicate{is("id", gold.In, 8, 1, 9, 1)}, ids{1, 8}},
		{[]gold.Predicate{is("int", gold.Eq, 7)}, ids{4, 5}},
		{[]gold.Predicate{is("int", gold.Eq, 1<<53)}, ids{6}},
		{[]gold.Predicate{is("int", gold.Eq, 1<<53+1)}, ids{7}},
		{[]gold.Predicate{is("int", gold.Ne, 7)}, ids{2, 3, 6, 7}},
		{[]gold.Predicate{is("int", gold.In, 7, 0)}, ids{3, 4, 5}},
		{[]gold.Predicate{is("int", gold.In)}, nil},
		{[]gold.Predicate{is("int", gold.NotIn)}, ids{2, 3, 4, 5, 6, 7}},
		{[]gold.Predicate{is("int", gold.NotIn, 7)}, ids{2, 3, 6, 7}},
		{[]gold.Predicate{is("int", gold.NotIn, 7, 0, 99)}, ids{2, 6, 7}},
		{[]gold.Predicate{is("int", gold.Lt, 7)}, ids{2, 3}},
		{[]gold.Predicate{is("int", gold.Lte, 7)}, ids{2, 3, 4, 5}},
		{[]gold.Predicate{is("int", gold.Gt, 7)}, ids{6, 7}},
		{[]gold.Predicate{is("int", gold.Gte, 7)}, ids{4, 5, 6, 7}},
		{[]gold.Predicate{is("int", gold.Lt, 0)}, ids{2}},
		{[]gold.Predicate{is("int", gold.Lte, 0)}, ids{2, 3}},
		{[]gold.Predicate{is("int", gold.Gt, math.MinInt64)}, ids{2, 3, 4, 5, 6, 7}},
		{[]gold.Predicate{is("int", gold.Lt, math.MaxInt64)}, ids{2, 3, 4, 5, 6, 7}},
		{[]gold.Predicate{is("int", gold.IsNull)}, ids{1, 8}},
		{[]gold.Predicate{is("int", gold.NotNull)}, ids{2, 3, 4, 5, 6, 7}},
		{[]gold.Predicate{is("int", gold.Gt, 0), is("int", gold.Lt, 1<<53+1)}, ids{4, 5, 6}},
		{[]gold.Predicate{is("int", gold.Eq, 7), is("int", gold.Eq, 0)}, nil},
		{[]gold.Predicate{is("int", gold.Ne, 7), is("int", gold.Ne, 0), is("text", gold.NotNull)}, ids{2, 6, 7}},
		{[]gold.Predicate{is("int", gold.IsNull), is("int", gold.NotNull)}, nil},
		{[]gold.Predicate{is("int", gold.Eq, 7), is("text", gold.Eq, "A")}, ids{4}},

		{[]gold.Predicate{is("duration", gold.Eq, span(5_400_000_000))}, ids{4, 5}},
		{[]gold.Predicate{is("duration", gold.Lt, span(0))}, ids{2, 8}},
		{[]gold.Predicate{is("duration", gold.Gte, span(1))}, ids{4, 5, 7}},
		{[]gold.Predicate{is("duration", gold.NotIn, span(0), span(-5))}, ids{4, 5, 7, 8}},
		{[]gold.Predicate{is("duration", gold.IsNull)}, ids{1, 6}},

		{[]gold.Predicate{is("bool", gold.Eq, true)}, ids{3, 4, 7}},
		{[]gold.Predicate{is("bool", gold.Ne, true)}, ids{2, 5, 8}},
		{[]gold.Predicate{is("bool", gold.Lt, true)}, ids{2, 5, 8}},
		{[]gold.Predicate{is("bool", gold.Lt, false)}, nil},
		{[]gold.Predicate{is("bool", gold.Gte, false)}, ids{2, 3, 4, 5, 7, 8}},
		{[]gold.Predicate{is("bool", gold.In, true, false)}, ids{2, 3, 4, 5, 7, 8}},
		{[]gold.Predicate{is("bool", gold.IsNull)}, ids{1, 6}},

		{[]gold.Predicate{is("double", gold.Eq, 0.1)}, ids{4}},
		{[]gold.Predicate{is("double", gold.Eq, math.SmallestNonzeroFloat64)}, ids{8}},
		{[]gold.Predicate{is("double", gold.Gt, 0.0)}, ids{4, 5, 6, 8}},
		{[]gold.Predicate{is("double", gold.Lte, 0.0)}, ids{2, 3, 7}},
		{[]gold.Predicate{is("double", gold.NotIn, 0.0, 0.1, 2.5)}, ids{2, 6, 7, 8}},
		{[]gold.Predicate{is("double", gold.Lt, 0.0)}, ids{2, 7}},
		{[]gold.Predicate{is("double", gold.Lt, math.Copysign(0, -1))}, ids{2, 7}},
		{[]gold.Predicate{is("double", gold.Gte, math.Copysign(0, -1))}, ids{3, 4, 5, 6, 8}},
		{[]gold.Predicate{is("double", gold.Eq, math.Copysign(0, -1))}, ids{3}},
		{[]gold.Predicate{is("double", gold.Ne, 0.0)}, ids{2, 4, 5, 6, 7, 8}},
		{[]gold.Predicate{is("double", gold.In, 0.0, 0.1)}, ids{3, 4}},
		{[]gold.Predicate{is("double", gold.Gte, 0.0), is("double", gold.Lte, 0.0)}, ids{3}},
		{[]gold.Predicate{is("double", gold.Gt, -math.SmallestNonzeroFloat64), is("double", gold.Lt, math.SmallestNonzeroFloat64)}, ids{3}},
		{[]gold.Predicate{is("double", gold.Lt, math.Inf(1))}, ids{2, 3, 4, 5, 6, 7, 8}},
		{[]gold.Predicate{is("double", gold.Gt, math.Inf(-1))}, ids{2, 3, 4, 5, 6, 7, 8}},
		{[]gold.Predicate{is("double", gold.Gte, math.Inf(1))}, nil},
		{[]gold.Predicate{is("double", gold.Lte, math.Inf(-1))}, nil},

		{[]gold.Predicate{is("decimal", gold.Eq, dec(1234))}, ids{4, 5}},
		{[]gold.Predicate{is("decimal", gold.Gte, dec(1235))}, ids{6, 7}},
		{[]gold.Predicate{is("decimal", gold.Lt, dec(999_999_999_999_999_999))}, ids{2, 3, 4, 5, 6}},
		{[]gold.Predicate{is("decimal", gold.In, dec(-5), dec(0))}, ids{2, 3}},
		{[]gold.Predicate{is("decimal", gold.Lt, dec(0))}, ids{2}},
		{[]gold.Predicate{is("decimal", gold.Gte, dec(0))}, ids{3, 4, 5, 6, 7}},

		{[]gold.Predicate{is("date", gold.Lt, day("1970-01-01"))}, ids{2}},
		{[]gold.Predicate{is("date", gold.Gte, day("1970-01-01"))}, ids{3, 4, 5, 6, 7}},
		{[]gold.Predicate{is("date", gold.Gte, day("9999-12-31"))}, ids{7}},
		{[]gold.Predicate{is("date", gold.Ne, day("2000-02-29"))}, ids{2, 3, 5, 6, 7}},
		{[]gold.Predicate{is("date", gold.In, day("2000-02-29"), day("2011-12-09"))}, ids{4, 6}},
		{[]gold.Predicate{is("time", gold.Lt, at("1970-01-01"))}, ids{2, 8}},
		{[]gold.Predicate{is("time", gold.Gte, at("1970-01-01"))}, ids{3, 4, 5, 6, 7}},
		{[]gold.Predicate{is("time", gold.Lte, at("1969-12-31T23:59:59.999Z"))}, ids{2, 8}},
		{[]gold.Predicate{is("time", gold.Eq, at("2011-12-08T12:12:00Z"))}, ids{5}},
		{[]gold.Predicate{is("time", gold.Gt, at("2011-12-08T12:12:00Z"))}, ids{6, 7}},
		{[]gold.Predicate{is("time", gold.Lte, at("0001-01-01"))}, ids{8}},

		{[]gold.Predicate{is("text", gold.Eq, "")}, ids{2}},
		{[]gold.Predicate{is("text", gold.Eq, "a")}, ids{3}},
		{[]gold.Predicate{is("text", gold.Ne, "a")}, ids{2, 4, 5, 6, 7, 8}},
		{[]gold.Predicate{is("text", gold.Lt, "")}, nil},
		{[]gold.Predicate{is("text", gold.Gt, "")}, ids{3, 4, 5, 6, 7, 8}},
		{[]gold.Predicate{is("text", gold.Lte, "")}, ids{2}},
		{[]gold.Predicate{is("text", gold.Lt, "a")}, ids{2, 4, 5, 6}},
		{[]gold.Predicate{is("text", gold.Gt, "a")}, ids{7, 8}},
		{[]gold.Predicate{is("text", gold.In, "a", "A", "$a")}, ids{3, 4}},
		{[]gold.Predicate{is("text", gold.IsNull)}, ids{1}},
		{[]gold.Predicate{is("text", gold.Contains, "")}, ids{2, 3, 4, 5, 6, 7, 8}},
		{[]gold.Predicate{is("text", gold.StartsWith, "")}, ids{2, 3, 4, 5, 6, 7, 8}},
		{[]gold.Predicate{is("text", gold.Contains, "STRAẞE")}, ids{5, 6}},
		{[]gold.Predicate{is("text", gold.StartsWith, "straße")}, ids{5, 6}},
		{[]gold.Predicate{is("text", gold.Contains, "strasse")}, nil},
		{[]gold.Predicate{is("text", gold.Contains, "%")}, ids{6}},
		{[]gold.Predicate{is("text", gold.Contains, "50%_")}, ids{6}},
		{[]gold.Predicate{is("text", gold.Contains, `\`)}, ids{6}},
		{[]gold.Predicate{is("text", gold.Contains, ".")}, nil},
		{[]gold.Predicate{is("text", gold.Contains, "^a")}, nil},
		{[]gold.Predicate{is("text", gold.StartsWith, "a")}, ids{3, 4}},
		{[]gold.Predicate{is("text", gold.StartsWith, "traße")}, nil},
		{[]gold.Predicate{is("text", gold.Contains, "i"), is("bool", gold.Eq, false)}, ids{8}},
	} {
		q := everything(v)
		q.Where, q.Fields = c.where, []string{"id"}
		var want [][]gold.Value
		for _, id := range c.want {
			want = append(want, row(id))
		}
		wantRows(t, describe(q), selectRows(t, s, q), want)
	}
}

// folding checks Contains and StartsWith letter by letter: simple case folding makes one code point of one.
func folding(t *testing.T, h Harness) {
	cases := []struct {
		text, needle     string
		contains, starts bool
	}{
		{"abc", "B", true, false},
		{"abc", "AB", true, true},
		{"ABC", "abc", true, true},
		{"abc", "abcd", false, false},
		{"Straße", "STRAẞE", true, true},
		{"STRAẞE", "ße", true, false},
		{"Straße", "ss", false, false},
		{"SS", "ß", false, false},
		{"\u212a", "k", true, true},
		{"k", "\u212a", true, true},
		{"OK", "\u212a", true, false},
		{"ſ", "S", true, true},
		{"S", "ſ", true, true},
		{"eſt", "EST", true, true},
		{"İ", "i", false, false},
		{"İ", "i\u0307", false, false},
		{"i\u0307", "I", true, true},
		{"ı", "I", false, false},
		{"I", "ı", false, false},
		{"İ", "İ", true, true},
		{"ΟΔΟΣ", "οδος", true, true},
		{"οδος", "ΟΔΟΣ", true, true},
		{"οδοσ", "ος", true, false},
		{"ς", "Σ", true, true},
		{"µ", "Μ", true, true},
		{"μ", "µ", true, true},
		{"\u0345", "ι", true, true},
		{"Ι", "\u1fbe", true, true},
		{"\u212b", "å", true, true},
		{"Å", "A", false, false},
		{"A\u030a", "a", true, true},
		{"é", "e", false, false},
		{"É", "é", true, true},
		{"E\u0301", "é", false, false},
		{"ǅ", "ǆ", true, true},
		{"ǆ", "Ǆ", true, true},
		{"ﬁ", "fi", false, false},
		{"𐐀", "𐐨", true, true},
		{"Ω", "\u2126", true, true},
		{"Ж", "ж", true, true},
		{"100%", "0%", true, false},
		{"a_b", "_", true, false},
		{"ab", "_", false, false},
		{`a\b`, `\`, true, false},
		{"a.b", "a.B", true, true},
		{"axb", "a.b", false, false},
		{"(a)", "(A", true, true},
		{"[a]*", "]*", true, false},
		{"a\nb", "\nB", true, false},
		{"a|b", "c|a", false, false},
		{"$^", "$", true, true},
		{"a'b", "'B", true, false},
		{`\E\Q`, `\e`, true, true},
		{"日本語", "本", true, false},
		{"👩‍👩‍👧", "👧", true, false},
		{"", "", true, true},
		{"", "a", false, false},
		{" a", "a", true, false},
	}
	s := fresh(t, h)
	tb := newTable("texts", []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "text", Kind: gold.Text}}, 1)
	for i, c := range cases {
		tb.rows = append(tb.rows, row(i, c.text))
	}
	publish(t, s, instant("2011-12-09"), tb)
	v := resolve(t, s, gold.Selector{Model: model}).Version("texts")
	for i, c := range cases {
		for op, want := range map[gold.Op]bool{gold.Contains: c.contains, gold.StartsWith: c.starts} {
			q := everything(v)
			q.Where = []gold.Predicate{is("id", gold.Eq, i), is("text", op, c.needle)}
			if got := len(selectRows(t, s, q)) == 1; got != want {
				t.Errorf("%+q %s %+q is %v, expected %v", c.text, op, c.needle, got, want)
			}
		}
	}
}

// sorts checks that null is the smallest value in both directions and that text sorts by bytes.
func sorts(t *testing.T, h Harness) {
	s := fresh(t, h)
	tb := things()
	publish(t, s, instant("2011-12-09"), tb)
	v := resolve(t, s, gold.Selector{Model: model}).Version("things")
	for _, c := range []struct {
		sort string
		want []int
	}{
		{"id", []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{"-id", []int{8, 7, 6, 5, 4, 3, 2, 1}},
		{"bool", []int{1, 6, 2, 5, 8, 3, 4, 7}},
		{"-bool", []int{3, 4, 7, 2, 5, 8, 1, 6}},
		{"int", []int{1, 8, 2, 3, 4, 5, 6, 7}},
		{"-int", []int{7, 6, 4, 5, 3, 2, 1, 8}},
		{"double", []int{1, 7, 2, 3, 8, 4, 5, 6}},
		{"-double", []int{6, 5, 4, 8, 3, 2, 7, 1}},
		{"decimal", []int{1, 8, 2, 3, 4, 5, 6, 7}},
		{"-decimal", []int{7, 6, 4, 5, 3, 2, 1, 8}},
		{"text", []int{1, 2, 4, 6, 5, 3, 8, 7}},
		{"-text", []int{7, 8, 3, 5, 6, 4, 2, 1}},
		{"date", []int{1, 8, 2, 3, 4, 5, 6, 7}},
		{"-date", []int{7, 6, 5, 4, 3, 2, 1, 8}},
		{"time", []int{1, 8, 2, 3, 4, 5, 6, 7}},
		{"-time", []int{7, 6, 5, 4, 3, 2, 8, 1}},
	} {
		q := gold.Query{Version: v, Fields: []string{"id"}, Sort: tb.TotalSort([]gold.Sort{gold.ParseSort(c.sort)})}
		var want [][]gold.Value
		for _, id := range c.want {
			want = append(want, row(id))
		}
		wantRows(t, describe(q), selectRows(t, s, q), want)
	}
	q := gold.Query{Version: v, Fields: []string{"id"}, Sort: []gold.Sort{{Field: "bool", Desc: true}, {Field: "int"}, {Field: "id", Desc: true}}}
	wantRows(t, describe(q), selectRows(t, s, q), [][]gold.Value{row(3), row(4), row(7), row(8), row(2), row(5), row(1), row(6)})
	q = gold.Query{Version: v, Fields: []string{"id"}, Sort: []gold.Sort{{Field: "int", Desc: true}, {Field: "id", Desc: true}}}
	wantRows(t, describe(q), selectRows(t, s, q), [][]gold.Value{row(7), row(6), row(5), row(4), row(3), row(2), row(8), row(1)})
}

// sorted returns a table's rows without BI fields in an order.
func sorted(tb table, terms []gold.Sort) [][]gold.Value {
	fields := tb.RowFields()
	rows := make([][]gold.Value, len(tb.rows))
	for i, r := range tb.rows {
		rows[i] = r[:len(fields)]
	}
	slices.SortFunc(rows, func(a, b []gold.Value) int {
		for _, term := range terms {
			i := fieldIndex(fields, term.Field)
			if c := gold.Compare(a[i], b[i]); c != 0 {
				return either(term.Desc, -c, c)
			}
		}
		return 0
	})
	return rows
}

func fieldIndex(fields []gold.Field, name string) int {
	return slices.IndexFunc(fields, func(f gold.Field) bool { return f.Name == name })
}
