package gold

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// PeriodUnit is a unit of calendar periods.
type PeriodUnit uint8

// The units.
const (
	NoPeriod PeriodUnit = iota
	DayPeriod
	WeekPeriod // ISO 8601: from Monday
	MonthPeriod
	QuarterPeriod
	YearPeriod
	FiscalQuarterPeriod
	FiscalYearPeriod
	HourPeriod // of instants: no text names one
)

var periodUnitNames = [...]string{"", "day", "week", "month", "quarter", "year", "fiscal quarter", "fiscal year", "hour"}

func (u PeriodUnit) String() string { return periodUnitNames[u] }

// periodExamples are examples by unit.
var periodExamples = [...]string{"", "2011-12-08", "2011-W49", "2011-12", "2011-Q4", "2011", "FY2012-Q3", "FY2012", "2011-12-08T12:00:00Z"}

// Example returns a period of the unit, as text.
func (u PeriodUnit) Example() string { return periodExamples[u] }

// Expected says what is expected of a text that means a period of one of some units.
func Expected(units []PeriodUnit) string {
	words := make([]string, len(units))
	for i, u := range units {
		words[i] = "a " + u.String() + " " + u.Example()
	}
	if n := len(words) - 1; n > 0 {
		words[n-1] += " or " + words[n]
		words = words[:n]
	}
	return strings.Join(words, ", ")
}

// holds are the units that periods of each unit consist of: a month consists of days, and is part of a quarter.
var holds = [...][]PeriodUnit{
	DayPeriod:     {DayPeriod, WeekPeriod, MonthPeriod, QuarterPeriod, YearPeriod},
	WeekPeriod:    {WeekPeriod, MonthPeriod, QuarterPeriod, YearPeriod},
	MonthPeriod:   {MonthPeriod, QuarterPeriod, YearPeriod},
	QuarterPeriod: {QuarterPeriod, YearPeriod},
	YearPeriod:    {YearPeriod},

	FiscalQuarterPeriod: {FiscalQuarterPeriod},
	FiscalYearPeriod:    {FiscalYearPeriod},
	HourPeriod:          {},
}

// Within returns the units whose periods consist of periods of this unit, itself first. A week belongs to the period of
// its Monday.
func (u PeriodUnit) Within() []PeriodUnit { return holds[u] }

// Period is a calendar period, by its days since 1970-01-01, both included.
type Period struct {
	Unit        PeriodUnit
	First, Last int64
}

func dayOf(t time.Time) int64 { return DayOf(t.UnixMilli()) }

// At returns the period of a unit that holds a day, in the usual Calendar.
func (u PeriodUnit) At(day int64) Period { return Calendar{}.At(u, day) }

// Text returns the period's text: 2011-06-30, 2011-W23, 2011-06, 2011-Q2 or 2011.
func (p Period) Text() string {
	t := Midnight(p.First)
	switch p.Unit {
	case WeekPeriod:
		year, week := t.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case MonthPeriod:
		return t.Format("2006-01")
	case QuarterPeriod:
		return fmt.Sprintf("%04d-Q%d", t.Year(), (t.Month()+2)/3)
	case YearPeriod:
		return t.Format("2006")
	default:
		return t.Format(time.DateOnly)
	}
}

// ParsePeriod reads the text of a period of the years 0001 to 9999: 2011-06-30, 2011-W23, 2011-06, 2011-Q2 or 2011.
func ParsePeriod(text string) (Period, bool) {
	year, rest, parts := strings.Cut(text, "-")
	start, err := time.Parse("2006", year)
	switch {
	case err != nil || start.Year() < 1:
		return Period{}, false
	case !parts:
		return YearPeriod.At(dayOf(start)), true
	}
	var p Period
	switch {
	case len(rest) == 2 && rest[0] == 'Q' && rest[1] >= '1' && rest[1] <= '4':
		p = QuarterPeriod.At(dayOf(start.AddDate(0, 3*int(rest[1]-'1'), 0)))
	case len(rest) == 3 && rest[0] == 'W':
		week := 0
		if _, err := fmt.Sscanf(rest, "W%02d", &week); err != nil {
			return Period{}, false
		}
		// 4 January is in the first week.
		p = WeekPeriod.At(dayOf(start) + 3 + 7*int64(week-1))
	case len(rest) == 2:
		month, err := time.Parse("2006-01", text)
		if err != nil {
			return Period{}, false
		}
		p = MonthPeriod.At(dayOf(month))
	default:
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return Period{}, false
		}
		p = DayPeriod.At(dayOf(day))
	}
	ok := p.Text() == text // week 53 of a year that has none is the next year's first
	p.Last = min(p.Last, MaxDate)
	return p, ok
}

// periodFormats are the formats of contracts that declare texts as periods.
var periodFormats = map[string]PeriodUnit{
	"date": DayPeriod, "day": DayPeriod, "week": WeekPeriod, "month": MonthPeriod, "quarter": QuarterPeriod, "year": YearPeriod,
}

// PeriodFormat returns the unit that a contract's format declares, NoPeriod for other formats.
func PeriodFormat(format string) PeriodUnit { return periodFormats[format] }

// periodPatterns are the patterns that do so, normalised by plainPattern. Four digits alone may be anything.
var periodPatterns = map[string]PeriodUnit{
	"^[0-9]{4}-[0-9]{2}-[0-9]{2}$":                        DayPeriod,
	"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$": DayPeriod,
	"^[0-9]{4}-W[0-9]{2}$":                                WeekPeriod,
	"^[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])$":              WeekPeriod,
	"^[0-9]{4}-[0-9]{2}$":                                 MonthPeriod,
	"^[0-9]{4}-(0[1-9]|1[0-2])$":                          MonthPeriod,
	"^[0-9]{4}-Q[1-4]$":                                   QuarterPeriod,
}

// plainPattern normalises patterns of periods.
var plainPattern = strings.NewReplacer(`\d`, "[0-9]", "(?:", "(")

// PeriodOf returns the unit of a field's texts, and what declares it: the grain that produced them, the contract's
// format, or a pattern that every text must have. NoPeriod: the texts are not periods, or the field is not a Text.
func (d *Dataset) PeriodOf(f *Field) (unit PeriodUnit, because string) {
	if f.Kind != Text {
		return NoPeriod, ""
	}
	if g := d.GrainOf(f.Name); g != GrainNone {
		return g.Unit(), "grain " + g.String()
	}
	if unit := periodFormats[f.Doc.Format]; unit != NoPeriod {
		return unit, "format " + f.Doc.Format
	}
	for _, pattern := range d.Patterns(f.Name) {
		if unit := periodPatterns[plainPattern.Replace(pattern)]; unit != NoPeriod {
			return unit, "pattern " + pattern
		}
	}
	return NoPeriod, ""
}

// PeriodGrain returns the grain of the periods that a field holds, GrainNone if it holds none. A date is a day unless its
// format says otherwise.
func (d *Dataset) PeriodGrain(f *Field) Grain {
	unit, _ := d.PeriodOf(f)
	switch f.Kind {
	case Date:
		unit = cmp.Or(PeriodFormat(f.Doc.Format), DayPeriod)
	case Time:
		unit = cmp.Or(d.GrainOf(f.Name).Unit(), PeriodFormat(f.Doc.Format))
	default:
	}
	return unit.Grain()
}

// GrainOf returns the grain that produces a field of this derived dataset or rollup.
func (d *Dataset) GrainOf(field string) Grain {
	for _, g := range d.made() {
		if g.Name() == field {
			return g.Grain
		}
	}
	return GrainNone
}

// made returns the groups of this derived dataset or rollup.
func (d *Dataset) made() []Group {
	switch {
	case d.Derive != nil && d.Derive.Group != nil:
		return d.Derive.Group.By
	case d.Rollup != nil:
		return d.Rollup.Group
	default:
		return nil
	}
}

// Unit returns the unit of a grain's periods.
func (g Grain) Unit() PeriodUnit {
	return [...]PeriodUnit{
		GrainNone: NoPeriod, Day: DayPeriod, Week: WeekPeriod, Month: MonthPeriod, Year: YearPeriod,
		Hour: HourPeriod, Quarter: QuarterPeriod, FiscalQuarter: FiscalQuarterPeriod, FiscalYear: FiscalYearPeriod,
	}[g]
}

// Grain returns the grain whose periods are of the unit.
func (u PeriodUnit) Grain() Grain {
	g := GrainNone
	for g.Unit() != u {
		g++
	}
	return g
}

// Patterns returns the patterns that every text of a field must have: those of rules that block a publish.
func (d *Dataset) Patterns(field string) []string {
	var patterns []string
	for _, r := range d.Rules {
		if r.Field == field && r.Pattern != "" && r.allInvalidBlock() {
			patterns = append(patterns, r.Pattern)
		}
	}
	return patterns
}

// ValidValues returns the closed list of a field's values in the order of its contract: those that a blocking rule
// allows. nil: any.
func (d *Dataset) ValidValues(field string) []string {
	for _, r := range d.Rules {
		if r.Field == field && len(r.Valid) > 0 && r.allInvalidBlock() {
			return r.Valid
		}
	}
	return nil
}

// ListedValues returns the values that a rule expects of a field, be it a warning; nil: there is none.
func (d *Dataset) ListedValues(field string) []string {
	for _, r := range d.Rules {
		if r.Field == field && len(r.Valid) > 0 {
			return r.Valid
		}
	}
	return nil
}

// allInvalidBlock reports whether one invalid value blocks a publish.
func (r *Rule) allInvalidBlock() bool {
	return r.Metric == "invalidValues" && r.Severity == SeverityError && r.Operator == "mustBe" && len(r.Values) == 1 && r.Values[0] == 0
}
