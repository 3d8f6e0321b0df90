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
	s := (&releaseCatalog{}).wide(&gold.Version{Dataset: *d})
	f.Fuzz(func(t *testing.T, query string) {
		p := readParams(query)
		q := readRowsQuery(p, s, bound{limit: 10, most: 10_000})
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
