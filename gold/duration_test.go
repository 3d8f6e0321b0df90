package gold

import (
	"math"
	"testing"
)

func TestDurationsAreWrittenAsISO8601(t *testing.T) {
	for micros, want := range map[int64]string{
		0: "PT0S", 1: "PT0.000001S", -1: "-PT0.000001S", 500_000: "PT0.5S", 10_000_000: "PT10S", 60_000_000: "PT1M", 3_600_000_000: "PT1H",
		5_400_000_000: "PT1H30M", -5_400_000_000: "-PT1H30M", 129_600_000_001: "PT36H0.000001S", 3_661_000_000: "PT1H1M1S",
		math.MaxInt64: "PT2562047788H54.775807S", math.MinInt64: "-PT2562047788H54.775808S",
	} {
		v := NewIntegral(Duration, micros)
		if got := v.Format(DurationScale); got != want {
			t.Errorf("%d is %s, want %s", micros, got, want)
		}
		if back, err := ParseValue(Duration, DurationScale, want); err != nil || back != v {
			t.Errorf("%s is read as %d, %v, want %d", want, back.Int(), err, micros)
		}
	}
	if got := string(AppendDuration(nil, 1_500_000_001, 9)); got != "PT1.500000001S" {
		t.Errorf("nanoseconds are %s", got)
	}
	if got := string(AppendDuration(nil, 90, 0)); got != "PT1M30S" {
		t.Errorf("seconds are %s", got)
	}
}

func TestDurationsAreReadWithDaysAndWeeksOfFixedLength(t *testing.T) {
	const day = 24 * 3_600_000_000
	for text, want := range map[string]int64{
		"P1D": day, "P2W": 14 * day, "P1W1DT1S": 8*day + 1_000_000, "PT90M": 5_400_000_000, "P1DT12H": day + day/2, "-P1DT0.25S": -day - 250_000,
		"PT0.1000000S": 100_000, "P0D": 0, "-PT0S": 0, "PT007M": 420_000_000,
	} {
		if v, err := ParseValue(Duration, DurationScale, text); err != nil || v.Int() != want {
			t.Errorf("%s is %d, %v, want %d", text, v.Int(), err, want)
		}
	}
	for text, want := range map[string]error{
		"": errDuration, "P": errDuration, "PT": errDuration, "P1": errDuration, "1H": errDuration, "P1DT": errDuration, "PT1H1H": errDuration, "PT1S1M": errDuration,
		"PT1.5H": errDuration, "PT1.S": errDuration, "PT.5S": errDuration, "PT1.2.3S": errDuration, "P1H": errDuration, "PT1D": errDuration, "pt1s": errDuration,
		"PT+1S": errDuration, "--PT1S": errDuration, "PT1S ": errDuration, "PTT1S": errDuration, "01:30:00": errDuration, "5400": errDuration,
		"P1Y": errUnfixed, "P1M": errUnfixed, "P1Y2M3D": errUnfixed, "PT0.0000001S": errFine,
		"PT9223372036855S": errLong, "P99999999999999999999D": errLong, "P106751992D": errLong, "-PT9223372036854.775809S": errLong,
		"PT18446744073709551615S": errLong, "PT18446744073709.551616S": errLong,
	} {
		if v, err := ParseValue(Duration, DurationScale, text); err != want { //nolint:errorlint // the very error
			t.Errorf("%s is read as %d, %v, want %v", text, v.Int(), err, want)
		}
	}
}
