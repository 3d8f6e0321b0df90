package gold

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // machines and images without a time zone database
)

// Zone turns local times of a time zone into instants, and instants into local times. It may be used by several
// goroutines. A nil Zone is UTC.
type Zone struct {
	location *time.Location
	last     atomic.Pointer[zonePeriod] // consecutive times are mostly in the same one
	fill     sync.Once
	table    []zonePeriod
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
	if z == nil || local < MinTime || local > MaxTime {
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

// offset returns how far local times are ahead of UTC at an instant, and until when, in milliseconds.
func (z *Zone) offset(millis int64) (offset, until int64) {
	p := z.last.Load()
	if p == nil || millis < p.start || millis >= p.end {
		p = z.at(millis)
		z.last.Store(p)
	}
	return p.offset, p.end
}

// at is period, from a table for the years that most times are of.
func (z *Zone) at(millis int64) *zonePeriod {
	const from, to = -10 * 366 * MillisPerDay, 80 * 366 * MillisPerDay // 1959 to 2050
	if millis < from || millis >= to {
		p := z.period(millis)
		return &p
	}
	z.fill.Do(func() {
		for at := int64(from); at < to; {
			p := z.period(at)
			z.table, at = append(z.table, p), p.end
		}
	})
	return &z.table[sort.Search(len(z.table), func(i int) bool { return millis < z.table[i].end })]
}

// DayOf returns the local day of an instant, in days since 1970-01-01, from MinDate to MaxDate. Days follow each other
// without a gap: where clocks are put back over midnight, a day starts when it begins for good.
func (z *Zone) DayOf(millis int64) int64 {
	if z == nil {
		return DayOf(millis)
	}
	offset, until := z.offset(millis)
	day := DayOf(millis + offset)
	if until-millis < MillisPerDay && millis < z.Start(day) {
		day--
	}
	return min(max(day, MinDate), MaxDate)
}

// Start returns the instant at which a local day starts, in milliseconds since 1970: the first one where midnight is
// skipped. It is MinTime for MinDate and days before, and the millisecond after MaxTime for days after MaxDate.
func (z *Zone) Start(day int64) int64 {
	switch {
	case day <= MinDate:
		return MinTime
	case day > MaxDate:
		return MaxTime + 1
	case z == nil:
		return day * MillisPerDay
	}
	local := day * MillisPerDay
	start := z.Instant(local)
	if _, until := z.offset(start); until < alwaysTo && until-start < MillisPerDay {
		if next, _ := z.offset(until); until+next < local { // it is the day before once more
			return local - next
		}
	}
	return start
}

// Hour returns the instant at which the local hour of an instant starts, by the clock that it is read on, not before
// MinTime.
func (z *Zone) Hour(millis int64) int64 {
	offset := int64(0)
	if z != nil {
		offset, _ = z.offset(millis)
	}
	_, since := FloorDiv(millis+offset, MillisPerHour)
	return max(millis-since, MinTime)
}

// Changes returns the instants from which the zone keeps each of its offsets between two instants, both included; the first
// is that of the offset at from, and may be before any Time.
func (z *Zone) Changes(from, to int64) []int64 {
	if z == nil {
		return []int64{alwaysFrom}
	}
	var changes []int64
	for at := from; at <= to; {
		p := z.at(at)
		changes, at = append(changes, p.start), p.end
	}
	return changes
}

// Local returns the local time of an instant, as if it were UTC.
func (z *Zone) Local(millis int64) int64 {
	if z == nil {
		return millis
	}
	offset, _ := z.offset(millis)
	return millis + offset
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
	if p.end <= millis { // time.ZoneBounds says so on the last day of leap years that only a zone's rule covers
		p.end = (DayOf(millis) + 1) * MillisPerDay
	}
	return p
}
