package columnar

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"goldserve/gold"
)

// TestTheCodesOfDoublesAreInTheirOrder holds the codes of all pairs of doubles against the doubles themselves.
func TestTheCodesOfDoublesAreInTheirOrder(t *testing.T) {
	minusZero := math.Copysign(0, -1)
	values := []float64{
		0, minusZero, 1, -1, 0.1, -0.1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64,
		2.2250738585072014e-308, -2.2250738585072014e-308, 2.225073858507201e-308, math.Inf(1), math.Inf(-1), 1e300, -1e300,
	}
	random := rand.New(rand.NewPCG(7, 7))
	for len(values) < 300 {
		if v := math.Float64frombits(random.Uint64()); v == v {
			values = append(values, v, -v)
		}
	}
	for _, a := range values {
		if key := keyOf(a); key == 0 || doubleOf(key) != a || math.Signbit(doubleOf(key)) != (a < 0) {
			t.Errorf("%v has code %#x, which is %v's", a, key, doubleOf(key))
		}
		if next := math.Nextafter(a, math.Inf(1)); keyOf(next) != keyOf(a)+1 && !math.IsInf(a, 1) {
			t.Errorf("%v has code %#x, the next double %v %#x", a, keyOf(a), next, keyOf(next))
		}
		for _, b := range values {
			if got, want := cmp.Compare(keyOf(a), keyOf(b)), cmp.Compare(a, b); got != want {
				t.Errorf("the codes of %v and %v compare as %d, expected %d", a, b, got, want)
			}
		}
	}
}

// TestBoundsAroundZero asks columns of every kind, whose values lie on both sides of their zero within each block, with
// each comparison and bounds at zero and beside it. The values are compared by gold.Compare, which knows no codes.
func TestBoundsAroundZero(t *testing.T) {
	columns := map[gold.Kind][]gold.Value{
		gold.Bool: {gold.NewBool(false), gold.NewBool(true)},
		gold.Double: {
			gold.NewDouble(-5), gold.NewDouble(0), gold.NewDouble(7), gold.NewDouble(-math.SmallestNonzeroFloat64), gold.NewDouble(math.SmallestNonzeroFloat64),
			gold.NewDouble(math.MaxFloat64), gold.NewDouble(-math.MaxFloat64), gold.NewDouble(math.Inf(1)), gold.NewDouble(math.Inf(-1)),
		},
		gold.Text: {gold.NewText(""), gold.NewText("\u0001"), gold.NewText(" "), gold.NewText("a")},
	}
	for kind, least := range map[gold.Kind]int64{gold.Int: math.MinInt64, gold.Decimal: -999_999_999_999_999_999, gold.Date: gold.MinDate, gold.Time: gold.MinTime} {
		most := map[gold.Kind]int64{gold.Int: math.MaxInt64, gold.Decimal: 999_999_999_999_999_999, gold.Date: gold.MaxDate, gold.Time: gold.MaxTime}[kind]
		for _, n := range []int64{-5, -1, 0, 1, 7, least, most} {
			columns[kind] = append(columns[kind], gold.NewIntegral(kind, n))
		}
	}
	for kind, values := range columns {
		for _, nulls := range []bool{false, true} {
			c, all := columnOf(kind, values, nulls)
			// Bounds are in no row where the column lacks them.
			for _, missing := range append([]gold.Value{{}}, values...) {
				if !missing.IsNull() {
					var some []gold.Value
					for _, v := range values {
						if v != missing {
							some = append(some, v)
						}
					}
					c, all = columnOf(kind, some, nulls)
				}
				for _, bound := range values {
					for _, op := range []gold.Op{gold.Eq, gold.Ne, gold.Lt, gold.Lte, gold.Gt, gold.Gte} {
						p := gold.Predicate{Field: "x", Op: op, Values: []gold.Value{bound}}
						if got, want := chosen(t, &c, p), holding(p, all); fmt.Sprint(got) != fmt.Sprint(want) {
							t.Errorf("%s %s %s of %v: rows %v, expected %v", kind, op, bound, all, got, want)
						}
					}
				}
			}
		}
	}
}

// columnOf returns a column of these values three times over, with its values.
func columnOf(kind gold.Kind, values []gold.Value, nulls bool) (column, []gold.Value) {
	field := gold.Field{Name: "x", Kind: kind, Nullable: true}
	b := gold.NewBatch([]gold.Field{field}, 64)
	var all []gold.Value
	for range 3 {
		all = append(all, values...)
		if nulls {
			all = append(all, gold.Value{})
		}
	}
	for _, v := range all {
		b.AppendRow(v)
	}
	s := newBuilder(field, false, len(all))
	s.add(&b.Columns[0])
	return s.column(grid{block: 16, chunk: 5, indexed: 3}), all
}

// chosen returns the rows that a predicate's condition holds for: by both ways to pick them, which have to agree.
func chosen(t *testing.T, c *column, p gold.Predicate) []int32 {
	t.Helper()
	condition, ok := newCondition(c, p)
	if !ok {
		t.Fatalf("%v is left to the store", p)
	}
	n := int32(c.len())
	rows := make([]int32, 0, n)
	for row := range n {
		rows = append(rows, row)
	}
	picked, kept := condition.pick(0, n, nil), condition.keep(rows)
	if fmt.Sprint(picked) != fmt.Sprint(kept) {
		t.Errorf("%v: %v were picked, %v kept", p, picked, kept)
	}
	return picked
}

func holding(p gold.Predicate, values []gold.Value) []int32 {
	var rows []int32
	for row, v := range values {
		if p.Holds(v) {
			rows = append(rows, int32(row))
		}
	}
	return rows
}
