package columnar

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"goldserve/gold"
)

// TestAnswersAreTheStoresWhereRandomQuestionsSeldomLead asks what only few random questions do.
func TestAnswersAreTheStoresWhereRandomQuestionsSeldomLead(t *testing.T) {
	s := newStore(t)
	published := publish(t, s, version{sales(), id("a"), saleRows(200, 3), false}, version{clients(), id("c"), clientRows(), false})
	v := published.Version("sales")
	via := &gold.Join{Version: published.Version("clients"), On: "client", Key: "client"}
	e := newEager(t, s)
	e.hold(v, via.Version)
	value := func(v ...gold.Value) []gold.Value { return v }
	byCountry := []gold.Group{{Field: "country", Join: via}}
	count := []gold.Measure{{Func: gold.Count}}
	for name, q := range map[string]gold.Query{
		"after a number that no row has":                {Sort: []gold.Sort{{Field: "id"}}, After: value(gold.NewInt(55))},
		"after a number that no row has, backwards":     {Sort: []gold.Sort{{Field: "id", Desc: true}}, After: value(gold.NewInt(55))},
		"after a number below all, backwards":           {Sort: []gold.Sort{{Field: "id", Desc: true}}, After: value(gold.NewInt(-5))},
		"after a number above all":                      {Sort: []gold.Sort{{Field: "id"}}, After: value(gold.NewInt(1 << 60))},
		"after a number above all, backwards":           {Sort: []gold.Sort{{Field: "id", Desc: true}}, After: value(gold.NewInt(1 << 60))},
		"after a text that no row has":                  {Sort: []gold.Sort{{Field: "product"}, {Field: "id"}}, After: value(gold.NewText("Pot"), gold.NewInt(500))},
		"after a text that no row has, backwards":       {Sort: []gold.Sort{{Field: "product", Desc: true}, {Field: "id"}}, After: value(gold.NewText("Pot"), gold.NewInt(500))},
		"after a double that no row has, backwards":     {Sort: []gold.Sort{{Field: "amount", Desc: true}, {Field: "id"}}, After: value(gold.NewDouble(0.05), gold.NewInt(500))},
		"after null, backwards":                         {Sort: []gold.Sort{{Field: "amount", Desc: true}, {Field: "id"}}, After: value(gold.Value{}, gold.NewInt(500))},
		"looked up, null in a row or of none":           {Sort: []gold.Sort{{Field: "id"}}, Where: []gold.Predicate{{Field: "country", Op: gold.IsNull, Join: via}}},
		"looked up, one client":                         {Sort: []gold.Sort{{Field: "id"}}, Where: []gold.Predicate{{Field: "country", Op: gold.Eq, Values: value(gold.NewText("France")), Join: via}}},
		"looked up, nobody":                             {Sort: []gold.Sort{{Field: "id"}}, Where: []gold.Predicate{{Field: "country", Op: gold.Eq, Values: value(gold.NewText("Malte")), Join: via}}},
		"nothing but nulls of a list":                   {Sort: []gold.Sort{{Field: "id"}}, Where: []gold.Predicate{{Field: "client", Op: gold.In, Values: value(gold.Value{})}}},
		"not in a list of one that no row has":          {Sort: []gold.Sort{{Field: "id"}}, Where: []gold.Predicate{{Field: "client", Op: gold.NotIn, Values: value(gold.NewInt(5))}}},
		"between two numbers, the first of them absent": {Sort: []gold.Sort{{Field: "id"}}, Where: []gold.Predicate{{Field: "id", Op: gold.Gt, Values: value(gold.NewInt(51))}, {Field: "id", Op: gold.Lt, Values: value(gold.NewInt(99))}}},
	} {
		t.Run(name, func(t *testing.T) {
			e.t = t
			for _, limit := range []int64{0, 1, 7} {
				q.Version, q.Limit = v, limit
				if _, err := e.Rows(t.Context(), q); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for name, a := range map[string]gold.Aggregation{
		"by a looked-up field":          {Group: byCountry, Measures: count},
		"by a looked-up field, a month": {Group: append(byCountry, gold.Group{Field: "at", Grain: gold.Month}), Measures: count},
		"of no row":                     {Where: []gold.Predicate{{Field: "id", Op: gold.Eq, Values: value(gold.NewInt(5))}}, Measures: []gold.Measure{{Func: gold.Count}, {Func: gold.Sum, Field: "amount"}, {Func: gold.Max, Field: "product"}}},
	} {
		t.Run(name, func(t *testing.T) {
			e.t, a.Version = t, v
			if _, err := e.Aggregate(t.Context(), a); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNullOfADimensionOfOneRow looks up a client where one alone is found: null are then all others, and none.
func TestNullOfADimensionOfOneRow(t *testing.T) {
	s := newStore(t)
	dimension := gold.NewBatch(clients().Fields, 1)
	dimension.AppendRow(gold.NewInt(4), gold.NewText("Italie"))
	published := publish(t, s, version{sales(), id("a"), saleRows(100, 3), false}, version{clients(), id("c"), dimension, false})
	v := published.Version("sales")
	via := &gold.Join{Version: published.Version("clients"), On: "client", Key: "client"}
	e := newEager(t, s)
	_, err := e.Rows(t.Context(), gold.Query{Version: v, Sort: []gold.Sort{{Field: "id"}}, Where: []gold.Predicate{{Field: "country", Op: gold.IsNull, Join: via}}})
	if err != nil {
		t.Error(err)
	}
}

// TestMalformedQuestionsAreTheStores leaves what a caller should not ask to the store, whose error it is then.
func TestMalformedQuestionsAreTheStores(t *testing.T) {
	s := newStore(t)
	v := publish(t, s, version{sales(), id("a"), saleRows(20, 3), false}).Version("sales")
	e := newEager(t, s)
	e.hold(v)
	for name, q := range map[string]gold.Query{
		"an unknown field":     {Fields: []string{"price"}},
		"an unknown sort":      {Sort: []gold.Sort{{Field: "price"}}},
		"an unknown filter":    {Where: []gold.Predicate{{Field: "price", Op: gold.IsNull}}},
		"too many values":      {Where: []gold.Predicate{{Field: "id", Op: gold.Eq, Values: []gold.Value{gold.NewInt(1), gold.NewInt(2)}}}},
		"a place of one value": {Sort: []gold.Sort{{Field: "product"}, {Field: "id"}}, After: []gold.Value{gold.NewText("Mug")}},
	} {
		q.Version = v
		_, want := s.Rows(t.Context(), q)
		if _, err := e.reader.Rows(t.Context(), q); err == nil || want == nil || err.Error() != want.Error() {
			t.Errorf("%s: %v, the store says %v", name, err, want)
		}
	}
	a := gold.Aggregation{Version: v, Measures: []gold.Measure{{Func: gold.Sum, Field: "product"}}}
	_, want := s.Aggregate(t.Context(), a)
	if _, err := e.reader.Aggregate(t.Context(), a); err == nil || want == nil || err.Error() != want.Error() {
		t.Errorf("a sum of texts: %v, the store says %v", err, want)
	}
}

// TestManyBlocksAnswerAsTheStore asks a dataset of more blocks than one, as snapshots usually are made.
func TestManyBlocksAnswerAsTheStore(t *testing.T) {
	s := newStore(t)
	v := publish(t, s, version{sales(), id("a"), saleRows(20_000, 3), false}).Version("sales")
	e := newEager(t, s)
	e.reader.grid = grid{block: 1 << 12, chunk: 1 << 10, indexed: 1_000}
	for _, a := range []gold.Aggregation{
		{Group: []gold.Group{{Field: "product"}, {Field: "at", Grain: gold.Week}}, Measures: []gold.Measure{{Func: gold.Sum, Field: "amount"}, {Func: gold.Avg, Field: "amount"}, {Func: gold.Median, Field: "amount"}, {Func: gold.CountDistinct, Field: "client"}}},
		{Group: []gold.Group{{Field: "id"}, {Field: "at"}}, Measures: []gold.Measure{{Func: gold.Min, Field: "product"}, {Func: gold.CountDistinct, Field: "product"}}, Where: []gold.Predicate{{Field: "amount", Op: gold.Gt, Values: []gold.Value{gold.NewDouble(1.1)}}}, Limit: 500},
		{Measures: []gold.Measure{{Func: gold.Sum, Field: "id"}, {Func: gold.Max, Field: "at"}, {Func: gold.CountDistinct, Field: "id"}}},
	} {
		a.Version = v
		if _, err := e.Aggregate(t.Context(), a); err != nil {
			t.Error(err)
		}
	}
	for _, sort := range [][]gold.Sort{{{Field: "at", Desc: true}, {Field: "id"}}, {{Field: "amount", Desc: true}, {Field: "id"}}, {{Field: "client"}, {Field: "id", Desc: true}}} {
		if _, err := e.Rows(t.Context(), gold.Query{Version: v, Sort: sort, Limit: 300}); err != nil {
			t.Error(err)
		}
	}
}

// TestLargeAnswersAreTheStores leaves answers that would be sorted in a lot of memory to the store.
func TestLargeAnswersAreTheStores(t *testing.T) {
	p := &page{order: &order{}, worst: math.MaxUint64}
	for from := int32(0); from <= maxPage; from += 1 << 12 {
		if err := p.take(chunk{from: from, to: from + 1<<12}); err != nil {
			if from < maxPage {
				t.Errorf("%v after %d rows", err, from)
			}
			return
		}
	}
	t.Error("no end of a page without a limit")
}

// TestEveryCodeHasItsValue goes there and back for integers that are far apart, close together, evenly spaced or all the
// same, and for those between them.
func TestEveryCodeHasItsValue(t *testing.T) {
	for name, values := range map[string][]int64{
		"the ends of their range": {-1 << 63, 1<<63 - 1, 0, -1},
		"far apart":               {-1 << 62, 1 << 62, 7},
		"evenly spaced":           {60_000, 180_000, 6_000_000, 120_000},
		"one":                     {42, 42},
		"neighbours":              {3, 1, 2, 3},
		"more than 32 bits":       {0, 1 << 40, 1},
	} {
		t.Run(name, func(t *testing.T) {
			field := gold.Field{Name: "n", Kind: gold.Int, Nullable: true}
			s, b := newBuilder(field, true, len(values)+1), gold.NewBatch([]gold.Field{field}, 8)
			for _, v := range values {
				b.AppendRow(gold.NewInt(v))
			}
			b.AppendRow(gold.Value{})
			s.add(&b.Columns[0])
			c := s.column(defaultGrid)
			ordered := slices.Compact(slices.Sorted(slices.Values(values)))
			for row, v := range values {
				code := c.at(int32(row))
				if place, exact := c.place(gold.NewInt(v)); c.int(code) != v || !exact || place != code {
					t.Errorf("%d has code %d, which is %d's; its place is %d, %v", v, code, c.int(code), place, exact)
				}
			}
			if code := c.at(int32(len(values))); code != 0 {
				t.Errorf("null has code %d", code)
			}
			for i, v := range ordered[:len(ordered)-1] {
				if between := v + 1; between < ordered[i+1] {
					next, _ := c.place(gold.NewInt(ordered[i+1]))
					if place, exact := c.place(gold.NewInt(between)); exact && c.int(place) != between || !exact && place > next {
						t.Errorf("%d, between %d and %d, has place %d, %v", between, v, ordered[i+1], place, exact)
					}
				}
			}
		})
	}
}

// TestCancelledQuestionsEnd ends between blocks.
func TestCancelledQuestionsEnd(t *testing.T) {
	s := newStore(t)
	v := publish(t, s, version{sales(), id("a"), saleRows(2_000, 3), false}).Version("sales")
	e := newEager(t, s)
	e.hold(v)
	ctx, cancel := context.WithCancel(t.Context())
	sel := &selection{snapshot: e.reader.snapshot(v)}
	var taken atomic.Int64
	_, err := run(ctx, sel, func() (counting, error) {
		return func() {
			if taken.Add(1) == 2 {
				cancel()
			}
		}, nil
	})
	if n := taken.Load(); !errors.Is(err, context.Canceled) || n > 100 {
		t.Errorf("%v after %d chunks", err, n)
	}
}

// counting is a worker that is told of each chunk.
type counting func()

func (counting) wants(int) bool { return true }

func (c counting) take(chunk) error {
	c()
	return nil
}
