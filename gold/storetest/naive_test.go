package storetest

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// shop returns two tables small enough to answer any question by eye.
func shop() (sales, clients Table) {
	null := gold.Value{}
	text, id, double := gold.NewText, gold.NewInt, gold.NewDouble
	sales = Table{
		Version: &gold.Version{ID: "s", Dataset: gold.Dataset{Name: "sales", Key: []string{"id"}, Fields: []gold.Field{
			{Name: "id", Kind: gold.Int}, {Name: "client", Kind: gold.Int, Nullable: true}, {Name: "amount", Kind: gold.Double, Nullable: true}, {Name: "what", Kind: gold.Text, Nullable: true},
		}}},
		Rows: [][]gold.Value{
			{id(1), id(10), double(5), text("Mug")},
			{id(2), id(11), double(7.5), text("mug, blue")},
			{id(3), id(10), null, text("Tray")},
			{id(4), id(12), double(-1), null},
			{id(5), null, double(5), text("ÉTÉ")},
		},
	}
	clients = Table{
		Version: &gold.Version{ID: "c", Dataset: gold.Dataset{Name: "clients", Key: []string{"client"}, Fields: []gold.Field{
			{Name: "client", Kind: gold.Int}, {Name: "country", Kind: gold.Text, Nullable: true},
		}}},
		Rows: [][]gold.Value{{id(10), text("France")}, {id(11), text("Spain")}, {id(13), text("Italy")}},
	}
	return sales, clients
}

func TestSelectRowsByEveryOperator(t *testing.T) {
	sales, clients := shop()
	country := &gold.Join{Version: clients.Version, On: "client", Key: "client"}
	text, double, null := gold.NewText, gold.NewDouble, gold.Value{}
	for _, tt := range []struct {
		name  string
		where gold.Predicate
		want  []int64
	}{
		{"eq", gold.Predicate{Field: "amount", Op: gold.Eq, Values: []gold.Value{double(5)}}, []int64{1, 5}},
		{"eq of null matches nothing", gold.Predicate{Field: "amount", Op: gold.Eq, Values: []gold.Value{null}}, nil},
		{"ne leaves nulls out", gold.Predicate{Field: "amount", Op: gold.Ne, Values: []gold.Value{double(5)}}, []int64{2, 4}},
		{"in", gold.Predicate{Field: "what", Op: gold.In, Values: []gold.Value{text("Mug"), text("Tray"), null}}, []int64{1, 3}},
		{"in of none", gold.Predicate{Field: "what", Op: gold.In}, nil},
		{"nin leaves nulls out", gold.Predicate{Field: "what", Op: gold.NotIn, Values: []gold.Value{text("Mug"), null}}, []int64{2, 3, 5}},
		{"nin of none", gold.Predicate{Field: "what", Op: gold.NotIn}, []int64{1, 2, 3, 5}},
		{"lt", gold.Predicate{Field: "amount", Op: gold.Lt, Values: []gold.Value{double(5)}}, []int64{4}},
		{"lte", gold.Predicate{Field: "amount", Op: gold.Lte, Values: []gold.Value{double(5)}}, []int64{1, 4, 5}},
		{"gt", gold.Predicate{Field: "amount", Op: gold.Gt, Values: []gold.Value{double(5)}}, []int64{2}},
		{"gte", gold.Predicate{Field: "amount", Op: gold.Gte, Values: []gold.Value{double(5)}}, []int64{1, 2, 5}},
		{"text compares by bytes", gold.Predicate{Field: "what", Op: gold.Gt, Values: []gold.Value{text("Z")}}, []int64{2, 5}},
		{"isnull", gold.Predicate{Field: "what", Op: gold.IsNull}, []int64{4}},
		{"notnull", gold.Predicate{Field: "client", Op: gold.NotNull}, []int64{1, 2, 3, 4}},
		{"contains folds case", gold.Predicate{Field: "what", Op: gold.Contains, Values: []gold.Value{text("MUG")}}, []int64{1, 2}},
		{"contains beyond ASCII", gold.Predicate{Field: "what", Op: gold.Contains, Values: []gold.Value{text("té")}}, []int64{5}},
		{"startswith", gold.Predicate{Field: "what", Op: gold.StartsWith, Values: []gold.Value{text("mug,")}}, []int64{2}},
		{"looked up", gold.Predicate{Field: "country", Op: gold.Eq, Values: []gold.Value{text("France")}, Join: country}, []int64{1, 3}},
		{"looked up ne leaves out who has no row", gold.Predicate{Field: "country", Op: gold.Ne, Values: []gold.Value{text("France")}, Join: country}, []int64{2}},
		{"looked up isnull", gold.Predicate{Field: "country", Op: gold.IsNull, Join: country}, []int64{4, 5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := SelectRows(gold.Query{Version: sales.Version, Fields: []string{"id"}, Where: []gold.Predicate{tt.where}, Sort: []gold.Sort{{Field: "id"}}}, sales, clients)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, row := range rows {
				got = append(got, row[0].Int())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSelectRowsPages(t *testing.T) {
	sales, _ := shop()
	for _, sort := range [][]gold.Sort{
		{{Field: "amount"}, {Field: "id"}},
		{{Field: "amount", Desc: true}, {Field: "id"}},
		{{Field: "what", Desc: true}, {Field: "id", Desc: true}},
		{{Field: "client"}, {Field: "amount", Desc: true}, {Field: "id"}},
	} {
		all, err := SelectRows(gold.Query{Version: sales.Version, Sort: sort}, sales)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 5 {
			t.Fatalf("%v: %d rows", sort, len(all))
		}
		if first, last := all[0], all[4]; sort[0].Field == "amount" && (first[2].IsNull() == sort[0].Desc || last[2].IsNull() != sort[0].Desc) {
			t.Errorf("%v: null is not the smallest: %v", sort, all)
		}
		var paged [][]gold.Value
		q := gold.Query{Version: sales.Version, Sort: sort, Limit: 2}
		for {
			page, err := SelectRows(q, sales)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			paged = append(paged, page...)
			last := page[len(page)-1]
			q.After = nil
			for _, s := range sort {
				i, err := columnOf(sales.Version, s.Field)
				if err != nil {
					t.Fatal(err)
				}
				q.After = append(q.After, last[i])
			}
		}
		if diff := cmp.Diff(all, paged, cmpValues); diff != "" {
			t.Errorf("%v: pages differ from the whole:\n%s", sort, diff)
		}
	}
}

func TestAggregateByHand(t *testing.T) {
	sales, clients := shop()
	country := gold.Group{Field: "country", Join: &gold.Join{Version: clients.Version, On: "client", Key: "client"}}
	null := gold.Value{}
	text, n, double := gold.NewText, gold.NewInt, gold.NewDouble
	sum, count := gold.Measure{Func: gold.Sum, Field: "amount"}, gold.Measure{Func: gold.Count}
	median := gold.Measure{Func: gold.Median, Field: "amount"}
	for _, tt := range []struct {
		name string
		a    gold.Aggregation
		want [][]gold.Value
	}{
		{
			"a looked-up group, null first",
			gold.Aggregation{Group: []gold.Group{country}, Measures: []gold.Measure{sum, count, median}},
			[][]gold.Value{{null, double(4), n(2), double(2)}, {text("France"), double(5), n(2), double(5)}, {text("Spain"), double(7.5), n(1), double(7.5)}},
		},
		{"having and sort", gold.Aggregation{
			Group: []gold.Group{country}, Measures: []gold.Measure{sum},
			Having: []gold.Predicate{{Field: "sum_amount", Op: gold.Gte, Values: []gold.Value{double(5)}}},
			Sort:   []gold.Sort{{Field: "sum_amount", Desc: true}}, Limit: 1,
		}, [][]gold.Value{{text("Spain"), double(7.5)}}},
		{
			"bins by their edges",
			gold.Aggregation{Group: []gold.Group{{Field: "amount", Bins: []float64{-2, 7}}}, Measures: []gold.Measure{count}},
			[][]gold.Value{{null, n(1)}, {text("[-2,7)"), n(3)}, {text(">=7"), n(1)}},
		},
		{"no rows, one row", gold.Aggregation{
			Where:    []gold.Predicate{{Field: "id", Op: gold.Gt, Values: []gold.Value{n(99)}}},
			Measures: []gold.Measure{count, sum, median, {Func: gold.Max, Field: "what"}, {Func: gold.Sum, Field: "id"}, {Func: gold.CountDistinct, Field: "what"}},
		}, [][]gold.Value{{n(0), double(0), null, null, n(0), n(0)}}},
		{"no rows, no groups", gold.Aggregation{
			Where: []gold.Predicate{{Field: "id", Op: gold.Gt, Values: []gold.Value{n(99)}}}, Group: []gold.Group{country}, Measures: []gold.Measure{count},
		}, [][]gold.Value{}},
		{"every measure of one group", gold.Aggregation{Measures: []gold.Measure{
			{Func: gold.CountDistinct, Field: "amount"}, {Func: gold.Min, Field: "amount"}, {Func: gold.Max, Field: "what"}, {Func: gold.Avg, Field: "amount"}, {Func: gold.Median, Field: "amount"}, {Func: gold.Avg, Field: "id"},
		}}, [][]gold.Value{{n(3), double(-1), text("ÉTÉ"), double(16.5 / 4), double(5), double(3)}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.a.Version = sales.Version
			got, err := Aggregate(tt.a, sales, clients)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmpValues); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNaiveErrors(t *testing.T) {
	sales, _ := shop()
	unknown := &gold.Version{ID: "other"}
	over := Table{Version: sales.Version, Rows: [][]gold.Value{
		{gold.NewInt(math.MaxInt64), {}, {}, {}}, {gold.NewInt(1), {}, {}, {}},
	}}
	if _, err := Aggregate(gold.Aggregation{Version: sales.Version, Measures: []gold.Measure{{Func: gold.Sum, Field: "id"}}}, over); gold.CodeOf(err) != gold.CodeIntegerOverflow {
		t.Errorf("overflow: got %v", err)
	}
	if _, err := SelectRows(gold.Query{Version: unknown}, sales); err == nil {
		t.Error("an unknown version: no error")
	}
	if _, err := SelectRows(gold.Query{Version: sales.Version, Fields: []string{"x"}}, sales); err == nil {
		t.Error("an unknown field: no error")
	}
	if _, err := SelectRows(gold.Query{Version: sales.Version, Where: []gold.Predicate{{Field: "id", Op: gold.IsNull, Join: &gold.Join{Version: unknown, On: "id", Key: "id"}}}}, sales); err == nil {
		t.Error("an unknown dimension: no error")
	}
}

var cmpValues = cmp.Comparer(func(a, b gold.Value) bool { return a == b })
