package storetest

import (
	"slices"
	"sync"
	"testing"

	"goldserve/gold"
)

// keyless checks that a dataset without a key keeps each of its rows, equal ones too, in the order of the positions that
// they were given, whatever the order of loading, and that nothing but a query that names the position shows it.
func keyless(t *testing.T, h Harness) {
	s := fresh(t, h)
	tb := newTable("lines", []gold.Field{{Name: "invoice", Kind: gold.Text}, {Name: "rowid", Kind: gold.Int, Nullable: true}, {Name: "x", Kind: gold.Double, Nullable: true}}, 0)
	for i := range 3_000 {
		tb.rows = append(tb.rows, row("I"+string(rune('a'+i%5)), i%3, nil))
	}
	tb.number()
	tb.Indexes = []gold.Index{{{Field: "invoice"}}}
	l := acquire(t, s, model)
	loader := open(t, s, l, tb)
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			parts := slices.Collect(slices.Chunk(tb.rows, 101))
			slices.Reverse(parts)
			for i := w; i < len(parts); i += 3 {
				if err := loader.Append(t.Context(), batch(tb.Stored(), parts[i])); err != nil {
					t.Errorf("append part %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	r := &gold.Release{Model: model, AsOf: instant("2011-12-09"), Facts: "lines", Versions: []gold.Version{seal(t, loader, tb)}}
	if r = makeCurrent(t, s, l, r); r.Requires != 3 {
		t.Errorf("the release requires %d of a reader, expected 3: older ones know no rows without a key", r.Requires)
	}
	giveBack(t, s, l)
	v := resolve(t, s.again(t), gold.Selector{Model: model}).Version("lines")
	if v.Dataset.Key == nil || len(v.Dataset.Key) > 0 {
		t.Errorf("the key is %#v, expected none", v.Dataset.Key)
	}
	wantRows(t, "every row in its order", selectRows(t, s, everything(v)), tb.rows)
	shown := gold.Query{Version: v, Sort: tb.TotalSort([]gold.Sort{{Field: "invoice", Desc: true}}), Limit: 2}
	wantRows(t, describe(shown), selectRows(t, s, shown), [][]gold.Value{row("Ie", 1, nil), row("Ie", 0, nil)})
	alone := gold.Query{Version: v, Fields: []string{gold.PositionField}, Where: []gold.Predicate{is("invoice", gold.Eq, "Ib")}, Sort: tb.TotalSort(nil), Limit: 2}
	wantRows(t, describe(alone), selectRows(t, s, alone), [][]gold.Value{row(1), row(6)})
	count := gold.Aggregation{Version: v, Group: []gold.Group{{Field: "invoice"}}, Measures: []gold.Measure{{Func: gold.Count}, {Func: gold.Median, Field: "rowid"}}, Limit: 1}
	wantRows(t, describeAggregation(count), aggregate(t, s, count), [][]gold.Value{row("Ia", 600, 1.0)})
	empty := newTable("none", tb.Fields, 0)
	publish(t, s, instant("2011-12-10"), empty)
	wantTable(t, s, empty)
}
