package gold

import (
	"math"
	"math/big"
	"testing"
	"time"
)

func TestFloorDivIsThatOfWholeNumbers(t *testing.T) {
	for _, b := range []int64{1, 2, 7, 1000, MillisPerDay, math.MaxInt64} {
		for _, a := range []int64{math.MinInt64, math.MinInt64 + 1, -MillisPerDay - 1, -MillisPerDay, -8, -7, -1, 0, 1, 6, 7, MillisPerDay, math.MaxInt64} {
			q, rest := FloorDiv(a, b)
			wantQ, wantRest := new(big.Int).DivMod(big.NewInt(a), big.NewInt(b), new(big.Int)) // Euclid's, which is the floor where b > 0
			if q != wantQ.Int64() || rest != wantRest.Int64() {
				t.Errorf("%d / %d is %d, rest %d; expected %s, rest %s", a, b, q, rest, wantQ, wantRest)
			}
		}
	}
}

func TestDaysAreThoseOfTheCalendar(t *testing.T) {
	for text, want := range map[string]int64{
		"0001-01-01T00:00:00Z": MinDate, "1969-12-31T00:00:00Z": -1, "1969-12-31T23:59:59.999Z": -1, "1970-01-01T00:00:00Z": 0,
		"1970-01-01T23:59:59.999Z": 0, "2000-02-29T12:00:00Z": 11_016, "9999-12-31T23:59:59.999Z": MaxDate,
	} {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := DayOf(at.UnixMilli()); got != want {
			t.Errorf("%s is of day %d, expected %d", text, got, want)
		}
		if got := Midnight(want).Format(time.DateOnly); got != text[:10] {
			t.Errorf("day %d begins on %s, expected %s", want, got, text[:10])
		}
	}
}
