package measure

import (
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

func TestTotalsThatAreContinuedAreThoseOfAllRows(t *testing.T) {
	fields := append(slices.Clone(testFields), gold.Field{Name: "big", Kind: gold.WideDecimal, Precision: 38, Scale: 2, Nullable: true})
	var measures []gold.Measure
	for _, f := range fields {
		for _, m := range []gold.Func{gold.Sum, gold.Avg, gold.Min, gold.Max} {
			measure := gold.Measure{Func: m, Field: f.Name}
			if CheckMeasure(fields, measure) == nil {
				measures = append(measures, measure, gold.Measure{Func: m, Field: f.Name, Where: "n > 0"})
			}
		}
	}
	measures = append(measures, gold.Measure{Func: gold.Count}, gold.Measure{Func: gold.Count, Where: "text = 'a'"})
	r := rand.New(rand.NewPCG(7, 8))
	for range 60 {
		total := r.IntN(60)
		rows := make([][]gold.Value, total)
		for i := range rows {
			row := append(randomRow(r, i), gold.NewWideDecimal(gold.Int128{High: r.Int64N(1<<20) - 1<<19, Low: r.Uint64()}))
			if r.IntN(10) == 0 {
				row[2] = gold.NewDouble([]float64{1e300, -1e300, math.SmallestNonzeroFloat64, 1e-200}[r.IntN(4)])
			}
			rows[i] = row
		}
		whole := totalsOf(t, fields, measures, rows)
		var resumed *Totals
		for at := 0; ; {
			n := min(total-at, r.IntN(20))
			part := totalsOf(t, fields, measures, rows[at:at+n])
			if resumed != nil {
				if err := part.Merge(resumed); err != nil {
					t.Fatal(err)
				}
			}
			if at += n; at == total {
				want, got := kept(t, whole), kept(t, part)
				if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b gold.Value) bool { return a == b })); diff != "" {
					t.Fatalf("%d rows (-whole +continued):\n%s", total, diff)
				}
				break
			}
			k := kept(t, part)
			var err error
			if resumed, err = Resume(fields, measures, 0, k.Values, k.Sums); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestTotalsAreNotContinuedFromWhatIsNotKnown(t *testing.T) {
	measures := []gold.Measure{{Func: gold.Sum, Field: "x"}, {Func: gold.Max, Field: "n"}}
	totals := totalsOf(t, testFields, measures, [][]gold.Value{randomRow(rand.New(rand.NewPCG(1, 1)), 1)})
	k := kept(t, totals)
	for name, change := range map[string]func(k *keptTotals){
		"a missing sum":   func(k *keptTotals) { delete(k.Sums, "sum(x)") },
		"a missing value": func(k *keptTotals) { delete(k.Values, "max(n)") },
		"half a sum":      func(k *keptTotals) { k.Sums["sum(x)"] = "0 0" },
		"another sum":     func(k *keptTotals) { k.Sums["sum(x)"] = "0 0 -" },
	} {
		changed := keptTotals{maps.Clone(k.Values), maps.Clone(k.Sums)}
		change(&changed)
		if _, err := Resume(testFields, measures, 0, changed.Values, changed.Sums); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
	if _, err := Resume(testFields, []gold.Measure{{Func: gold.Median, Field: "x"}}, 0, nil, nil); err == nil {
		t.Error("a median was continued")
	}
}

// keptTotals are what a seal keeps of totals.
type keptTotals struct {
	Values map[string]gold.Value
	Sums   map[string]string
}

// kept returns what a seal keeps of totals, as it is read again.
func kept(t *testing.T, totals *Totals) keptTotals {
	t.Helper()
	values, err := totals.Values()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(keptTotals{values, totals.Sums()})
	if err != nil {
		t.Fatal(err)
	}
	var k keptTotals
	if err := json.Unmarshal(text, &k); err != nil {
		t.Fatal(err)
	}
	return k
}

func totalsOf(t *testing.T, fields []gold.Field, measures []gold.Measure, rows [][]gold.Value) *Totals {
	t.Helper()
	totals, err := NewTotals(fields, measures, 0)
	if err == nil {
		err = totals.Add(batchOf(fields, rows))
	}
	if err != nil {
		t.Fatal(err)
	}
	return totals
}
