package gold_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// TestSelectAnswersAsTheOracleDoes asks rows in memory random questions.
func TestSelectAnswersAsTheOracleDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 3))
	v := &gold.Version{ID: "v", Dataset: gold.Dataset{Name: "d", Key: []string{"id"}, Fields: []gold.Field{
		{Name: "id", Kind: gold.Int}, {Name: "n", Kind: gold.Int, Nullable: true}, {Name: "x", Kind: gold.Double, Nullable: true}, {Name: "t", Kind: gold.Text, Nullable: true},
	}}}
	value := func(field int) gold.Value {
		switch n := r.IntN(8); {
		case n == 0 && field > 0:
			return gold.Value{}
		case field == 2:
			return gold.NewDouble(float64(n-4) / 2)
		case field == 3:
			return gold.NewText([]string{"", "a", "A", "ab", "É", "é", "Straße", "b"}[n])
		default:
			return gold.NewInt(int64(n - 3))
		}
	}
	for range 400 {
		all := gold.NewBatch(v.Dataset.Fields, 30)
		table := storetest.Table{Version: v}
		for id := range r.IntN(30) {
			row := []gold.Value{gold.NewInt(int64(id)), value(1), value(2), value(3)}
			table.Rows = append(table.Rows, row)
			all.AppendRow(row...)
		}
		q := gold.Query{Version: v, Limit: int64(r.IntN(3) * r.IntN(10))}
		for range r.IntN(5) {
			field := r.IntN(4)
			p := gold.Predicate{Field: v.Dataset.Fields[field].Name, Op: gold.Op(r.IntN(len(gold.Operators())))}
			if !p.Op.Row().Takes(v.Dataset.Fields[field].Kind) {
				continue
			}
			for n := map[gold.Arity]int{gold.OneValue: 1, gold.AnyValues: r.IntN(4)}[p.Op.Row().Arity]; n > 0; n-- {
				p.Values = append(p.Values, value(field))
			}
			q.Where = append(q.Where, p)
			if n := len(q.Where); n > 1 && r.IntN(3) == 0 {
				q.Where = append(gold.AnyOf(q.Where[:n/2], q.Where[n/2:]), q.Where[:r.IntN(2)]...)
			}
			if r.IntN(4) == 0 {
				q.Where = gold.Not(q.Where)
			}
		}
		for _, field := range r.Perm(4)[:r.IntN(5)] {
			q.Sort = append(q.Sort, gold.Sort{Field: v.Dataset.Fields[field].Name, Desc: r.IntN(2) == 0})
			q.After = append(q.After, value(field))
		}
		if len(q.Sort) == 0 || r.IntN(2) == 0 {
			q.After = nil
		}
		if r.IntN(2) == 0 {
			q.Fields = []string{"t", "id"}
		}
		want, err := storetest.SelectRows(q, table)
		if err != nil {
			t.Fatal(err)
		}
		b, err := gold.Select(q, all)
		if err != nil {
			t.Fatal(err)
		}
		got := [][]gold.Value{}
		for i := range b.Rows {
			got = append(got, b.Row(i, nil))
		}
		if len(got)+len(want) > 0 && !cmp.Equal(want, got, cmp.Comparer(func(a, b gold.Value) bool { return a == b })) {
			t.Fatalf("%+v: got %v, expected %v", q, got, want)
		}
	}
	for _, q := range []gold.Query{
		{Version: v, Fields: []string{"id"}, Sort: []gold.Sort{{Field: "y"}}},
		{Version: v, Where: []gold.Predicate{{Field: "y", Op: gold.IsNull}}},
		{Version: v, Where: []gold.Predicate{{Field: "id", Op: gold.Eq}}},
		{Version: v, Where: []gold.Predicate{{Field: "id", Op: gold.IsNull, Join: &gold.Join{Version: v, On: "n", Key: "id"}}}},
	} {
		if _, err := gold.Select(q, gold.NewBatch(v.Dataset.Fields, 0)); gold.KindOf(err) != gold.Internal || err == nil {
			t.Errorf("%+v: %v", q, err)
		}
	}
}
