package gold

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Calendar is how a model counts time: the zone of its days, the day that weeks start on, and the month that fiscal years
// start in. The zero value is UTC, Monday and no fiscal year.
type Calendar struct {
	Timezone        string  `json:"timezone,omitempty"` // of the IANA time zone database; empty: UTC
	WeekStart       Weekday `json:"week_start,omitempty"`
	FiscalYearStart int     `json:"fiscal_year_start,omitempty"` // a month from 1; 0: the model has no fiscal years
}

// Weekday is a day of the week; the zero Weekday is Monday.
type Weekday uint8

// WeekdayNames are the names of the days of the week, from Monday on.
var WeekdayNames = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func (d Weekday) String() string { return WeekdayNames[d] }

// MarshalText writes the day's name.
func (d Weekday) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a day's name.
func (d *Weekday) UnmarshalText(text []byte) error {
	return unmarshalName(d, "weekday", WeekdayNames, text)
}

// Known reports whether this program knows the time zone.
func (c Calendar) Known() bool {
	if c.Timezone == "" {
		return true
	}
	_, err := NewZone(c.Timezone)
	return err == nil
}

// zones caches zones by name: loading one takes as long as cutting thousands of times.
var zones sync.Map

// Zone returns the calendar's zone, nil for UTC and one that isn't Known.
func (c Calendar) Zone() *Zone {
	if c.Timezone == "" {
		return nil
	}
	if z, ok := zones.Load(c.Timezone); ok {
		return z.(*Zone)
	}
	z, err := NewZone(c.Timezone)
	if err != nil {
		return nil
	}
	zones.Store(c.Timezone, z)
	return z
}

// ZoneName returns the name of the time zone: UTC where none is declared.
func (c Calendar) ZoneName() string {
	if c.Timezone == "" {
		return "UTC"
	}
	return c.Timezone
}

// Of returns the parts of the calendar that cutting a kind by a grain depends on, so that equal ones cut alike.
func (c Calendar) Of(k Kind, g Grain) Calendar {
	var used Calendar
	if k == Time {
		used.Timezone = c.Timezone
	}
	switch g {
	case GrainNone:
		return Calendar{}
	case Week:
		used.WeekStart = c.WeekStart
	case FiscalQuarter, FiscalYear:
		used.FiscalYearStart = c.FiscalYearStart
	default:
	}
	return used
}

// At returns the period of a unit that holds a day.
func (c Calendar) At(u PeriodUnit, day int64) Period {
	t := Midnight(day)
	months := func(n int) Period {
		// Months since the year began; fiscal years may begin in another month than January.
		start := time.January
		if u == FiscalQuarterPeriod || u == FiscalYearPeriod {
			start = max(start, time.Month(c.FiscalYearStart))
		}
		since := (int(t.Month()-start) + 12) % 12 % n
		first := time.Date(t.Year(), t.Month()-time.Month(since), 1, 0, 0, 0, 0, time.UTC)
		return Period{u, dayOf(first), dayOf(first.AddDate(0, n, 0)) - 1}
	}
	switch u {
	case WeekPeriod:
		_, since := FloorDiv(day+3-int64(c.WeekStart), 7) // 1970-01-01 was a Thursday
		return Period{u, day - since, day - since + 6}
	case MonthPeriod:
		return months(1)
	case QuarterPeriod, FiscalQuarterPeriod:
		return months(3)
	case YearPeriod, FiscalYearPeriod:
		return months(12)
	default:
		return Period{u, day, day}
	}
}

// Text returns the period's text: 2011-06-30, 2011-W23, 2011-06, 2011-Q2, 2011, FY2012-Q1 or FY2012. A week that doesn't
// start on Monday is its first day. A fiscal year is named after the year that it ends in.
func (c Calendar) Text(p Period) string {
	switch {
	case p.Unit == WeekPeriod && c.WeekStart != 0:
		p.Unit = DayPeriod
	case p.Unit == FiscalQuarterPeriod || p.Unit == FiscalYearPeriod:
		year := c.At(FiscalYearPeriod, p.First)
		text := fmt.Sprintf("FY%04d", Midnight(year.Last).Year())
		if p.Unit == FiscalQuarterPeriod {
			months := int(Midnight(p.First).Month()-Midnight(year.First).Month()+12) % 12
			text += "-Q" + strconv.Itoa(months/3+1)
		}
		return text
	}
	return p.Text()
}

// ParsePeriod reads the text of a period: those of the function ParsePeriod and, where the model has fiscal years, FY2012
// and FY2012-Q1.
func (c Calendar) ParsePeriod(text string) (Period, bool) {
	fiscal, ok := strings.CutPrefix(text, "FY")
	if !ok || c.FiscalYearStart == 0 {
		return ParsePeriod(text)
	}
	year, quarter, parts := strings.Cut(fiscal, "-")
	named, ok := ParsePeriod(year)
	if !ok {
		return Period{}, false
	}
	// Its last month is in the year that it is named after.
	p := c.At(FiscalYearPeriod, named.First+int64(Midnight(named.First).AddDate(0, (c.FiscalYearStart+10)%12, 0).YearDay()-1))
	if parts {
		if len(quarter) != 2 || quarter[0] != 'Q' || quarter[1] < '1' || quarter[1] > '4' {
			return Period{}, false
		}
		p = c.At(FiscalQuarterPeriod, dayOf(Midnight(p.First).AddDate(0, 3*int(quarter[1]-'1'), 0)))
	}
	ok = c.Text(p) == text && p.Last >= MinDate
	p.First, p.Last = max(p.First, MinDate), min(p.Last, MaxDate)
	return p, ok
}

// ParseTime parses a time as ParseValue does, but without a zone it is in the calendar's.
func (c Calendar) ParseTime(text string) (Value, error) { return parseTimeIn(c.Zone(), text) }

// parseTimeIn parses a time, which is in a zone, nil for UTC, if the text has none.
func parseTimeIn(z *Zone, text string) (Value, error) {
	v, zoned, err := parseInstant(text)
	if err != nil || zoned {
		return v, err
	}
	return NewTime(min(max(z.Instant(v.Int()), MinTime), MaxTime)), nil
}

// Within returns the units whose periods consist of periods of a unit, itself first: of weeks that don't start on Monday,
// no ISO week does.
func (c Calendar) Within(u PeriodUnit) []PeriodUnit {
	within := u.Within()
	if u == WeekPeriod && c.WeekStart != 0 {
		within = within[1:]
	}
	if c.FiscalYearStart == 0 {
		return within
	}
	switch u {
	case DayPeriod, WeekPeriod, MonthPeriod:
		return append(slices.Clip(within), FiscalQuarterPeriod, FiscalYearPeriod)
	case FiscalQuarterPeriod:
		return []PeriodUnit{FiscalQuarterPeriod, FiscalYearPeriod}
	default:
		return within
	}
}
