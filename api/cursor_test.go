package api

import (
	"reflect"
	"testing"

	"goldserve/gold"
)

var everyKind = cursor{
	model: "shop", dataset: "achats", release: 1 << 40,
	pairs: []pair{{"sort", "-a,b"}, {"pays", "Côte D'Ivoire"}, {"vide", ""}},
	after: []gold.Value{
		{},
		gold.NewBool(true),
		gold.NewInt(-1 << 63),
		gold.NewDouble(0.1),
		gold.NewDecimal(-5),
		gold.NewText("a\x00é"),
		gold.NewDate(gold.MinDate),
		gold.NewTime(gold.MaxTime),
	},
}

func TestACursorReadsBackTheSame(t *testing.T) {
	for _, c := range []*cursor{&everyKind, {model: "m", dataset: "d", release: 1}} {
		got, err := decodeCursor(c.encode())
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%+v came back as %+v, %v", c, got, err)
		}
	}
}

func FuzzDecodeCursor(f *testing.F) {
	f.Add(everyKind.encode())
	f.Add("")
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, token string) {
		c, err := decodeCursor(token)
		if err == nil && c.encode() != token {
			t.Errorf("%q has another form: %q", token, c.encode())
		}
	})
}

func FuzzReadParams(f *testing.F) {
	f.Add("a=1&b=2")
	f.Add("pays__in=%22Tray,%20Breakfast%22,Mug&limit=%zz&a;b&_=1&le=2011-06")
	d := &gold.Dataset{Name: "d", Key: []string{"id"}, Fields: []gold.Field{
		{Name: "id", Kind: gold.Int, Filters: []gold.Op{gold.Eq, gold.In, gold.Lte}, Sortable: true},
		{Name: "pays", Kind: gold.Text, Filters: []gold.Op{gold.Eq, gold.In, gold.IsNull}, Search: true},
		{Name: "le", Kind: gold.Time, Filters: []gold.Op{gold.Eq, gold.In, gold.Lte, gold.Ne}},
		{Name: "jour", Kind: gold.Date, Filters: []gold.Op{gold.Eq, gold.Gt}},
	}}
	s := (&catalog{}).wide(&gold.Version{Dataset: *d})
	f.Fuzz(func(t *testing.T, query string) {
		p := readParams(query)
		q := readRowsQuery(p, s, 10, 10_000)
		if p.err(rowsParameters...) != nil {
			return
		}
		for _, w := range q.where {
			for _, v := range w.Values {
				if v.Kind() != d.Field(w.Field).Kind {
					t.Errorf("%q filters %s by a %s", query, w.Field, v.Kind())
				}
			}
		}
		if last := q.sort[len(q.sort)-1]; last.Field != "id" && len(q.sort) < 2 {
			t.Errorf("%q is sorted by %v, which isn't total", query, q.sort)
		}
	})
}

func TestListsReadBackTheSame(t *testing.T) {
	for _, items := range [][]string{{""}, {"a"}, {"a", "b"}, {"", ""}, {`a"b`, `"`, `""`, ","}, {"Tray, Breakfast In Bed", "Mug", `Letter "R" Ring`, "A+B & C/D"}, {"x", ""}} {
		got, err := splitList(joinList(items))
		if err != nil || !reflect.DeepEqual(got, items) {
			t.Errorf("%q came back as %q, %v", items, got, err)
		}
	}
	for _, bad := range []string{`"a`, `"a"b`, `x,"a`, `"a""`, `"`} {
		if got, err := splitList(bad); err == nil {
			t.Errorf("%s was read as %q", bad, got)
		}
	}
}

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		kind              gold.Kind
		text, first, last string
	}{
		{gold.Time, "2011", "2011-01-01T00:00:00Z", "2011-12-31T23:59:59.999Z"},
		{gold.Time, "2012-02", "2012-02-01T00:00:00Z", "2012-02-29T23:59:59.999Z"},
		{gold.Time, "2011-06-30", "2011-06-30T00:00:00Z", "2011-06-30T23:59:59.999Z"},
		{gold.Time, "9999", "9999-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"},
		{gold.Time, "0001", "0001-01-01T00:00:00Z", "0001-12-31T23:59:59.999Z"},
		{gold.Time, "2011-06-30T12:00", "2011-06-30T12:00:00Z", "2011-06-30T12:00:00Z"},
		{gold.Time, "2011-06-30T12:00:00+02:00", "2011-06-30T10:00:00Z", "2011-06-30T10:00:00Z"},
		{gold.Date, "1969", "1969-01-01", "1969-12-31"},
		{gold.Date, "2011-02", "2011-02-01", "2011-02-28"},
		{gold.Time, "2011-Q2", "2011-04-01T00:00:00Z", "2011-06-30T23:59:59.999Z"},
		{gold.Date, "2011-W23", "2011-06-06", "2011-06-12"},
		{gold.Date, "2020-W53", "2020-12-28", "2021-01-03"},
		{gold.Date, "2014-W01", "2013-12-30", "2014-01-05"},
		{gold.Date, "9999-W52", "9999-12-27", "9999-12-31"},
		{gold.Date, "2011-02-03", "2011-02-03", "2011-02-03"},
	} {
		p, err := parsePeriod(c.kind, c.text)
		if err != nil || p.first.String() != c.first || p.last.String() != c.last {
			t.Errorf("%s %s is %s to %s, %v", c.kind, c.text, p.first, p.last, err)
		}
	}
	for _, bad := range []string{"", "20", "2011-13", "2011-02-30", "0000", "10000", "2011-6", "2011-Q0", "2011-Q5", "2011-q2", "2011-W00", "2011-W53", "2011-W6", "2011-W+6", "12/2011", "hier", "2011-06-30T25:00:00Z", "２０１１"} {
		for _, kind := range []gold.Kind{gold.Date, gold.Time} {
			if p, err := parsePeriod(kind, bad); err == nil {
				t.Errorf("%s %q was read as %s", kind, bad, p.first)
			}
		}
	}
}

func TestFoldIgnoresCaseAndAccents(t *testing.T) {
	for _, pair := range [][2]string{{"Étagère", "ETAGERE"}, {"Côte D'Ivoire", "cote d'ivoire"}, {"ﬁn", "FIN"}, {"K", "k"}, {"Ångström", "angstrom"}} {
		if fold(pair[0]) != fold(pair[1]) {
			t.Errorf("%s and %s differ: %q, %q", pair[0], pair[1], fold(pair[0]), fold(pair[1]))
		}
	}
	if fold("a") == fold("b") {
		t.Error("a and b are the same")
	}
}
