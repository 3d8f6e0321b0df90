package bench_test

import (
	"os"
	"path/filepath"
	"testing"

	"goldserve/bench"
	"goldserve/gold/storetest"
)

func TestOutcomesOfTheSameRawFilesDifferInNothing(t *testing.T) {
	shared := filepath.Join(storetest.Shared(t), "data")
	read := func(lake string) bench.Outcome {
		t.Helper()
		o, err := bench.ReadOutcome(lake)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	sample := read(filepath.Join(shared, "sample"))
	if sample.RowsIn() != 1504+22869 || sample.Difference(sample) != "" {
		t.Errorf("%d raw rows, difference from itself %q; want %d and none", sample.RowsIn(), sample.Difference(sample), 1504+22869)
	}
	write := func(report string) bench.Outcome {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "silver_report.json"), []byte(report), 0o600); err != nil {
			t.Fatal(err)
		}
		return read(dir)
	}
	one := write(`{"achats": {"rows_in": 9, "dropped": {"bad_date": 2}, "rows_out": 7}, "gold_rows": {"ca": 3}}`)
	for want, other := range map[string]string{
		"achats: 9 raw rows against 8":                  `{"achats": {"rows_in": 8, "dropped": {"bad_date": 1}, "rows_out": 7}, "gold_rows": {"ca": 3}}`,
		"achats: 2 rows dropped for bad_date against 1": `{"achats": {"rows_in": 9, "dropped": {"bad_date": 1, "orphan": 1}, "rows_out": 7}, "gold_rows": {"ca": 3}}`,
		"achats: 0 rows dropped for orphan against 1":   `{"achats": {"rows_in": 9, "dropped": {"bad_date": 2, "orphan": 1}, "rows_out": 7}, "gold_rows": {"ca": 3}}`,
		"gold.ca: 3 rows against 4":                     `{"achats": {"rows_in": 9, "dropped": {"bad_date": 2}, "rows_out": 7}, "gold_rows": {"ca": 4}}`,
		"gold.more: 0 rows against 1":                   `{"achats": {"rows_in": 9, "dropped": {"bad_date": 2}, "rows_out": 7}, "gold_rows": {"ca": 3, "more": 1}}`,
		"clients: 0 raw rows against 5":                 `{"clients": {"rows_in": 5}, "achats": {"rows_in": 9, "dropped": {"bad_date": 2}, "rows_out": 7}, "gold_rows": {"ca": 3}}`,
	} {
		if got := one.Difference(write(other)); got != want {
			t.Errorf("difference %q, want %q", got, want)
		}
	}
}
