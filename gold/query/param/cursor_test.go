package param

import (
	"reflect"
	"testing"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

var everyKind = Cursor{
	Model: "shop", Dataset: "achats", Release: 1 << 40,
	Pairs: []Pair{{"sort", "-a,b"}, {"pays", "Côte D'Ivoire"}, {"vide", ""}},
	After: []gold.Value{
		{},
		gold.NewBool(true),
		gold.NewInt(-1 << 63),
		gold.NewDouble(0.1),
		gold.NewDecimal(-5),
		gold.NewText("a\x00é"),
		gold.NewDate(gold.MinDate),
		gold.NewTime(gold.MaxTime),
		gold.NewWideDecimal(gold.Int128{High: -1 << 61, Low: 7}),
	},
}

func TestACursorReadsBackTheSame(t *testing.T) {
	for _, c := range []*Cursor{&everyKind, {Model: "m", Dataset: "d", Release: 1}} {
		got, err := decodeCursor(c.Encode())
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%+v came back as %+v, %v", c, got, err)
		}
	}
}

func FuzzDecodeCursor(f *testing.F) {
	f.Add(everyKind.Encode())
	f.Add("")
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, token string) {
		c, err := decodeCursor(token)
		if err == nil && c.Encode() != token {
			t.Errorf("%q has another form: %q", token, c.Encode())
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
	v := &gold.Version{Dataset: *d, Rows: 1}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Read(text).Rows(&query.Catalog{}, v, format.JSON, 10)
		if err != nil {
			return
		}
		for _, w := range q.Where {
			for _, v := range w.Values {
				if v.Kind() != d.Field(w.Field).Kind {
					t.Errorf("%q filters %s by a %s", text, w.Field, v.Kind())
				}
			}
		}
		if last := q.Sort[len(q.Sort)-1]; last.Field != "id" && len(q.Sort) < 2 {
			t.Errorf("%q is sorted by %v, which isn't total", text, q.Sort)
		}
	})
}
