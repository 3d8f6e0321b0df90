package gold

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	_ "time/tzdata" // machines and images without a time zone database
)

// Zone turns local times of a time zone into instants. It may be used by several goroutines.
type Zone struct {
	location *time.Location
	last     atomic.Pointer[zonePeriod] // consecutive times are mostly in the same one
}

// zonePeriod is a span in which a zone keeps its offset from UTC, in milliseconds.
type zonePeriod struct{ start, end, offset int64 }

// NewZone returns a zone of the IANA time zone database, such as Europe/Paris; nil for UTC.
func NewZone(name string) (*Zone, error) {
	switch {
	case name == "UTC" || name == "Etc/UTC":
		return nil, nil
	case name == "" || name == "Local" || strings.HasPrefix(name, "right/") || strings.HasPrefix(name, "posix/"):
		// Local depends on the machine, and right/ counts leap seconds.
	default:
		if location, err := time.LoadLocation(name); err == nil {
			return &Zone{location: location}, nil
		}
	}
	return nil, fmt.Errorf("expected a name of the IANA time zone database, such as Europe/Paris or UTC")
}

const (
	zoneMargin = 48 * 3_600_000 // no zone is further from UTC, or changes by more
	alwaysFrom = MinTime - 4*zoneMargin
	alwaysTo   = MaxTime + 4*zoneMargin
)

// Instant returns the instant of a local time, both in milliseconds since 1970 (the local time as if it were UTC). If a
// time occurs twice, when clocks are put back, it is the first of the two; if it is skipped, when clocks are put
// forward, the offset before the change applies: 02:30 becomes 03:30. Times outside the years 0001 to 9999 are returned
// unchanged.
func (z *Zone) Instant(local int64) int64 {
	if local < MinTime || local > MaxTime {
		return local
	}
	if p := z.last.Load(); p != nil {
		// Close to the start of the period, a time may belong to the previous one as well.
		if t := local - p.offset; t >= p.start+zoneMargin && t < p.end {
			return t
		}
	}
	p := z.period(local - zoneMargin)
	for {
		t := local - p.offset
		if t < p.end {
			z.last.Store(&p)
			return t
		}
		next := z.period(p.end)
		if local-next.offset < next.start {
			return t // skipped
		}
		p = next
	}
}

// ParseSource parses one value of the field, as contracts and names of folders write it: like Parse, but a Time without
// a zone is in DefaultZone.
func (f *Field) ParseSource(text string) (Value, error) {
	if f.Kind != Time || f.DefaultZone == "" {
		return f.Parse(text)
	}
	v, zoned, err := parseInstant(text)
	if err != nil || zoned {
		return v, err
	}
	zone, err := NewZone(f.DefaultZone)
	if err != nil || zone == nil {
		return v, err
	}
	return NewTime(zone.Instant(v.Int())), nil
}

// period returns the period that an instant lies in.
func (z *Zone) period(millis int64) zonePeriod {
	t := time.UnixMilli(millis).In(z.location)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	p := zonePeriod{alwaysFrom, alwaysTo, int64(offset) * 1000}
	if !start.IsZero() {
		p.start = start.UnixMilli()
	}
	if !end.IsZero() {
		p.end = end.UnixMilli()
	}
	return p
}
