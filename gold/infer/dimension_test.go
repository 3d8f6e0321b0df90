package infer

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTheLayoutRanksWhatTellsFactsApart: no invoice number, no constant, no time of day, no UUID, and no text that is another
// for nearly each row; a product is, although its values look like those of an invoice.
func TestTheLayoutRanksWhatTellsFactsApart(t *testing.T) {
	type line struct {
		Line     int64     `parquet:"line"`
		Bill     string    `parquet:"bill"`
		At       time.Time `parquet:"sold_at,timestamp"`
		Product  string    `parquet:"product"`
		Shop     *string   `parquet:"shop"`
		Currency string    `parquet:"currency"`
		Only     *string   `parquet:"promotion"`
		Remark   string    `parquet:"remark"`
		Clock    string    `parquet:"clock"`
		Session  string    `parquet:"session"`
		Customer string    `parquet:"customer"`
		Amount   float64   `parquet:"amount"`
	}
	type customer struct {
		Customer string `parquet:"customer"`
		Segment  string `parquet:"segment"`
		Source   string `parquet:"source"`
		Title    string `parquet:"title"`
	}
	var lines []line
	promoted := "spring"
	for i := range 6000 {
		l := line{
			Line: int64(i), Bill: fmt.Sprintf("B%05d", i/6), At: time.Date(2024, 1, 1, 8, i/6*70, 0, 0, time.UTC), Product: fmt.Sprintf("P%05d", i*7919%400),
			Currency: "EUR", Remark: fmt.Sprintf("remark %d", i/2), Clock: fmt.Sprintf("%02d:%02d:00", i%24, i%60),
			Session: fmt.Sprintf("123e4567-e89b-12d3-a456-%012d", i%300), Customer: fmt.Sprintf("C%d", i%900), Amount: float64(i%50) + 0.25,
		}
		if shop := fmt.Sprintf("shop %d", i%7); i%7 > 0 {
			l.Shop = &shop
		}
		if i%3 == 0 {
			l.Only = &promoted
		}
		lines = append(lines, l)
	}
	var customers []customer
	for i := range 900 {
		customers = append(customers, customer{fmt.Sprintf("C%d", i), fmt.Sprintf("segment %d", i%40), "crm", fmt.Sprintf("title of %d", i)})
	}
	lake := t.TempDir()
	writeRows(t, lake, "lines", lines)
	writeRows(t, lake, "customers", customers)

	m := mustInfer(t, lake)
	folder := fstest.MapFS{}
	updated(t, m, folder)
	loaded := compiled(t, folder)
	layout := m.layout(&loaded.Model)
	if diff := cmp.Diff(layout, loaded.Dashboard); diff != "" {
		t.Errorf("the layout is another one once it is written and read: %s\n%s", diff, folder[LayoutFile].Data)
	}
	var filters, rankings []string
	for _, f := range layout.Filters {
		filters = append(filters, string(f.Type)+" "+f.Field)
	}
	for _, row := range layout.Rows {
		for _, w := range row.Widgets {
			if w.Group != "" {
				rankings = append(rankings, w.Group+" by "+w.Metric)
			}
		}
	}
	if want := []string{"period ", "search product", "choice shop", "search promotion", "search customer", "compare "}; !slices.Equal(filters, want) {
		t.Errorf("filters: got %q, want %q", filters, want)
	}
	if want := []string{"product by total_amount", "shop by total_amount", "promotion by total_amount", "customer by total_amount", "segment by total_amount", "title by total_amount"}; !slices.Equal(rankings, want) {
		t.Errorf("rankings: got %q, want %q", rankings, want)
	}
}

// TestRowsWithoutATimeSayNothingOfWhen: what names single events does so beside rows that have no time, and what is told apart by
// groups is, where only rows without a time have it.
func TestRowsWithoutATimeSayNothingOfWhen(t *testing.T) {
	type line struct {
		Line    int64      `parquet:"line"`
		Bill    string     `parquet:"bill"`
		Product string     `parquet:"product"`
		At      *time.Time `parquet:"sold_at,timestamp"`
		Amount  float64    `parquet:"amount"`
	}
	var lines []line
	for i := range 6000 {
		l := line{Line: int64(i), Bill: fmt.Sprintf("B%05d", i/6), Product: fmt.Sprintf("P%05d", i*7919%400), Amount: float64(i%50) + 0.25}
		if i%6 < 5 {
			l.At = new(time.Date(2024, 1, 1, 8, i/6*70, 0, 0, time.UTC))
		}
		lines = append(lines, l)
	}
	lake := t.TempDir()
	writeRows(t, lake, "lines", lines)
	d := mustInfer(t, lake).dataset("lines")
	if d.Field("bill").Dimension || !d.Field("product").Dimension {
		t.Errorf("bill tells facts apart: %t, product: %t", d.Field("bill").Dimension, d.Field("product").Dimension)
	}
}
