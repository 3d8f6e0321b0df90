package measure

import (
	_ "embed"
	"strings"
	"testing"

	"goldserve/gold"
)

// zonesTable are periods of instants, written by testdata/zones.py with pandas and zoneinfo.
//
//go:embed testdata/zones.tsv
var zonesTable string

func TestPeriodsOfZonesAreThoseOfPandas(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(zonesTable), "\n")
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		calendar := gold.Calendar{Timezone: cells[0], WeekStart: 6, FiscalYearStart: 4}
		if !calendar.Known() {
			t.Fatalf("no time zone %s", calendar.Timezone)
		}
		at, err := gold.ParseValue(gold.Time, 0, cells[1])
		if err != nil {
			t.Fatal(err)
		}
		for i, grain := range []gold.Grain{gold.Hour, gold.Day, gold.Week, gold.Month, gold.Quarter, gold.FiscalQuarter, gold.FiscalYear} {
			p := PeriodsOf(gold.Time, gold.Group{Grain: grain, Calendar: calendar.Of(gold.Time, grain)})
			if got := p.Value(p.Key(at.Int())).String(); got != cells[2+i] && !secondMidnight(calendar, at.Int(), p) {
				t.Errorf("the %s of %s in %s is %s, pandas has %s", grain, cells[1], cells[0], got, cells[2+i])
			}
		}
	}
}

// secondMidnight reports whether an instant is between two midnights that begin the same day: until the second it is the
// day before here, so that days follow each other.
func secondMidnight(c gold.Calendar, at int64, p Periods) bool {
	return p.ByDay() && gold.DayOf(c.Zone().Local(at)) != p.Day(at)
}

// A day's length is what remains of it in a zone that changes its offset on it.
func TestDaysOfAZoneHave23Or25Hours(t *testing.T) {
	zone := gold.Calendar{Timezone: "Europe/Paris"}.Zone()
	for day, hours := range map[string]int64{"2011-03-27": 23, "2011-10-30": 25, "2011-06-30": 24} {
		v, err := gold.ParseValue(gold.Date, 0, day)
		if err != nil {
			t.Fatal(err)
		}
		start, end := zone.Start(v.Int()), zone.Start(v.Int()+1)
		if end-start != hours*gold.MillisPerHour {
			t.Errorf("%s has %d hours, want %d", day, (end-start)/gold.MillisPerHour, hours)
		}
		seen := map[int64]bool{}
		p := PeriodsOf(gold.Time, gold.Group{Grain: gold.Hour, Calendar: gold.Calendar{Timezone: "Europe/Paris"}})
		for at := start; at < end; at += 60_000 {
			if seen[p.Key(at)] = true; zone.DayOf(at) != v.Int() {
				t.Errorf("%s is of another day than %s", gold.NewTime(at), day)
			}
		}
		if len(seen) != int(hours) {
			t.Errorf("%s has %d groups by hour, want %d", day, len(seen), hours)
		}
	}
}

// Every instant is within the day that it is of, also where clocks are put back over midnight or skip a day.
func TestDaysOfZonesFollowEachOther(t *testing.T) {
	for _, name := range []string{"America/St_Johns", "Pacific/Apia", "America/Havana", "America/Sao_Paulo", "Asia/Manila", "America/Sitka"} {
		zone := gold.Calendar{Timezone: name}.Zone()
		for _, from := range []string{"1844-12-01", "1867-09-01", "2010-01-01", "2011-10-01"} {
			first, err := gold.ParseValue(gold.Time, 0, from)
			if err != nil {
				t.Fatal(err)
			}
			before := int64(gold.MinDate)
			for at := first.Int(); at < first.Int()+400*gold.MillisPerDay; at += 613_000 {
				day := zone.DayOf(at)
				if at < zone.Start(day) || at >= zone.Start(day+1) || day < before {
					t.Fatalf("%s in %s is of day %s, from %s to %s", gold.NewTime(at), name, gold.NewDate(day), gold.NewTime(zone.Start(day)), gold.NewTime(zone.Start(day+1)))
				}
				before = day
			}
		}
	}
}
