package storetest

import (
	"testing"

	"goldserve/gold"
)

// pages checks that pages of any size, each asked for after the last row of the one before, make up the whole answer.
func pages(t *testing.T, h Harness) {
	t.Run("with a key", func(t *testing.T) { turnAllPages(t, h, 2) })
	t.Run("without a key", func(t *testing.T) { turnAllPages(t, h, 0) })
}

func turnAllPages(t *testing.T, h Harness, keys int) {
	s := fresh(t, h)
	tb := newTable("pages", []gold.Field{
		{Name: "a", Kind: gold.Text}, {Name: "b", Kind: gold.Int}, {Name: "x", Kind: gold.Double, Nullable: true}, {Name: "t", Kind: gold.Text, Nullable: true}, {Name: "d", Kind: gold.Date, Nullable: true},
	}, keys)
	texts := row(nil, "", "a", "A", "é", "😀", "\uffff")
	for i := range 1_100 {
		r := row(texts[1+i%4], i, float64(i%5), texts[i%7], gold.NewDate(int64(i%3)))
		if i%3 == 0 {
			r[2] = gold.Value{}
		}
		if i%4 == 0 {
			r[4] = gold.Value{}
		}
		tb.rows = append(tb.rows, r)
	}
	if keys == 0 {
		tb.number()
	}
	publish(t, s, instant("2011-12-09"), tb)
	v := resolve(t, s, gold.Selector{Model: model}).Version("pages")
	for _, terms := range [][]gold.Sort{
		nil,
		{{Field: "a", Desc: true}},
		{{Field: "x"}},
		{{Field: "x", Desc: true}},
		{{Field: "t"}, {Field: "x", Desc: true}},
		{{Field: "t", Desc: true}, {Field: "d"}, {Field: "x"}},
		{{Field: "d", Desc: true}, {Field: "t", Desc: true}, {Field: "b", Desc: true}},
	} {
		total := tb.TotalSort(terms)
		for _, size := range []int64{1, 2, 3, 7, 100, 1000} {
			part := tb
			q := gold.Query{Version: v, Fields: rowNames(&v.Dataset), Sort: total, Limit: size}
			if size < 100 { // a page each is a query each
				q.Where = []gold.Predicate{is("b", gold.Lt, 60)}
				part.rows = tb.rows[:60]
			}
			want := sorted(part, total)
			wantRows(t, describe(q), turnPages(t, s, q, len(want)), want)
		}
	}
}

// turnPages asks for page after page until one is not full, and for at most as many rows as there should be.
func turnPages(t *testing.T, s gold.Reader, q gold.Query, rows int) [][]gold.Value {
	t.Helper()
	var all [][]gold.Value
	fields := q.OutFields()
	for {
		page := selectRows(t, s, q)
		all = append(all, page...)
		if int64(len(page)) > q.Limit {
			t.Fatalf("%s: %d rows", describe(q), len(page))
		}
		if int64(len(page)) < q.Limit || len(all) > rows {
			return all
		}
		q.After = nil
		for _, term := range q.Sort {
			q.After = append(q.After, page[len(page)-1][fieldIndex(fields, term.Field)])
		}
	}
}
