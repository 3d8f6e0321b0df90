package publisher_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/sqlitestore"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

// TestASumOfDecimalsIsDeclaredWithTheDigitsItHas: eleven times the largest of 18 digits doesn't fit the 18 of a derived field,
// which can have more.
func TestASumOfDecimalsIsDeclaredWithTheDigitsItHas(t *testing.T) {
	type sale struct {
		ID     int64  `parquet:"id"`
		Town   string `parquet:"town"`
		Amount int64  `parquet:"amount,decimal(2:18)"`
	}
	var rows []sale
	for i := range 13 {
		town := "Lille"
		if i < 2 {
			town = "Arras"
		}
		rows = append(rows, sale{int64(i), town, 999_999_999_999_999_999})
	}
	folder := t.TempDir()
	if err := parquet.WriteFile(filepath.Join(folder, "sales.parquet"), rows); err != nil {
		t.Fatal(err)
	}
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	publish := func(total string) (*publisher.Report, error) {
		return p.Publish(t.Context(), publisher.Request{Lake: fixture.OpenLake(t, folder), Model: modelOf(t, map[string]string{
			"sales": `    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: town, logicalType: string, required: true}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(18,2)", required: true}
`,
			"towns": `    properties:
      - {name: town, logicalType: string, required: true, primaryKey: true}
      - {name: total, logicalType: number, physicalType: "` + total + `", required: true}
    customProperties:
      - {property: goldserve, value: {derive: {from: sales, group: [town], measures: {total: sum(amount)}}}}
`,
		})})
	}
	const told = "total is 109999999999999999.89 in row 2, which has more than 18 digits: declare total as DECIMAL(38,2)"
	if _, err := publish("DECIMAL(18,2)"); err == nil || !strings.Contains(err.Error(), told) {
		t.Errorf("got %v, want %s", err, told)
	}
	report, err := publish("DECIMAL(30,2)")
	if err != nil {
		t.Fatal(err)
	}
	v := report.Release.Version("towns")
	read, err := store.Rows(context.Background(), gold.Query{Version: v, Sort: v.Dataset.TotalSort(nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = read.Close() }()
	b, err := read.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"Arras 19999999999999999.98", "Lille 109999999999999999.89"} {
		if got := b.Columns[0].Value(i).Text() + " " + b.Columns[1].Value(i).Format(2); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
