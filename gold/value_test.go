package gold

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
	"time"
)

func TestValuesReadBackAsTheyWereWritten(t *testing.T) {
	for _, c := range []struct {
		value Value
		scale int
		text  string
	}{
		{Value{}, 0, "null"},
		{NewBool(true), 0, "true"},
		{NewInt(math.MinInt64), 0, "-9223372036854775808"},
		{NewDouble(0.1), 0, "0.1"},
		{NewDouble(1e21), 0, "1e+21"},
		{NewDouble(1e-9), 0, "1e-9"},
		{NewDouble(123456789012345680000), 0, "123456789012345680000"},
		{NewDouble(math.Copysign(0, -1)), 0, "0"},
		{NewDecimal(-5), 2, "-0.05"},
		{NewDecimal(123456), 3, "123.456"},
		{NewDecimal(math.MinInt64), 0, "-9223372036854775808"},
		{NewText("À relancer"), 0, "À relancer"},
		{NewDate(-719162), 0, "0001-01-01"},
		{NewDate(2932896), 0, "9999-12-31"},
		{NewTime(MinTime), 0, "0001-01-01T00:00:00Z"},
		{NewTime(MaxTime), 0, "9999-12-31T23:59:59.999Z"},
		{NewTime(-1), 0, "1969-12-31T23:59:59.999Z"},
		{NewTime(1323346320000), 0, "2011-12-08T12:12:00Z"},
	} {
		if got := c.value.Format(c.scale); got != c.text {
			t.Errorf("Format gives %s, want %s", got, c.text)
		}
		if !c.value.IsNull() {
			if got, err := ParseValue(c.value.Kind(), c.scale, c.text); err != nil || got != c.value {
				t.Errorf("ParseValue(%s, %s) gives %v, %v", c.value.Kind(), c.text, got, err)
			}
		}
		record, err := json.Marshal(c.value)
		if err != nil {
			t.Fatal(err)
		}
		var back Value
		if err := json.Unmarshal(record, &back); err != nil || back != c.value {
			t.Errorf("the record %s reads back as %v, %v", record, back, err)
		}
	}
}

func TestNaNIsNull(t *testing.T) {
	if !NewDouble(math.NaN()).IsNull() {
		t.Error("a NaN is a value")
	}
}

func TestParseValueRefuses(t *testing.T) {
	for _, c := range []struct {
		kind  Kind
		scale int
		text  string
	}{
		{Bool, 0, "1"},
		{Bool, 0, "TRUE"},
		{Int, 0, ""},
		{Int, 0, "+5"},
		{Int, 0, "0x10"},
		{Int, 0, "1e9"},
		{Int, 0, "٣"},
		{Int, 0, "1_000"},
		{Int, 0, " 1"},
		{Int, 0, "9223372036854775808"},
		{Double, 0, "NaN"},
		{Double, 0, "Inf"},
		{Double, 0, "0x1p3"},
		{Double, 0, "1e400"},
		{Double, 0, "1,5"},
		{Double, 0, "."},
		{Double, 0, "-"},
		{Decimal, 2, "1.005"},
		{Decimal, 2, "1e2"},
		{Decimal, 2, "99999999999999999999"},
		{Text, 0, "\xff"},
		{Date, 0, "2011-13-01"},
		{Date, 0, "2011-02-30"},
		{Date, 0, "0000-01-01"},
		{Date, 0, "10000-01-01"},
		{Time, 0, "yesterday"},
		{Time, 0, "2011-12-08T25:00:00Z"},
		{Time, 0, "0000-12-31T23:59:59Z"},
	} {
		if v, err := ParseValue(c.kind, c.scale, c.text); err == nil {
			t.Errorf("%q is taken for the %s %v", c.text, c.kind, v)
		}
	}
}

func TestTimesWithoutAZoneAreUTC(t *testing.T) {
	want := NewTime(1323346320000)
	for _, text := range []string{"2011-12-08T12:12:00", "2011-12-08 12:12:00", "2011-12-08T12:12", "2011-12-08T13:12:00+01:00"} {
		if got, err := ParseValue(Time, 0, text); err != nil || got != want {
			t.Errorf("%s gives %v, %v", text, got, err)
		}
	}
}

func TestCompareOrdersNullFirstAndTextByBytes(t *testing.T) {
	ascending := [][]Value{
		{{}, NewInt(math.MinInt64), NewInt(-1), NewInt(0), NewInt(math.MaxInt64)},
		{{}, NewDouble(-math.MaxFloat64), NewDouble(0), NewDouble(5e-324), NewDouble(1)},
		{{}, NewText(""), NewText("B"), NewText("a"), NewText("é"), NewText("\U0001F600")},
		{{}, NewBool(false), NewBool(true)},
	}
	for _, values := range ascending {
		for i, a := range values {
			for j, b := range values {
				want := 0
				if i < j {
					want = -1
				} else if i > j {
					want = 1
				}
				if got := Compare(a, b); got != want {
					t.Errorf("Compare(%v, %v) = %d, want %d", a, b, got, want)
				}
			}
		}
	}
}

func FuzzParseValue(f *testing.F) {
	for _, text := range []string{"12", "-0.5e3", "2011-12-08", "2011-12-08T12:12:00.5Z", "true", "é"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for k := Bool; k <= Time; k++ {
			v, err := ParseValue(k, 3, text)
			if err != nil {
				continue
			}
			if back, err := ParseValue(k, 3, v.Format(3)); err != nil || back != v {
				t.Errorf("%s %q is %v and reads back as %v, %v", k, text, v, back, err)
			}
		}
	})
}

func FuzzAppendDouble(f *testing.F) {
	f.Add(0.1)
	f.Add(1e-7)
	f.Fuzz(func(t *testing.T, v float64) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
		text := string(AppendDouble(nil, v))
		if back, err := strconv.ParseFloat(text, 64); err != nil || back != v {
			t.Errorf("%v is written %s", v, text)
		}
		if want, err := json.Marshal(v); err != nil || string(want) != text {
			t.Errorf("%s, encoding/json writes %s", text, want)
		}
	})
}

// TestInstantsAreWrittenAsPackageTimeDoes goes through the whole range in steps of a prime number of days, each with
// another time of day.
func TestInstantsAreWrittenAsPackageTimeDoes(t *testing.T) {
	for day := int64(MinDate); day <= MaxDate; day += 13 {
		millis := day*86_400_000 + (day-MinDate)*7_919_003%86_400_000
		at := time.UnixMilli(millis).UTC()
		want := at.Format("2006-01-02T15:04:05.000Z")
		if millis%1000 == 0 {
			want = at.Format(time.RFC3339)
		}
		if got := string(AppendTime(nil, millis)); got != want {
			t.Fatalf("%d ms are written as %s, want %s", millis, got, want)
		}
		if got := string(AppendDate(nil, day)); got != NewDate(day).Time().Format(time.DateOnly) {
			t.Fatalf("day %d is written as %s", day, got)
		}
	}
}
