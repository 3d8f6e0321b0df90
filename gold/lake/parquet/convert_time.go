package parquet

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"time"

	"goldserve/gold"
)

// day returns value k of a DATE column, in days since 1970.
func day(v *values, k int) (int64, *valueProblem) {
	d := int64(v.int32s[k])
	if d < gold.MinDate || d > gold.MaxDate {
		return 0, &valueProblem{gold.CodeValueRange, fmt.Sprintf("the date %d days from 1970-01-01", d), "a date in the years 0001 to 9999"}
	}
	return d, nil
}

func convertDate(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
	for k := i; k < j; k++ {
		d, f := day(v, k)
		if f != nil {
			return k - i, f
		}
		dst.Ints = append(dst.Ints, d)
	}
	return j - i, nil
}

// convertDayTime takes days as their midnight, in a zone.
func convertDayTime(zone string) conversion {
	z, err := gold.NewZone(cmp.Or(zone, "UTC"))
	if err != nil {
		return nil
	}
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			d, f := day(v, k)
			if f != nil {
				return k - i, f
			}
			ms := d * gold.MillisPerDay
			if z != nil {
				if ms = z.Instant(ms); ms < gold.MinTime || ms > gold.MaxTime {
					return k - i, outOfYears(ms)
				}
			}
			dst.Ints = append(dst.Ints, ms)
		}
		return j - i, nil
	}
}

// convertDayText writes dates as 2011-12-08.
func convertDayText(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
	for k := i; k < j; k++ {
		d, f := day(v, k)
		if f != nil {
			return k - i, f
		}
		dst.Bytes = gold.AppendDate(dst.Bytes, d)
		dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
	}
	return j - i, nil
}

// instant returns value k as milliseconds since 1970, rounded down, and whether that lost digits.
type instant func(v *values, k int) (millis int64, lossy bool)

// zonedReader returns a reader of instants: local times are those of a zone, UTC where it has no name. It is nil where the
// column leaves open whether it holds local times, and that matters.
func zonedReader(read instant, c timeBasis, zone string) instant {
	if zone == "" || c == utc {
		return read
	}
	z, err := gold.NewZone(zone)
	if err != nil || c == unspecified {
		return nil
	}
	if z == nil {
		return read
	}
	return func(v *values, k int) (int64, bool) {
		ms, lossy := read(v, k)
		return z.Instant(ms), lossy
	}
}

// instantReader returns the reader of timestamps as they stand.
func instantReader(m meaning) instant {
	switch {
	case m.kind == plainValues:
		return int96Millis
	case m.digits == 3:
		return func(v *values, k int) (int64, bool) { return v.int64s[k], false }
	default:
		perMilli := pow10[m.digits-3]
		return func(v *values, k int) (int64, bool) {
			millis, rest := gold.FloorDiv(v.int64s[k], perMilli)
			return millis, rest != 0
		}
	}
}

func int96Millis(v *values, k int) (int64, bool) {
	day, nanos := int96Parts(v.fixed(k))
	millis, rest := gold.FloorDiv(nanos, 1_000_000)
	return day*gold.MillisPerDay + millis, rest != 0
}

// int96Parts reads eight bytes of nanoseconds of the day and four of the Julian day, and returns the day from 1970.
func int96Parts(b []byte) (day, nanos int64) {
	const julian1970 = 2_440_588
	return int64(binary.LittleEndian.Uint32(b[8:])) - julian1970, int64(binary.LittleEndian.Uint64(b))
}

func convertTime(read instant) conversion {
	return func(dst *gold.Column, v *values, i, j int, lost *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			ms, lossy := read(v, k)
			if ms < gold.MinTime || ms > gold.MaxTime {
				return k - i, outOfYears(ms)
			}
			if lossy {
				*lost++
			}
			dst.Ints = append(dst.Ints, ms)
		}
		return j - i, nil
	}
}

func outOfYears(ms int64) *valueProblem {
	return &valueProblem{
		gold.CodeValueRange, fmt.Sprintf("a timestamp in the year %d (%d milliseconds from 1970)", time.UnixMilli(ms).UTC().Year(), ms),
		"a timestamp in the years 0001 to 9999",
	}
}

// convertMidnight takes timestamps that are days.
func convertMidnight(read instant) conversion {
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			ms, lossy := read(v, k)
			if ms < gold.MinTime || ms > gold.MaxTime {
				return k - i, outOfYears(ms)
			}
			d, rest := gold.FloorDiv(ms, gold.MillisPerDay)
			if rest != 0 || lossy {
				return k - i, &valueProblem{gold.CodeValueType, string(gold.AppendTime(nil, ms)), "a date: a timestamp at midnight UTC"}
			}
			dst.Ints = append(dst.Ints, d)
		}
		return j - i, nil
	}
}
