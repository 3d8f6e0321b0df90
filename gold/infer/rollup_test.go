package infer

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"goldserve/gold"
)

func TestAggregatesOfTheShippedFactsAreFound(t *testing.T) {
	m, want := mustInfer(t, sample), shipped(t)
	found := 0
	for _, d := range want.Datasets {
		if d.Rollup == nil || d.Derive != nil {
			continue
		}
		got := m.dataset(d.Name).Rollup
		if got == nil || got.Of != d.Rollup.Of || fmt.Sprint(got.Group, got.Measures) != fmt.Sprint(d.Rollup.Group, d.Rollup.Measures) {
			t.Errorf("%s is %+v, and people wrote %+v", d.Name, got, d.Rollup)
		}
		found++
	}
	if found < 5 || m.dataset("client_scores").Rollup != nil {
		t.Errorf("%d rollups, client_scores %+v", found, m.dataset("client_scores").Rollup)
	}
}

func TestARollupIsWrittenOnlyIfAllItsRowsAreEqual(t *testing.T) {
	type line struct {
		ID     int64     `parquet:"line_id"`
		At     time.Time `parquet:"at,timestamp(millisecond)"`
		Shop   string    `parquet:"shop"`
		Amount float64   `parquet:"amount"`
		Pieces int64     `parquet:"pieces"`
	}
	type month struct {
		Month  string  `parquet:"month"`
		Amount float64 `parquet:"amount"`
		Lines  int64   `parquet:"lines"`
		Shops  int64   `parquet:"shops"`
		Most   int64   `parquet:"most_pieces"`
		Mean   float64 `parquet:"avg_amount"`
	}
	var lines []line
	months := map[string]*month{}
	shops := map[string]map[string]bool{}
	for i := range 90 {
		l := line{int64(i), time.Date(2024, 1, 1+i, 5, 0, 0, 0, time.UTC), string(rune('a' + i*i%7)), float64(i%13) / 10 * 3, int64(i % 5)}
		lines = append(lines, l)
		key := l.At.Format("2006-01")
		if months[key] == nil {
			months[key], shops[key] = &month{Month: key}, map[string]bool{}
		}
		o := months[key]
		o.Amount, o.Lines, o.Most, shops[key][l.Shop] = o.Amount+l.Amount, o.Lines+1, max(o.Most, l.Pieces), true
	}
	var right []month
	for key, o := range months {
		o.Shops, o.Mean = int64(len(shops[key])), o.Amount/float64(o.Lines)
		right = append(right, *o)
	}
	wrong := append([]month(nil), right...)
	wrong[1].Amount += 0.01
	folder := t.TempDir()
	writeRows(t, folder, "lines", lines)
	writeRows(t, folder, "by_month", right)
	writeRows(t, folder, "differs", wrong)
	writeRows(t, folder, "lacks_one", right[1:])
	m := mustInfer(t, folder)
	for _, name := range []string{"differs", "lacks_one"} {
		if r := m.dataset(name).Rollup; r != nil {
			t.Errorf("%s is a rollup: %+v", name, r)
		}
	}
	written := fstest.MapFS{}
	updated(t, m, written)
	got := compiled(t, written).Dataset("by_month").Rollup
	want := &gold.Rollup{Of: "lines", Group: []gold.Group{{Field: "at", Grain: gold.Month, As: "month"}}, Measures: []gold.Measure{
		{Func: gold.Sum, Field: "amount", As: "amount"},
		{Func: gold.Count, As: "lines"},
		{Func: gold.CountDistinct, Field: "shop", As: "shops"},
		{Func: gold.Max, Field: "pieces", As: "most_pieces"},
		{Func: gold.Avg, Field: "amount", As: "avg_amount"},
	}}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("rollup %+v\nwant   %+v", got, want)
	}
}
