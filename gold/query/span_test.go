package query

import (
	"testing"
	"time"

	"goldserve/gold"
)

// usual is the clock of a model without a calendar of its own.
var usual = clockOf(gold.Calendar{})

// wholeDays reads a span of whole days.
func wholeDays(t *testing.T, from, to string) Span {
	t.Helper()
	first, err := time.Parse(time.DateOnly, from)
	if err != nil {
		t.Fatal(err)
	}
	last, err := time.Parse(time.DateOnly, to)
	if err != nil {
		t.Fatal(err)
	}
	return Span{first.UnixMilli(), last.AddDate(0, 0, 1).UnixMilli() - 1}
}

// String writes a span of whole days by its days, any other by its instants.
func (s Span) String() string {
	text := func(at int64) string {
		if usual.midnight(s.First) && usual.midnight(s.Last+1) {
			return gold.NewTime(at).Time().Format(time.DateOnly)
		}
		return string(gold.AppendTime(nil, at))
	}
	return text(s.First) + " to " + text(s.Last)
}

// instantOf reads an instant, or a day: its start.
func instantOf(t *testing.T, text string) int64 {
	t.Helper()
	if p, ok := gold.ParsePeriod(text); ok {
		return usual.days(p.First, p.Last).First
	}
	v, err := gold.ParseValue(gold.Time, 0, text)
	if err != nil {
		t.Fatal(err)
	}
	return v.Int()
}

// TestAPartialPeriodIsCutAtTheInstantThatTheDataEnd has spans that pandas and a calendar give, with data that end within
// a day.
func TestAPartialPeriodIsCutAtTheInstantThatTheDataEnd(t *testing.T) {
	for _, c := range []struct {
		what, data, from, to string // to "": open
		compare              string
		now, before          string
	}{
		{"the month that the data end in", "2011-12-09T12:50:00Z", "2011-12-01", "2011-12-31", "previous", "2011-12-01T00:00:00Z to 2011-12-09T12:50:00Z", "2011-11-01T00:00:00Z to 2011-11-09T12:50:00Z"},
		{"to the data's end", "2011-12-09T12:50:00Z", "2011-12-01", "", "previous", "2011-12-01T00:00:00Z to 2011-12-09T12:50:00Z", "2011-11-01T00:00:00Z to 2011-11-09T12:50:00Z"},
		{"of a year ago", "2011-12-09T12:50:00Z", "2011-12-01", "", "year", "2011-12-01T00:00:00Z to 2011-12-09T12:50:00Z", "2010-12-01T00:00:00Z to 2010-12-09T12:50:00Z"},
		{"days to the data's end", "2011-12-09T12:50:00Z", "2011-12-05", "", "previous", "2011-12-05T00:00:00Z to 2011-12-09T12:50:00Z", "2011-11-30T00:00:00Z to 2011-12-04T12:50:00Z"},
		{"the data's last day", "2011-12-09T12:50:00Z", "2011-12-09", "2011-12-09", "previous", "2011-12-09T00:00:00Z to 2011-12-09T12:50:00Z", "2011-12-08T00:00:00Z to 2011-12-08T12:50:00Z"},
		{"before the data's end", "2011-12-09T12:50:00Z", "2011-12-07", "2011-12-08", "previous", "2011-12-07 to 2011-12-08", "2011-12-05 to 2011-12-06"},
		{"a month whose last day has data", "2011-11-30T17:37:00Z", "2011-11-01", "2011-11-30", "previous", "2011-11-01 to 2011-11-30", "2011-10-01 to 2011-10-31"},
		{"a week whose last day has data", "2011-12-11T10:00:00Z", "2011-12-05", "2011-12-11", "previous", "2011-12-05 to 2011-12-11", "2011-11-28 to 2011-12-04"},
		{"from a time of the day on", "2011-12-09T12:50:00Z", "2011-12-09T06:50:00Z", "", "previous", "2011-12-09T06:50:00Z to 2011-12-09T12:50:00Z", "2011-12-09T00:49:59.999Z to 2011-12-09T06:49:59.999Z"},
		{"a month with days that the one before lacks", "2011-03-30T12:00:00Z", "2011-03-01", "", "previous", "2011-03-01T00:00:00Z to 2011-03-30T12:00:00Z", "2011-02-01T00:00:00Z to 2011-02-28T12:00:00Z"},
		{"the year of a leap day", "2012-02-29T08:00:00Z", "2012-01-01", "2012-12-31", "previous", "2012-01-01T00:00:00Z to 2012-02-29T08:00:00Z", "2011-01-01T00:00:00Z to 2011-02-28T08:00:00Z"},
		{"a leap day", "2024-03-02T00:00:00Z", "2024-02-29", "2024-02-29", "year", "2024-02-29 to 2024-02-29", "2023-02-28 to 2023-02-28"},
		{"a leap day and the day before", "2024-03-02T00:00:00Z", "2024-02-28", "2024-02-29", "year", "2024-02-28 to 2024-02-29", "2023-02-27 to 2023-02-28"},
		{"a leap day and the day after", "2024-03-02T00:00:00Z", "2024-02-29", "2024-03-01", "year", "2024-02-29 to 2024-03-01", "2023-02-28 to 2023-03-01"},
		{"days around a leap day", "2024-12-31T00:00:00Z", "2024-02-20", "2024-03-10", "year", "2024-02-20 to 2024-03-10", "2023-02-19 to 2023-03-10"},
		{"days around where a year ago was a leap day", "2025-12-31T00:00:00Z", "2025-02-20", "2025-03-10", "year", "2025-02-20 to 2025-03-10", "2024-02-21 to 2024-03-10"},
		{"28 February in the year after", "2025-12-31T00:00:00Z", "2025-02-28", "2025-02-28", "year", "2025-02-28 to 2025-02-28", "2024-02-28 to 2024-02-28"},
		{"February in the year after", "2025-12-31T00:00:00Z", "2025-02-01", "2025-02-28", "year", "2025-02-01 to 2025-02-28", "2024-02-01 to 2024-02-29"},
		{"February of a leap year", "2024-12-31T00:00:00Z", "2024-02-01", "2024-02-29", "year", "2024-02-01 to 2024-02-29", "2023-02-01 to 2023-02-28"},
	} {
		a := Asked{Span{instantOf(t, c.from), gold.MaxTime}, false, c.to == ""}
		if c.to != "" {
			a.Last = instantOf(t, c.to) + gold.MillisPerDay - 1
		}
		whole, now := a.closed(usual, Span{instantOf(t, "2010-12-01"), instantOf(t, c.data)})
		before := usual.stepOf(c.compare, whole).of(now)
		if now.String() != c.now || before.String() != c.before {
			t.Errorf("%s: %s is compared with %s, want %s with %s", c.what, now, before, c.now, c.before)
		}
	}
}

func TestAPartialPeriodIsComparedWithTheSameSpanOfTheEarlierOne(t *testing.T) {
	data := wholeDays(t, "2010-12-01", "2011-12-09")
	for _, c := range []struct {
		what, from, to string // "": open
		compare        string
		now, before    string
	}{
		{"a month", "2011-06-01", "2011-06-30", "previous", "2011-06-01 to 2011-06-30", "2011-05-01 to 2011-05-31"},
		{"a month of a year ago", "2011-06-01", "2011-06-30", "year", "2011-06-01 to 2011-06-30", "2010-06-01 to 2010-06-30"},
		{"the month that the data end in", "2011-12-01", "2011-12-31", "previous", "2011-12-01 to 2011-12-09", "2011-11-01 to 2011-11-09"},
		{"the same of a year ago", "2011-12-01", "2011-12-31", "year", "2011-12-01 to 2011-12-09", "2010-12-01 to 2010-12-09"},
		{"three months", "2011-03-01", "2011-05-31", "previous", "2011-03-01 to 2011-05-31", "2010-12-01 to 2011-02-28"},
		{"a year", "2011-01-01", "2011-12-31", "previous", "2011-01-01 to 2011-12-09", "2010-01-01 to 2010-12-09"},
		{"months to the data's end", "2011-11-01", "", "previous", "2011-11-01 to 2011-12-09", "2011-09-01 to 2011-10-09"},
		{"days", "2011-06-10", "2011-06-16", "previous", "2011-06-10 to 2011-06-16", "2011-06-03 to 2011-06-09"},
		{"days to the data's end", "2011-12-05", "", "previous", "2011-12-05 to 2011-12-09", "2011-11-30 to 2011-12-04"},
		{"days beyond the data's end", "2011-12-01", "2011-12-20", "previous", "2011-12-01 to 2011-12-09", "2011-11-11 to 2011-11-19"},
		{"days of a year ago", "2011-02-10", "2011-02-28", "year", "2011-02-10 to 2011-02-28", "2010-02-10 to 2010-02-28"},
		{"all until a day", "", "2011-06-30", "previous", "2010-12-01 to 2011-06-30", "2010-05-01 to 2010-11-30"},
	} {
		a := Asked{Span{gold.MinTime, gold.MaxTime}, c.from == "", c.to == ""}
		if c.from != "" {
			a.First = wholeDays(t, c.from, c.from).First
		}
		if c.to != "" {
			a.Last = wholeDays(t, c.to, c.to).Last
		}
		whole, now := a.closed(usual, data)
		if before := usual.stepOf(c.compare, whole).of(now); now.String() != c.now || before.String() != c.before {
			t.Errorf("%s: %s is compared with %s, want %s with %s", c.what, now, before, c.now, c.before)
		}
	}
}

func TestPeriodsStepBack(t *testing.T) {
	for _, c := range []struct {
		unit          gold.PeriodUnit
		compare       string
		period, wants string
	}{
		{gold.DayPeriod, "previous", "2012-03-01", "2012-02-29"},
		{gold.DayPeriod, "year", "2012-02-28", "2011-02-28"},
		{gold.DayPeriod, "year", "2012-02-29", "2011-02-28"},
		{gold.WeekPeriod, "previous", "2012-01-02", "2011-12-26"},
		{gold.WeekPeriod, "year", "2012-01-02", "2011-01-03"},
		{gold.MonthPeriod, "previous", "2012-01", "2011-12"},
		{gold.MonthPeriod, "year", "2012-02", "2011-02"},
		{gold.YearPeriod, "previous", "2012", "2011"},
		{gold.YearPeriod, "year", "1970", "1969"},
		{gold.WeekPeriod, "previous", "2021-W01", "2020-W53"},
		{gold.WeekPeriod, "year", "2012-W01", "2011-W01"},
		{gold.QuarterPeriod, "previous", "2012-Q1", "2011-Q4"},
		{gold.QuarterPeriod, "year", "2012-Q1", "2011-Q1"},
	} {
		s, ok := usual.spanOf(gold.NewText(c.period), c.unit)
		if !ok {
			t.Fatalf("%s is no %s", c.period, c.unit)
		}
		if got := usual.valueOf(usual.stepOfUnit(c.compare, c.unit).back(s.First), c.unit, gold.NewText(c.period)).Text(); got != c.wants {
			t.Errorf("%s %s of %s is %s, want %s", c.compare, c.unit, c.period, got, c.wants)
		}
	}
	for _, bad := range []string{"2011-13", "2011", "2011-06-30"} {
		if _, ok := usual.spanOf(gold.NewText(bad), gold.MonthPeriod); ok {
			t.Errorf("%s is a month", bad)
		}
	}
}

func TestTheLastCompleteMonthIsCoveredToItsEnd(t *testing.T) {
	for last, want := range map[string]string{
		"2011-12-09": "2011-11-01 to 2011-11-30", "2011-12-30": "2011-11-01 to 2011-11-30", "2011-12-31": "2011-12-01 to 2011-12-31",
		"2012-03-01": "2012-02-01 to 2012-02-29",
	} {
		if got := usual.lastCompleteMonth(wholeDays(t, "2010-01-01", last)).String(); got != want {
			t.Errorf("of data to %s it is %s, want %s", last, got, want)
		}
	}
}
