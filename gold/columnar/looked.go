package columnar

import (
	"math"

	"goldserve/gold"
)

// field returns the column of a field that the rows of a snapshot have or look up. That of a looked-up field is made for
// the question: the account holds it.
func (r *Reader) field(s *snapshot, v *gold.Version, name string, via *gold.Join, accounts *gold.Accounts) (*column, error) {
	of, j, on, err := r.source(s, v, name, via)
	if err != nil || j == nil {
		return of, err
	}
	if err := accounts.Open().Set(int64(s.rows) * of.width()); err != nil {
		return nil, err
	}
	return j.column(s, on, of), nil
}

// width returns the bytes of a row's code or double.
func (c *column) width() int64 {
	one := newCodes(1, c.last)
	if c.doubles != nil {
		return 8
	}
	return one.bytes()
}

// column returns the dimension's column as the rows look it up by another; where there is no row it is null. The codes keep
// their meaning.
func (j *join) column(s *snapshot, on, of *column) *column {
	c := &column{
		field: of.field, last: of.last, nulls: true, texts: of.texts, ints: of.ints, base: of.base, step: of.step, within: of.within,
	}
	if of.doubles != nil {
		c.doubles = make([]float64, s.rows)
	} else {
		c.codes = newCodes(s.rows, of.last)
	}
	for row := range s.rows {
		at := int32(-1)
		if code := on.at(int32(row)); code != 0 {
			at = j.row(code)
		}
		switch {
		case c.doubles != nil && at < 0:
			c.doubles[row] = math.NaN()
		case c.doubles != nil:
			c.doubles[row] = of.doubles[at]
		case at >= 0:
			c.codes.set(row, of.codes.at(at))
		}
	}
	c.extents(s.rows, s.grid)
	return c
}
