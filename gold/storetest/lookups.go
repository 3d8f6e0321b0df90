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
