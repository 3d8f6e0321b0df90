package gold_test

import (
	"testing"

	"goldserve/gold"
)

func TestNumberOfASlice(t *testing.T) {
	for path, want := range map[string]int64{
		"month_000/users.csv": 0, "in/month_012/users.csv": 12, "month_7.parquet": 7, "month_7.2.csv": 7,
		"month_/users.csv": -1, "xmonth_1/users.csv": -1, "month_1x/users.csv": -1, "month_-1/users.csv": -1, "month_1234567890/a.csv": -1, "users.csv": -1,
	} {
		got, ok := (&gold.RawSlice{Name: "month_{n}"}).Number(path)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%s: %d, %v", path, got, ok)
		}
	}
	if got := (&gold.RawSlice{Name: "month_{n}"}).In(7); got != "month_007" {
		t.Error(got)
	}
}

func TestMonthEnd(t *testing.T) {
	for _, want := range []struct {
		first string
		n     int64
		end   string
	}{
		{"2024-01-01", 0, "2024-01-31"}, {"2024-01-31", 1, "2024-02-29"}, {"2023-04-15", 11, "2024-03-31"}, {"2023-12-01", 2, "2024-02-29"}, {"2022-12-01", 2, "2023-02-28"},
	} {
		if got, err := gold.MonthEnd(want.first, want.n); err != nil || got != want.end {
			t.Errorf("%s and %d months: %s %v", want.first, want.n, got, err)
		}
	}
	for date, n := range map[string]int64{"9999-11-01": 2, "2024-01-01": 999_999_999, "2024-13-01": 0} {
		if got, err := gold.MonthEnd(date, n); err == nil {
			t.Errorf("%s and %d months: %s", date, n, got)
		}
	}
}
