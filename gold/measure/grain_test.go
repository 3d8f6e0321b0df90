package measure

import (
	"testing"
	"time"

	"goldserve/gold"
)

func TestGrains(t *testing.T) {
	for _, tt := range []struct {
		at                     string
		day, week, month, year string
	}{
		{"2011-12-08T12:12:00Z", "2011-12-08", "2011-12-05", "2011-12", "2011"},
		{"2011-12-05T00:00:00Z", "2011-12-05", "2011-12-05", "2011-12", "2011"},
		{"2011-12-04T23:59:59.999Z", "2011-12-04", "2011-11-28", "2011-12", "2011"},
		{"1970-01-01T00:00:00Z", "1970-01-01", "1969-12-29", "1970-01", "1970"},
		{"1969-12-31T23:59:59.999Z", "1969-12-31", "1969-12-29", "1969-12", "1969"},
		{"1900-02-28T23:00:00Z", "1900-02-28", "1900-02-26", "1900-02", "1900"},
		{"2000-02-29T00:00:00Z", "2000-02-29", "2000-02-28", "2000-02", "2000"},
		{"2021-01-03T00:00:00Z", "2021-01-03", "2020-12-28", "2021-01", "2021"},
		{"0001-01-01T00:00:00Z", "0001-01-01", "0001-01-01", "0001-01", "0001"},
		{"9999-12-31T23:59:59.999Z", "9999-12-31", "9999-12-27", "9999-12", "9999"},
	} {
		v, err := gold.ParseValue(gold.Time, 0, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		days := gold.DayOf(v.Int())
		for g, want := range map[gold.Grain]string{gold.Day: tt.day, gold.Week: tt.week, gold.Month: tt.month, gold.Year: tt.year} {
			times, dates := PeriodsOf(gold.Time, gold.Group{Grain: g}), PeriodsOf(gold.Date, gold.Group{Grain: g})
			if got := times.Value(times.Key(v.Int())).Text(); got != want {
				t.Errorf("%s by %s: got %s, want %s", tt.at, g, got, want)
			}
			if got := dates.Value(dates.Key(days)).Text(); got != want {
				t.Errorf("the day of %s by %s: got %s, want %s", tt.at, g, got, want)
			}
		}
	}
}

// TestPeriodsTileTheCalendar walks the days of the first, the last and the usual years and holds what a period is.
func TestPeriodsTileTheCalendar(t *testing.T) {
	for _, years := range [][2]int{{1, 9}, {1890, 2110}, {9990, 9999}} {
		newYear := func(year int) int64 {
			return gold.DayOf(time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC).UnixMilli())
		}
		first, last := newYear(years[0]), newYear(years[1]+1)-1
		for _, g := range []gold.Grain{gold.Day, gold.Week, gold.Month, gold.Year} {
			p := PeriodsOf(gold.Date, gold.Group{Grain: g})
			start, end := p.Of(first)
			for day := first; day <= last; day++ {
				if day == end {
					start = end
					_, end = p.Of(day)
				}
				if s, e := p.Of(day); s != start || e != end || day < s || day >= e {
					t.Fatalf("%s of day %d: %d to %d, want %d to %d", g, day, s, e, start, end)
				}
			}
			begins := gold.Midnight(start)
			if g == gold.Week && begins.Weekday() != time.Monday || g == gold.Month && begins.Day() != 1 || g == gold.Year && begins.YearDay() != 1 {
				t.Errorf("%s starts on %s", g, begins)
			}
		}
	}
}

func TestBins(t *testing.T) {
	edges := []float64{0, 5, 10, 0.5e21}
	for _, tt := range []struct {
		v    float64
		want string
	}{
		{-1, "<0"},
		{0, "[0,5)"},
		{4.999, "[0,5)"},
		{5, "[5,10)"},
		{10, "[10,500000000000000000000)"},
		{1e21, ">=500000000000000000000"},
		{-1e300, "<0"},
	} {
		if got := BinLabel(edges, false, BinIndex(edges, tt.v)); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.v, got, tt.want)
		}
	}
	one := []float64{2.5}
	if below, above := BinLabel(one, false, BinIndex(one, 2)), BinLabel(one, false, BinIndex(one, 2.5)); below != "<2.5" || above != ">=2.5" {
		t.Errorf("one edge: got %s and %s", below, above)
	}
}
