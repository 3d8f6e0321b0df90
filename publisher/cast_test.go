package publisher_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/sqlitestore"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

// priced is a sale as spreadsheets write it.
type priced struct {
	ID    int64  `parquet:"id"`
	Price string `parquet:"price"`
	Email string `parquet:"email"`
}

// TestValuesThatCastsMakeNullAreFindingsOfTheRelease: they are counted in the report and in the release, of personal data
// without the values, whether their rows are loaded or only checked again.
func TestValuesThatCastsMakeNullAreFindingsOfTheRelease(t *testing.T) {
	folder := t.TempDir()
	var rows []priced
	for i := range 1000 {
		row := priced{int64(i), fmt.Sprintf("%d,5", i), fmt.Sprint(i)}
		if i%100 == 99 {
			row.Price, row.Email = "on request", "none"
		}
		rows = append(rows, row)
	}
	if err := parquet.WriteFile(filepath.Join(folder, "sales.parquet"), rows, parquet.MaxRowsPerRowGroup(150)); err != nil {
		t.Fatal(err)
	}
	model := func(cast, rest string) *contract.Model {
		return modelOf(t, map[string]string{"sales": `    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: price, logicalType: number, customProperties: [{property: goldserve, value: {cast: {decimal: ",", ` + cast + `}}}]}
      - {name: email, logicalType: integer, classification: pii, customProperties: [{property: goldserve, value: {mask: clear, cast: {onError: null}}}]}
` + rest})
	}
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test", Workers: 3})
	publish := func(m *contract.Model) *publisher.Report {
		t.Helper()
		report, err := p.Publish(t.Context(), publisher.Request{Model: m, Lake: fixture.OpenLake(t, folder)})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}

	_, err = p.Publish(t.Context(), publisher.Request{Model: model("onError: error", ""), Lake: fixture.OpenLake(t, folder)})
	if e, ok := err.(*gold.Error); !ok || e.Code != gold.CodeValueType || e.Problems[0].File != "sales.parquet" || e.Problems[0].Field != "price" || e.Problems[0].Row%100 != 0 { //nolint:errorlint // it is returned as it is
		t.Errorf("without onError: %v", err)
	}

	finding := func(field, value string) gold.RuleResult {
		r := gold.RuleResult{Dataset: "sales", Rule: field + "_cast", Severity: gold.SeverityWarning, Failing: 10}
		for i := range 5 {
			r.Examples = append(r.Examples, fmt.Sprintf("sales.parquet row %d%s became null", 100*(i+1), value))
		}
		return r
	}
	want := []gold.RuleResult{finding("email", ""), finding("price", `: "on request"`)}
	lenient := model("onError: null", "")
	checked, err := p.Check(t.Context(), publisher.Request{Model: lenient, Lake: fixture.OpenLake(t, folder)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, checked.Results[:len(want)]); diff != "" {
		t.Errorf("check: -want +got:\n%s", diff)
	}
	first := publish(lenient)
	for of, results := range map[string][]gold.RuleResult{"report": first.Quality, "release": first.Release.Quality} {
		if diff := cmp.Diff(want, results); diff != "" {
			t.Errorf("%s: -want +got:\n%s", of, diff)
		}
	}
	rule := "    quality:\n      - {metric: rowCount, mustBe: 1000}\n"
	again := publish(model("onError: null", rule))
	if again.Rows != 0 || again.Release.Number != 2 {
		t.Errorf("another rule loads %d rows for release %d", again.Rows, again.Release.Number)
	}
	if diff := cmp.Diff(want, again.Release.Quality[:len(want)]); diff != "" {
		t.Errorf("checked again: -want +got:\n%s", diff)
	}
	other := publish(model("onError: null, null: [on request]", rule))
	if other.Rows != 1000 {
		t.Errorf("another cast loads %d rows", other.Rows)
	}
	if diff := cmp.Diff(want[:1], other.Release.Quality[:1]); diff != "" || len(other.Release.Quality) != 2 {
		t.Errorf("with the word for null: %v\n%s", other.Release.Quality, diff)
	}
}
