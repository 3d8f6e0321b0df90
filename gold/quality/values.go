package quality

import (
	"math/bits"
	"time"

	"goldserve/gold"
)

// values counts rows by the value of one field: nulls, values that a validator fails, or both.
type values struct {
	nulls     bool
	validator validator // nil: none
	failing   int64
	examples  examples
}

// validator calls fail with the indexes, within the batch, of a column's rows whose value fails. Nulls may be among them.
type validator interface {
	validate(c *gold.Column, rows int, fail func(i int))
}

func newValues(f *gold.Field, nulls bool, check validator) *values {
	return &values{nulls: nulls, validator: check, examples: examples{field: f, personal: isPersonal(f)}}
}

func (v *values) add(columns []*gold.Column, rows int, first int64) bool {
	c := columns[0]
	fail := func(i int) {
		v.failing++
		v.examples.offer(numbered(first, i), c, i)
	}
	if v.nulls {
		eachNull(c, rows, fail)
	}
	if v.validator != nil {
		v.validator.validate(c, rows, func(i int) {
			if !c.IsNull(i) {
				fail(i)
			}
		})
	}
	return true
}

func (v *values) merge(other meter) bool {
	o := other.(*values)
	v.failing += o.failing
	v.examples.merge(&o.examples)
	return true
}

func (v *values) reading(int64, time.Time) reading {
	return reading{value: float64(v.failing), failing: v.failing, examples: v.examples.strings()}
}

// eachNull calls fn with the rows of a column that are null. Bits beyond its rows may be set.
func eachNull(c *gold.Column, rows int, fn func(i int)) {
	for w, word := range c.Nulls[:min(len(c.Nulls), (rows+63)/64)] {
		if rest := rows - w*64; rest < 64 {
			word &= 1<<rest - 1
		}
		for ; word != 0; word &= word - 1 {
			fn(w*64 + bits.TrailingZeros64(word))
		}
	}
}
