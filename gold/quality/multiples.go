package quality

import (
	"fmt"

	"goldserve/gold"
)

// multiples fails the values that a divisor does not divide.
type multiples struct{ divisor int64 }

// newMultiples returns a validator that fails values that are not multiples of a step, such as 0.05. It uses integers.
func newMultiples(step string, f *gold.Field) (validator, error) {
	if f.Kind != gold.Int && !f.Kind.Exact() || !gold.IsStep(step, f.Kind) {
		return nil, fmt.Errorf("multiples of %q are not of %s, as %s is", step, f.Kind, f.Name)
	}
	if f.Kind == gold.WideDecimal {
		return newWideMultiples(step, f.Scale), nil
	}
	return &multiples{gold.Divisor(step, f.Scale)}, nil
}

func (m *multiples) validate(c *gold.Column, rows int, fail func(int)) {
	for i, v := range c.Ints[:rows] {
		if v%m.divisor != 0 {
			fail(i)
		}
	}
}
