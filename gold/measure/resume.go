package measure

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// Resumes reports whether totals of a measure can be continued later, with other rows. Those of medians, quantiles, distinct
// values, and first and last ones can't: they would need all rows.
func Resumes(m gold.Measure) bool {
	switch m.Func {
	case gold.Count, gold.Sum, gold.Avg, gold.Min, gold.Max:
		return true
	case gold.CountDistinct, gold.Median, gold.Quantile, gold.First, gold.Last:
	}
	return false
}

// Sums returns the exact sums of the measures that have one, by their canonical text, in a form that Resume reads.
func (t *Totals) Sums() map[string]string {
	sums := map[string]string{}
	for _, m := range t.groups.measures {
		if s, ok := m.state.(summing); ok {
			sums[m.String()] = s.text()
		}
	}
	return sums
}

// Resume returns totals of rows that were totalled before, of which values and sums are what Values and Sums returned: what
// is added or merged comes besides. Errors are those of NewTotals, and of values and sums that are missing or can't be read.
func Resume(fields []gold.Field, measures []gold.Measure, memory int64, values map[string]gold.Value, sums map[string]string) (*Totals, error) {
	t, err := NewTotals(fields, measures, memory)
	if err != nil {
		return nil, err
	}
	for _, m := range t.groups.measures {
		name := m.String()
		unknown := fmt.Errorf("%s can't be continued: it is not known", name)
		switch s := m.state.(type) {
		case summing:
			text, ok := sums[name]
			if !ok {
				return nil, unknown
			}
			if err := s.resume(strings.Fields(text)); err != nil {
				return nil, fmt.Errorf("%s can't be continued from %q: %w", name, text, err)
			}
		case resuming:
			v, ok := values[name]
			if !ok {
				return nil, unknown
			}
			if !v.IsNull() {
				s.resume(v)
			}
		default:
			return nil, fmt.Errorf("%s can't be continued", name)
		}
	}
	return t, nil
}

// resuming is a state whose only group continues from its value.
type resuming interface{ resume(v gold.Value) }

func (c *counts) resume(v gold.Value) { c.rows[0] = v.Int() }

func (e *extremes[T]) resume(v gold.Value) {
	var one vector
	if v.Kind() == gold.Double {
		one = vector{n: 1, doubles: []float64{v.Double()}}
	} else {
		one = vector{n: 1, ints: []int64{v.Int()}}
	}
	e.add(one)
}

func (e *extremeTexts) resume(v gold.Value) {
	c := gold.Column{Kind: e.kind, Offsets: []int32{0}}
	c.Append(v)
	e.add(vector{n: 1, texts: &c})
}

// summing is a state whose only group continues from the text of its sum, in words: the number of values, where it counts
// them, or 0, and then the sum.
type summing interface {
	text() string
	resume(words []string) error
}

func (s *intSums) text() string { return rowsText(s.rows) + s.sums[0].big().String() }

func (s *intSums) resume(words []string) error {
	sums, err := resumeRows(s.rows, words, 1)
	if err != nil {
		return err
	}
	s.sums[0], err = parseWide(sums[0])
	return err
}

func (s *wideSums) text() string {
	return rowsText(s.rows) + s.sums[0].high.big().String() + " " + s.sums[0].low.big().String()
}

func (s *wideSums) resume(words []string) error {
	sums, err := resumeRows(s.rows, words, 2)
	if err != nil {
		return err
	}
	if s.sums[0].high, err = parseWide(sums[0]); err == nil {
		s.sums[0].low, err = parseWide(sums[1])
	}
	return err
}

func (d *doubleSums) text() string { return rowsText(d.rows) + d.sums[0].text() }

func (d *doubleSums) resume(words []string) error {
	sums, err := resumeRows(d.rows, words, 2)
	if err != nil {
		return err
	}
	before := d.sums[0].bytes()
	err = d.sums[0].resume(sums)
	d.digits += d.sums[0].bytes() - before
	return err
}

// text returns the sum as the flags of its special values and the number of units of the lowest bit of a double, in base 36.
func (s *Sum) text() string {
	s.carry()
	units := new(big.Int)
	for _, digit := range slices.Backward(s.digits) {
		units.Lsh(units, digitBits)
		units.Add(units, big.NewInt(digit))
	}
	units.Lsh(units, uint(digitBits)*uint(s.base))
	return strconv.Itoa(int(s.special)) + " " + units.Text(36)
}

// resume makes a zero sum one that text returned.
func (s *Sum) resume(words []string) error {
	flags, err := strconv.ParseUint(words[0], 10, 3)
	units, ok := new(big.Int).SetString(words[1], 36)
	if err != nil || !ok || units.BitLen() > maxDigits*digitBits {
		return errSum
	}
	s.special = special(flags)
	sign := int64(units.Sign())
	units.Abs(units)
	mask := big.NewInt(digitMask)
	for place := 0; units.Sign() > 0; place++ {
		if digit := new(big.Int).And(units, mask).Int64(); digit != 0 {
			s.extend(place)
			s.digits[place-int(s.base)] = sign * digit
		}
		units.Rsh(units, digitBits)
	}
	return nil
}

var errSum = errors.New("not a sum that this program wrote")

// rowsText returns the number of values of the only group, or 0 where they are not counted.
func rowsText(rows []int64) string {
	if len(rows) == 0 {
		return "0 "
	}
	return strconv.FormatInt(rows[0], 10) + " "
}

// resumeRows reads the number of values, and returns the n words behind it.
func resumeRows(rows []int64, words []string, n int) ([]string, error) {
	if len(words) != n+1 {
		return nil, errSum
	}
	count, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil || count < 0 {
		return nil, errSum
	}
	if len(rows) > 0 {
		rows[0] = count
	}
	return words[1:], nil
}

// parseWide reads a number that wide.big wrote.
func parseWide(word string) (wide, error) {
	n, ok := new(big.Int).SetString(word, 10)
	if !ok {
		return wide{}, errSum
	}
	v, ok := gold.Int128OfBig(n)
	if !ok {
		return wide{}, errSum
	}
	return wide{high: v.High, low: v.Low}, nil
}
