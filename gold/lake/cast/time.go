package cast

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"goldserve/gold"
)

// times is how dates and times are written.
type times struct {
	layouts  []layout // in the order in which they are tried; nil: ISO 8601
	zone     *gold.Zone
	unit     time.Duration // the values are integers of this unit since 1970; 0: they aren't
	expected string
}

// layout is a layout of Go's package time.
type layout struct {
	text  string
	zoned bool // its times say their offset from UTC
}

func timesOf(f gold.Field) (times, error) {
	zone, err := gold.NewZone(cmp.Or(f.DefaultZone, "UTC"))
	if err != nil {
		return times{}, err
	}
	t := times{zone: zone, unit: units[f.Cast.Epoch]}
	example := "2011-12-08"
	if f.Kind == gold.Time {
		example = "2011-12-08T12:12:00Z"
	}
	if t.unit > 0 {
		example = strconv.FormatInt(int64(1_323_346_320*time.Second/t.unit), 10) + ", which counts " + string(f.Cast.Epoch) + " since 1970"
	}
	var examples []string
	for _, text := range f.Cast.Layouts {
		t.layouts = append(t.layouts, layout{text, zoned(text)})
		examples = append(examples, time.Date(2011, 12, 31, 18, 5, 0, 0, time.UTC).Format(text))
	}
	what := map[gold.Kind]string{gold.Date: "a date", gold.Time: "a timestamp"}[f.Kind]
	t.expected = what + " such as " + cmp.Or(strings.Join(examples, " or "), example)
	return t, nil
}

// units are those of instants that are integers.
var units = map[gold.Epoch]time.Duration{
	gold.Seconds: time.Second, gold.Milliseconds: time.Millisecond, gold.Microseconds: time.Microsecond, gold.Nanoseconds: time.Nanosecond,
}

// zoned reports whether a layout has an offset from UTC: then a time in another zone is written otherwise.
func zoned(text string) bool {
	t := time.Date(2011, 12, 31, 18, 5, 0, 0, time.UTC)
	return t.Format(text) != t.In(time.FixedZone("UTC", 3600)).Add(-time.Hour).Format(text)
}

// iso returns the layouts of ISO 8601, with a blank for the T as databases write it, that a text may have.
func iso(text []byte) []layout {
	if len(text) < 11 {
		return isoDay
	}
	zoned := text[len(text)-1] == 'Z'
	for _, b := range text[11:] {
		zoned = zoned || b == '+' || b == '-'
	}
	switch {
	case text[10] == 'T' && zoned:
		return isoZoned
	case text[10] == 'T':
		return isoLocal
	case zoned:
		return blankZoned
	default:
		return blankLocal
	}
}

var (
	isoDay     = []layout{{time.DateOnly, false}}
	isoLocal   = []layout{{"2006-01-02T15:04:05", false}, {"2006-01-02T15:04", false}}
	blankLocal = []layout{{"2006-01-02 15:04:05", false}, {"2006-01-02 15:04", false}}
	isoZoned   = []layout{{time.RFC3339, true}, {"2006-01-02T15:04Z07:00", true}, {"2006-01-02T15:04:05Z07", true}, {"2006-01-02T15:04:05Z0700", true}}
	blankZoned = []layout{{"2006-01-02 15:04:05Z07:00", true}, {"2006-01-02 15:04Z07:00", true}, {"2006-01-02 15:04:05Z07", true}, {"2006-01-02 15:04:05Z0700", true}}
)

func (c *Cast) appendTime(dst *gold.Column, text []byte) (lossy bool, m *Misfit) {
	if c.times.unit > 0 {
		return c.appendEpoch(dst, text)
	}
	layouts := c.times.layouts
	if layouts == nil {
		layouts = iso(text)
	}
	for _, l := range layouts {
		if t, err := time.Parse(l.text, string(text)); err == nil {
			return c.appendParsed(dst, t, l.zoned)
		}
	}
	return false, c.misfit()
}

// appendParsed appends a date as it was written, or an instant: one without an offset is of the field's zone.
func (c *Cast) appendParsed(dst *gold.Column, t time.Time, zoned bool) (lossy bool, m *Misfit) {
	if c.field.Kind == gold.Date {
		return false, appendDay(dst, t)
	}
	ms := t.UnixMilli()
	if !zoned && c.times.zone != nil {
		ms = c.times.zone.Instant(ms)
	}
	return c.appendMillis(dst, ms, t.Nanosecond()%int(time.Millisecond) != 0)
}

func appendDay(dst *gold.Column, t time.Time) *Misfit {
	hour, minute, second := t.Clock()
	switch {
	case hour != 0 || minute != 0 || second != 0 || t.Nanosecond() != 0:
		return &Misfit{gold.CodeValueType, "a date, without a time of day"}
	case t.Year() < 1:
		return outOfYears
	}
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	dst.Append(gold.NewDate(gold.DayOf(midnight.UnixMilli())))
	return nil
}

var outOfYears = &Misfit{gold.CodeValueRange, "a year from 0001 to 9999"}

func (c *Cast) appendEpoch(dst *gold.Column, text []byte) (lossy bool, m *Misfit) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	switch unit := c.times.unit; {
	case err != nil:
		return false, c.misfit()
	case unit < time.Millisecond:
		ms, rest := gold.FloorDiv(n, int64(time.Millisecond/unit))
		return c.appendMillis(dst, ms, rest != 0)
	default:
		millis := int64(unit / time.Millisecond)
		return c.appendMillis(dst, min(max(n, gold.MinTime/millis-1), gold.MaxTime/millis+1)*millis, false)
	}
}

func (c *Cast) appendMillis(dst *gold.Column, ms int64, lossy bool) (bool, *Misfit) {
	if ms < gold.MinTime || ms > gold.MaxTime {
		return false, outOfYears
	}
	dst.Append(gold.NewTime(ms))
	return lossy, nil
}
