package storetest

import (
	"testing"

	"goldserve/gold"
)

// lookups checks filters and groups by fields of another dataset; where there is no row they are null.
func lookups(t *testing.T, h Harness) {
	clients := newTable("clients", []gold.Field{
		{Name: "client", Kind: gold.Int}, {Name: "pays", Kind: gold.Text, Nullable: true}, {Name: "since", Kind: gold.Date}, {Name: "x", Kind: gold.Double},
	}, 1,
		row(10, "France", day("2011-01-31"), 1.5), row(11, "Espagne", day("2011-02-01"), -2.5), row(13, nil, day("2011-02-28"), 0.0), row(14, "Italie", day("2011-03-01"), 9.0))
	products := newTable("products", []gold.Field{{Name: "name", Kind: gold.Text}, {Name: "x", Kind: gold.Int}}, 1, row("Mug, \"big\"", 1), row("", 2))
	facts := newTable("facts", []gold.Field{
		{Name: "id", Kind: gold.Int}, {Name: "client", Kind: gold.Int, Nullable: true}, {Name: "product", Kind: gold.Text, Nullable: true}, {Name: "x", Kind: gold.Double},
	}, 1,
		row(1, 10, "Mug, \"big\"", 1.0), row(2, 11, "", 2.0), row(3, 12, nil, 4.0), row(4, nil, "mug", 8.0), row(5, 10, "", 16.0), row(6, 13, "Mug, \"big\"", 32.0))
	s := fresh(t, h)
	publish(t, s, instant("2011-12-09"), facts, clients, products)
	r := resolve(t, s, gold.Selector{Model: model})
	v := r.Version("facts")
	client := &gold.Join{Version: r.Version("clients"), On: "client", Key: "client"}
	product := &gold.Join{Version: r.Version("products"), On: "product", Key: "name"}
	via := func(by *gold.Join, field string, op gold.Op, values ...any) gold.Predicate {
		p := is(field, op, values...)
		p.Join = by
		return p
	}
	t.Run("filters", func(t *testing.T) {
		for _, c := range []struct {
			where []gold.Predicate
			want  []int
		}{
			{[]gold.Predicate{via(client, "pays", gold.Eq, "France")}, []int{1, 5}},
			{[]gold.Predicate{via(client, "pays", gold.Ne, "France")}, []int{2}},
			{[]gold.Predicate{via(client, "pays", gold.In, "France", "Italie")}, []int{1, 5}},
			{[]gold.Predicate{via(client, "pays", gold.In)}, nil},
			{[]gold.Predicate{via(client, "pays", gold.NotIn, "France")}, []int{2}},
			{[]gold.Predicate{via(client, "pays", gold.NotIn)}, []int{1, 2, 5}},
			{[]gold.Predicate{via(client, "pays", gold.IsNull)}, []int{3, 4, 6}},
			{[]gold.Predicate{via(client, "pays", gold.NotNull)}, []int{1, 2, 5}},
			{[]gold.Predicate{via(client, "pays", gold.Lt, "F")}, []int{2}},
			{[]gold.Predicate{via(client, "pays", gold.Contains, "PA")}, []int{2}},
			{[]gold.Predicate{via(client, "pays", gold.StartsWith, "fr")}, []int{1, 5}},
			{[]gold.Predicate{via(client, "pays", gold.Eq, "Italie")}, nil},
			{[]gold.Predicate{via(client, "x", gold.Gte, 0.0)}, []int{1, 5, 6}},
			{[]gold.Predicate{via(client, "since", gold.Gt, day("2011-01-31"))}, []int{2, 6}},
			{[]gold.Predicate{via(client, "pays", gold.Eq, "France"), is("x", gold.Gt, 1.0)}, []int{5}},
			{[]gold.Predicate{via(client, "pays", gold.NotNull), via(client, "x", gold.Lt, 0.0)}, []int{2}},
			{[]gold.Predicate{via(product, "x", gold.Eq, 1)}, []int{1, 6}},
			{[]gold.Predicate{via(product, "x", gold.IsNull)}, []int{3, 4}},
			{[]gold.Predicate{via(product, "x", gold.Eq, 2), via(client, "pays", gold.Eq, "France")}, []int{5}},
		} {
			q := everything(v)
			q.Where, q.Fields = c.where, []string{"id"}
			var want [][]gold.Value
			for _, id := range c.want {
				want = append(want, row(id))
			}
			wantRows(t, describe(q), selectRows(t, s, q), want)
		}
	})
	t.Run("groups", func(t *testing.T) {
		measures := []gold.Measure{count, of(gold.Sum, "x")}
		group := func(by *gold.Join, g gold.Group) gold.Group {
			g.Join = by
			return g
		}
		for _, c := range []struct {
			group []gold.Group
			where []gold.Predicate
			want  [][]gold.Value
		}{
			{[]gold.Group{group(client, by("pays"))}, nil, [][]gold.Value{row(nil, 3, 44.0), row("Espagne", 1, 2.0), row("France", 2, 17.0)}},
			{[]gold.Group{group(client, by("pays"))}, []gold.Predicate{via(client, "pays", gold.NotNull), is("x", gold.Lt, 9.0)}, [][]gold.Value{row("Espagne", 1, 2.0), row("France", 1, 1.0)}},
			{[]gold.Group{group(client, cut("since", gold.Month))}, nil, [][]gold.Value{row(nil, 2, 12.0), row("2011-01", 2, 17.0), row("2011-02", 2, 34.0)}},
			{[]gold.Group{group(client, gold.Group{Field: "x", Bins: []float64{0}, As: "clients"})}, nil, [][]gold.Value{row(nil, 2, 12.0), row("<0", 1, 2.0), row(">=0", 3, 49.0)}},
			{[]gold.Group{group(client, gold.Group{Field: "pays", As: "where"}), by("product")}, nil, [][]gold.Value{
				row(nil, nil, 1, 4.0), row(nil, "Mug, \"big\"", 1, 32.0), row(nil, "mug", 1, 8.0), row("Espagne", "", 1, 2.0), row("France", "", 1, 16.0), row("France", "Mug, \"big\"", 1, 1.0),
			}},
			{[]gold.Group{group(product, gold.Group{Field: "x", As: "product_x"}), group(client, by("pays"))}, nil, [][]gold.Value{
				row(nil, nil, 2, 12.0), row(1, nil, 1, 32.0), row(1, "France", 1, 1.0), row(2, "Espagne", 1, 2.0), row(2, "France", 1, 16.0),
			}},
		} {
			a := gold.Aggregation{Version: v, Group: c.group, Where: c.where, Measures: measures}
			wantRows(t, describeAggregation(a), aggregate(t, s, a), c.want)
		}
	})
	t.Run("a release's own version of the other dataset", func(t *testing.T) {
		moved := clients
		moved.rows = [][]gold.Value{row(10, "Italie", day("2011-01-31"), 1.5)}
		publish(t, s, instant("2011-12-10"), facts, moved, products)
		now := resolve(t, s, gold.Selector{Model: model})
		for number, want := range map[string][][]gold.Value{"France": nil, "Italie": {row(1), row(5)}} {
			q := everything(now.Version("facts"))
			q.Fields = []string{"id"}
			q.Where = []gold.Predicate{via(&gold.Join{Version: now.Version("clients"), On: "client", Key: "client"}, "pays", gold.Eq, number)}
			wantRows(t, describe(q), selectRows(t, s, q), want)
		}
		q := everything(v)
		q.Fields, q.Where = []string{"id"}, []gold.Predicate{via(client, "pays", gold.Eq, "France")}
		wantRows(t, "in the release before, "+describe(q), selectRows(t, s, q), [][]gold.Value{row(1), row(5)})
	})
}

// chains checks fields that are looked up over several datasets, and by several fields in one: expected values are worked
// out by hand.
func chains(t *testing.T, h Harness) {
	key := gold.Field{Name: "key", Kind: gold.Text}
	text := func(name string) gold.Field { return gold.Field{Name: name, Kind: gold.Text, Nullable: true} }
	products := newTable("products", []gold.Field{key, text("sub")}, 1, row("pen", "write"), row("ink", "write"), row("chair", "sit"), row("odd", "none"), row("bare", nil))
	subs := newTable("subs", []gold.Field{key, text("cat")}, 1, row("write", "desk"), row("sit", "home"), row("rest", "home"))
	cats := newTable("cats", []gold.Field{key, text("name"), {Name: "rank", Kind: gold.Int}}, 1, row("desk", "Bureau", 2), row("home", "Maison", 1))
	countries := newTable("countries", []gold.Field{key, text("name")}, 1, row("fr", "France"), row("es", "Espagne"))
	facts := newTable("facts", []gold.Field{
		{Name: "id", Kind: gold.Int}, text("product"), text("bill"), text("ship"), {Name: "x", Kind: gold.Double},
	}, 1,
		row(1, "pen", "fr", "es", 1.0), row(2, "chair", "es", "fr", 2.0), row(3, "ink", "fr", "fr", 4.0),
		row(4, "odd", "fr", nil, 8.0), row(5, "bare", nil, "es", 16.0), row(6, nil, "de", "es", 32.0))
	s := fresh(t, h)
	publish(t, s, instant("2011-12-09"), facts, products, subs, cats, countries)
	r := resolve(t, s, gold.Selector{Model: model})
	v := r.Version("facts")
	cat := &gold.Join{Version: r.Version("cats"), On: "cat", Key: "key"}
	category := &gold.Join{Version: r.Version("products"), On: "product", Key: "key", Next: &gold.Join{Version: r.Version("subs"), On: "sub", Key: "key", Next: cat}}
	bill := &gold.Join{Version: r.Version("countries"), On: "bill", Key: "key"}
	ship := bill.By("ship")
	via := func(by *gold.Join, field string, op gold.Op, values ...any) gold.Predicate {
		p := is(field, op, values...)
		p.Join = by
		return p
	}
	ids := func(q gold.Query, want ...int) {
		t.Helper()
		q.Version, q.Fields = v, []string{"id"}
		rows := make([][]gold.Value, len(want))
		for i, id := range want {
			rows[i] = row(id)
		}
		wantRows(t, describe(q), selectRows(t, s, q), rows)
	}
	where := func(p ...gold.Predicate) gold.Query { return gold.Query{Where: p, Sort: v.Dataset.TotalSort(nil)} }
	ids(where(via(category, "name", gold.Eq, "Bureau")), 1, 3)
	ids(where(via(category, "name", gold.IsNull)), 4, 5, 6)
	ids(where(via(category, "rank", gold.Lt, 2)), 2)
	ids(where(gold.Not([]gold.Predicate{via(category, "name", gold.Eq, "Bureau")})...), 2)
	ids(where(via(bill, "name", gold.Eq, "France"), via(ship, "name", gold.Eq, "Espagne")), 1)

	by := func(limit int64, after []gold.Value, terms ...gold.Sort) gold.Query {
		return gold.Query{Sort: v.Dataset.TotalSort(terms), Limit: limit, After: after}
	}
	name, country := gold.Sort{Field: "name", Join: category}, gold.Sort{Field: "name", Join: ship, Desc: true}
	ids(by(0, nil, name), 4, 5, 6, 1, 3, 2)
	ids(by(2, row(nil, 5), name), 6, 1)
	ids(by(0, nil, country, gold.Sort{Field: "x", Desc: true}), 3, 2, 6, 5, 1, 4)
	ids(by(3, row("France", 2.0, 2), country, gold.Sort{Field: "x", Desc: true}), 6, 5, 1)

	a := gold.Aggregation{
		Version: v, Group: []gold.Group{{Field: "name", As: "ship", Join: ship}},
		Measures: []gold.Measure{
			count,
			{Func: gold.CountDistinct, Field: "name", As: "categories", Join: category},
			{Func: gold.Max, Field: "name", As: "bill", Join: bill},
			{Func: gold.Sum, Field: "rank", As: "ranks", Join: category},
			{Func: gold.Median, Field: "rank", As: "rank", Join: category},
		},
	}
	wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{
		row(nil, 1, 0, "France", 0, nil), row("Espagne", 3, 1, "France", 2, 2.0), row("France", 2, 2, "France", 3, 1.5),
	})
}
