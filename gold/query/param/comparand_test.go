package param

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/storetest"
)

// textDay writes a day as the texts of a unit do.
type textDay func(time.Time) string

func isoWeek(t time.Time) string {
	year, week := t.ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, week)
}

func mondayOf(t time.Time) time.Time { return t.AddDate(0, 0, -(int(t.Weekday())+6)%7) }

func quarter(t time.Time) string { return fmt.Sprintf("%04d-Q%d", t.Year(), (int(t.Month())+2)/3) }

// textForms are the forms of texts that are periods: what a contract says of them, and how a day is written.
var textForms = []struct {
	name, format, pattern string
	grain                 gold.Grain
	write                 textDay
	units                 []textDay // of what they are compared with
}{
	{"days", "date", "", gold.GrainNone, iso, []textDay{iso, isoWeek, yearMonth, quarter, year}},
	{"days by their pattern", "", `^\d{4}-\d{2}-\d{2}$`, gold.GrainNone, iso, []textDay{iso, isoWeek, yearMonth, quarter, year}},
	{"months", "month", `^[0-9]{4}-[0-9]{2}$`, gold.GrainNone, yearMonth, []textDay{yearMonth, quarter, year}},
	{"months by their pattern", "", `^[0-9]{4}-(?:0[1-9]|1[0-2])$`, gold.GrainNone, yearMonth, []textDay{yearMonth, quarter, year}},
	{"quarters", "quarter", "", gold.GrainNone, quarter, []textDay{quarter, year}},
	{"years", "year", "", gold.GrainNone, year, []textDay{year}},
	{"weeks by their grain", "date", "", gold.Week, monday, []textDay{monday, isoWeek, yearMonth, quarter, year}},
	{"weeks as Mondays", "week", `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, gold.GrainNone, monday, []textDay{monday, isoWeek, yearMonth, quarter, year}},
	{"weeks by their numbers", "", `^[0-9]{4}-W[0-9]{2}$`, gold.GrainNone, isoWeek, []textDay{monday, isoWeek, yearMonth, quarter, year}},
	{"weeks that may be Mondays", "week", "", gold.GrainNone, monday, []textDay{monday, isoWeek, yearMonth, quarter, year}},
	{"weeks that may be numbered", "week", "", gold.GrainNone, isoWeek, []textDay{monday, isoWeek, yearMonth, quarter, year}},
}

func iso(t time.Time) string       { return t.Format(time.DateOnly) }
func yearMonth(t time.Time) string { return t.Format("2006-01") }
func year(t time.Time) string      { return t.Format("2006") }
func monday(t time.Time) string    { return mondayOf(t).Format(time.DateOnly) }

// naive reports whether a row of a date is in the answer of a comparison with the periods, written by unit, that other
// days are in. Where the row's text is a week, its date is the Monday.
func naive(op string, row time.Time, unit textDay, others []time.Time) bool {
	in := func(other time.Time) bool { return unit(row) == unit(other) }
	other := others[0]
	switch op {
	case "eq":
		return in(other)
	case "ne":
		return !in(other)
	case "in":
		return slices.ContainsFunc(others, in)
	case "nin":
		return !slices.ContainsFunc(others, in)
	case "gte":
		return in(other) || row.After(other)
	case "gt":
		return !in(other) && row.After(other)
	case "lte":
		return in(other) || row.Before(other)
	default:
		return !in(other) && row.Before(other)
	}
}

// TestPeriodsOfTextsAreThoseOfTheirDates compares what filters choose with the true dates of rows, for each form of
// texts and operator, with periods of each unit, at the ends of years and anywhere.
func TestPeriodsOfTextsAreThoseOfTheirDates(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	start := time.Date(2008, 12, 1, 0, 0, 0, 0, time.UTC) // 2009 and 2015 have 53 weeks, 2012 a leap day
	anyDay := func() time.Time {
		if random.IntN(3) == 0 {
			return time.Date(2009+random.IntN(8), 1, 1+random.IntN(12)-6, 0, 0, 0, 0, time.UTC)
		}
		return start.AddDate(0, 0, random.IntN(3000))
	}
	for _, form := range textForms {
		d := gold.Dataset{Name: "d", Fields: []gold.Field{{Name: "p", Kind: gold.Text, Doc: gold.Doc{Format: form.format}}}}
		if form.pattern != "" {
			d.Rules = []gold.Rule{{Metric: "invalidValues", Field: "p", Pattern: form.pattern, Operator: "mustBe", Values: []float64{0}}}
		}
		if form.grain != gold.GrainNone {
			d.Derive = &gold.Derive{Group: &gold.DeriveGroup{By: []gold.Group{{Field: "at", Grain: form.grain, As: "p"}}}}
		}
		v := &gold.Version{ID: "v", Dataset: d}
		var dates []time.Time
		table := storetest.Table{Version: v}
		for day := start; day.Year() < 2018; day = day.AddDate(0, 0, 1+random.IntN(3)) {
			date := day
			if strings.HasPrefix(form.name, "weeks") {
				date = mondayOf(day)
			}
			dates = append(dates, date)
			table.Rows = append(table.Rows, []gold.Value{gold.NewText(form.write(day))})
		}
		c := comparandOf(&query.Column{Field: &v.Dataset.Fields[0], Owner: &v.Dataset})
		for range 8 {
			for _, unit := range form.units {
				for _, op := range []string{"eq", "ne", "in", "nin", "gte", "gt", "lte", "lt"} {
					others := []time.Time{anyDay()}
					if op == "in" || op == "nin" {
						others = append(others, anyDay(), anyDay())
					}
					items := make([]string, len(others))
					for i, other := range others {
						items[i] = unit(other)
					}
					text := strings.Join(items, ",")
					made, err := c.condition(spelled(t, op), text)
					if err != nil {
						t.Fatalf("%s: p__%s=%s: %v", form.name, op, text, err)
					}
					var want int
					for _, date := range dates {
						if naive(op, date, unit, others) {
							want++
						}
					}
					rows, err := storetest.SelectRows(gold.Query{Version: v, Where: made.where}, table)
					if err != nil || len(rows) != want {
						t.Fatalf("%s: p__%s=%s: %d rows, want %d, %v\n%v", form.name, op, text, len(rows), want, err, made.where)
					}
				}
			}
		}
	}
}

func TestWhatIsNoPeriodOfATextIsRefused(t *testing.T) {
	for _, c := range []struct {
		format string
		bad    []string
		want   string
	}{
		{"date", []string{"2011-6-1", "2011-06-31", "30/06/2011", "2011-W53", "abc", ""}, "expected a day 2011-12-08, a week 2011-W49, a month 2011-12, a quarter 2011-Q4 or a year 2011"},
		{"week", []string{"2011-W00", "2011-W6", "2011-w06", "W06"}, "expected a week's Monday 2011-12-05, a week 2011-W49, a month 2011-12, a quarter 2011-Q4 or a year 2011"},
		{"month", []string{"2025-6", "12/2011", "abc", "2011-13", "2011-06-30", "2011-W23", "0000-01", "202506", " 2011-06"}, "expected a month 2011-12, a quarter 2011-Q4 or a year 2011"},
		{"quarter", []string{"2011-Q5", "Q1 2011", "2011-03"}, "expected a quarter 2011-Q4 or a year 2011"},
		{"year", []string{"11", "2011-01", "20111"}, "expected a year 2011"},
	} {
		d := gold.Dataset{Fields: []gold.Field{{Name: "p", Kind: gold.Text, Doc: gold.Doc{Format: c.format}}}}
		of := comparandOf(&query.Column{Field: &d.Fields[0], Owner: &d})
		for _, text := range c.bad {
			for _, op := range []string{"eq", "ne", "in", "nin", "gte", "gt", "lte", "lt"} {
				if made, err := of.condition(spelled(t, op), text); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s p__%s=%s: %v %v, want %s", c.format, op, text, made.where, err, c.want)
				}
			}
		}
	}
}

func TestAWeekEqualsItsMondayAlone(t *testing.T) {
	d := gold.Dataset{Fields: []gold.Field{{Name: "p", Kind: gold.Text, Doc: gold.Doc{Format: "week"}}}}
	of := comparandOf(&query.Column{Field: &d.Fields[0], Owner: &d})
	if _, err := of.condition(gold.Eq, "2011-06-08"); err == nil || err.Error() != "2011-06-08 is no Monday: its week is 2011-06-06 or 2011-W23" {
		t.Errorf("a Wednesday: %v", err)
	}
	if made, err := of.condition(gold.Gte, "2011-06-08"); err != nil || made.where[0].Values[0].Text() != "2011-06-13" {
		t.Errorf("from a Wednesday on: %v %v", made, err)
	}
}

func TestATextThatBreaksItsPatternIsRefused(t *testing.T) {
	rule := gold.Rule{Metric: "invalidValues", Field: "p", Pattern: "^[A-Z]{3}$", Operator: "mustBe", Values: []float64{0}}
	d := gold.Dataset{Fields: []gold.Field{{Name: "p", Kind: gold.Text}}, Rules: []gold.Rule{rule}}
	of := func() *comparand { return comparandOf(&query.Column{Field: &d.Fields[0], Owner: &d}) }
	for _, op := range []gold.Op{gold.Eq, gold.Ne, gold.In, gold.NotIn, gold.Gte, gold.Gt, gold.Lte, gold.Lt} {
		if _, err := of().condition(op, "fra"); err == nil || !strings.Contains(err.Error(), "^[A-Z]{3}$") {
			t.Errorf("p__%s=fra: %v", op, err)
		}
		if _, err := of().condition(op, "FRA"); err != nil {
			t.Errorf("p__%s=FRA: %v", op, err)
		}
	}
	if _, err := of().condition(gold.StartsWith, "f"); err != nil {
		t.Errorf("a search: %v", err)
	}
	d.Rules[0].Severity = gold.SeverityWarning
	if _, err := of().condition(gold.Eq, "fra"); err != nil {
		t.Errorf("a rule that rows may break: %v", err)
	}
	d.Fields[0].Doc.Format, d.Rules[0].Severity, d.Rules[0].Pattern = "month", gold.SeverityError, "^2011-[0-9]{2}$"
	if _, err := of().condition(gold.Eq, "2012-01"); err == nil || !strings.Contains(err.Error(), "^2011-") {
		t.Errorf("a month that can't be: %v", err)
	}
	if _, err := of().condition(gold.Lte, "2012"); err != nil {
		t.Errorf("up to a year: %v", err)
	}
}

// FuzzFilters holds that no text makes a panic, and that an answer's values are of the field's kind.
func FuzzFilters(f *testing.F) {
	for _, text := range []string{"2011", "2011-Q2", "2011-W53", "0001-W01", "9999-W52", "9999-12-31", `"a,b",c`, "2011-06,2011-W01", ""} {
		for op := range len(gold.SpelledOps()) {
			f.Add(uint8(op), uint8(op), text)
		}
	}
	f.Fuzz(func(t *testing.T, form, op uint8, text string) {
		formats := []string{"", "date", "week", "month", "quarter", "year"}
		field := gold.Field{Name: "p", Kind: gold.Text, Doc: gold.Doc{Format: formats[int(form)%len(formats)]}}
		made, err := comparandOf(&query.Column{Field: &field, Owner: &gold.Dataset{}}).condition(spelled(t, gold.SpelledOps()[int(op)%len(gold.SpelledOps())]), text)
		if (err == nil) != (len(made.where) > 0) {
			t.Fatalf("%v %v", made, err)
		}
		for _, p := range made.where {
			for _, v := range p.Values {
				if v.Kind() != gold.Text {
					t.Fatalf("%v", p)
				}
			}
		}
	})
}

// spelled returns the operator that parameters know by a name.
func spelled(t *testing.T, name string) gold.Op {
	t.Helper()
	op, ok := gold.SpelledOp(name)
	if !ok {
		t.Fatalf("no operator is spelled %s", name)
	}
	return op
}
