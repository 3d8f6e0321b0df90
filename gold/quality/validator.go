package quality

import (
	"fmt"
	"math"
	"regexp"

	"goldserve/gold"
)

// newMissing returns a validator that fails the listed values.
func newMissing(r gold.Rule, f *gold.Field) (validator, error) {
	if len(r.Missing) == 0 {
		return nil, nil // nulls alone are missing
	}
	return newList(r.Missing, f, true)
}

// newInvalid returns a validator that fails invalid values.
func newInvalid(r gold.Rule, f *gold.Field) (validator, error) {
	if r.Step != "" {
		return newMultiples(r.Step, f)
	}
	if r.Minimum != nil || r.Maximum != nil {
		within := *f
		within.Minimum, within.Maximum = r.Minimum, r.Maximum
		return newRange(&within)
	}
	limited := r.Pattern != "" || r.MinLength > 0 || r.MaxLength > 0
	switch {
	case limited && f.Kind != gold.Text:
		return nil, fmt.Errorf("pattern and length are for text, %s is %s", f.Name, f.Kind)
	case !limited && r.Valid != nil:
		return newList(r.Valid, f, false)
	case !limited:
		return newRange(f)
	}
	t := texts{low: r.MinLength, high: math.MaxInt}
	if r.MaxLength > 0 {
		t.high = r.MaxLength
	}
	if r.Valid != nil {
		t.listed = setOf(r.Valid)
	}
	if r.Pattern != "" {
		expression, err := regexp.Compile(r.Pattern)
		if err != nil {
			return nil, err
		}
		t.pattern = expression
	}
	return newTexts(t), nil
}

// newRange returns a validator that fails values outside the field's Minimum and Maximum.
func newRange(f *gold.Field) (validator, error) {
	switch {
	case f.Minimum == nil && f.Maximum == nil:
		return nil, fmt.Errorf("%s needs valid values, a pattern, a length, or a minimum or maximum of %s", metricInvalid, f.Name)
	case f.Kind == gold.Text || f.Kind == gold.Null:
		return nil, fmt.Errorf("a range is not for %s, as %s is", f.Kind, f.Name)
	case f.Kind == gold.Double:
		r := &doubleRange{math.Inf(-1), math.Inf(1)}
		if f.Minimum != nil {
			r.low = f.Minimum.Double()
		}
		if f.Maximum != nil {
			r.high = f.Maximum.Double()
		}
		return r, nil
	}
	if f.Kind == gold.WideDecimal {
		return newWideRange(f), nil
	}
	r := &intRange{math.MinInt64, math.MaxInt64}
	if f.Minimum != nil {
		r.low = f.Minimum.Int()
	}
	if f.Maximum != nil {
		r.high = f.Maximum.Int()
	}
	return r, nil
}

type intRange struct{ low, high int64 }

func (r *intRange) validate(c *gold.Column, rows int, fail func(int)) {
	low, high := r.low, r.high
	for i, v := range c.Ints[:rows] {
		if v < low || v > high {
			fail(i)
		}
	}
}

type doubleRange struct{ low, high float64 }

func (r *doubleRange) validate(c *gold.Column, rows int, fail func(int)) {
	low, high := r.low, r.high
	for i, v := range c.Floats[:rows] {
		if v < low || v > high {
			fail(i)
		}
	}
}

// newList returns a validator that fails the listed values of a field, or all others.
func newList(listed []string, f *gold.Field, fails bool) (validator, error) {
	if f.Kind == gold.Text {
		return newTexts(texts{listed: setOf(listed), failsListed: fails, high: math.MaxInt}), nil
	}
	ints, doubles := &intList{map[int64]struct{}{}, fails}, &doubleList{map[float64]struct{}{}, fails}
	keys := texts{listed: map[string]struct{}{}, failsListed: fails, high: math.MaxInt} // of WideDecimals
	for _, text := range listed {
		v, err := f.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no value of %s: %w", text, f.Name, err)
		}
		switch f.Kind {
		case gold.Double:
			doubles.set[v.Double()] = struct{}{}
		case gold.WideDecimal:
			keys.listed[v.Text()] = struct{}{}
		default:
			ints.set[v.Int()] = struct{}{}
		}
	}
	switch f.Kind {
	case gold.Double:
		return doubles, nil
	case gold.WideDecimal:
		return newTexts(keys), nil
	default:
		return ints, nil
	}
}

func setOf(listed []string) map[string]struct{} {
	set := make(map[string]struct{}, len(listed))
	for _, text := range listed {
		set[text] = struct{}{}
	}
	return set
}

// intList fails the values of a set, or those outside it.
type intList struct {
	set   map[int64]struct{}
	fails bool
}

func (l *intList) validate(c *gold.Column, rows int, fail func(int)) {
	for i, v := range c.Ints[:rows] {
		if _, listed := l.set[v]; listed == l.fails {
			fail(i)
		}
	}
}

// doubleList is intList of doubles. They are never NaN, and both zeros are one key.
type doubleList struct {
	set   map[float64]struct{}
	fails bool
}

func (l *doubleList) validate(c *gold.Column, rows int, fail func(int)) {
	for i, v := range c.Floats[:rows] {
		if _, listed := l.set[v]; listed == l.fails {
			fail(i)
		}
	}
}
