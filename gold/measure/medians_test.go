package measure

import (
	"testing"

	"goldserve/gold"
)

// TestQuantilesOfDecimalsAreRoundedOnce holds figures of Python's fractions, with the levels as decimals: 0.29 of 0.00 to 1.00
// is the 29th value, although 0.29·100 is less than 29 in doubles, and what cancels out leaves no noise.
func TestQuantilesOfDecimalsAreRoundedOnce(t *testing.T) {
	var hundred []string
	for i := range 101 {
		hundred = append(hundred, gold.NewDecimal(int64(i)).Format(0))
	}
	long := []string{"-12345678901234567890123456789", "12345678901234567890123456815"}
	for _, c := range []struct {
		kind   gold.Kind
		digits []string
		level  float64
		want   float64
	}{
		{gold.Decimal, hundred, 0.29, 0.29},
		{gold.Decimal, hundred, 0.07, 0.07},
		{gold.Decimal, hundred, 0.125, 0.125},
		{gold.Decimal, []string{"-999999999999999999", "999999999999999998", "999999999999999999"}, 0.25, -0.005},
		{gold.WideDecimal, long, 0.5, 0.13},
		{gold.WideDecimal, long, 0.25, -6.172839450617284e+25},
		{gold.WideDecimal, append(long, "12345678901234567890123456900"), 0.25, 0.13},
		{gold.WideDecimal, append(long, "12345678901234567890123456900"), 0.5, 1.2345678901234568e+26},
	} {
		f := gold.Field{Name: "d", Kind: c.kind, Scale: 2}
		measures := []gold.Measure{{Func: gold.Quantile, Field: "d", Level: c.level}}
		if c.level == 0.5 {
			measures = append(measures, gold.Measure{Func: gold.Median, Field: "d"})
		}
		for _, m := range measures {
			a, err := NewAccumulator(m, f)
			if err != nil {
				t.Fatal(err)
			}
			column := gold.NewColumn(c.kind, 0)
			for _, digits := range c.digits {
				v, err := gold.ParseValue(c.kind, 0, digits)
				if err != nil {
					t.Fatal(err)
				}
				column.Append(v)
			}
			a.Add(&column, Selection{N: column.Len()})
			v, err := a.Value(0)
			if err != nil {
				t.Fatal(err)
			}
			if v != gold.NewDouble(c.want) {
				t.Errorf("%s of %d: got %s, want %v", m, len(c.digits), v, c.want)
			}
		}
	}
}
