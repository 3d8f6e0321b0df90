package columnar

import (
	"goldserve/gold"
	"goldserve/gold/measure"
)

// agedRowBytes is what a row of a column of ages takes while it is made.
const agedRowBytes = 8

// aged returns the column of a group by age, made of two others for one question.
func (r *Reader) aged(s *snapshot, v *gold.Version, g gold.Group, account *gold.Account) (*column, error) {
	of, at, err := r.dates(s, v, g.Field, g.Join)
	if err != nil {
		return nil, err
	}
	from, since, err := r.dates(s, v, g.Age.Since, g.Age.Join)
	if err != nil {
		return nil, err
	}
	if !of.Temporal() || !from.Temporal() {
		return nil, errMeaning
	}
	if err := account.Set(int64(s.rows) * agedRowBytes); err != nil {
		return nil, err
	}
	ages := measure.AgesOf(of, from, g)
	b := newBuilder(gold.Field{Name: g.Name(), Kind: gold.Int}, false, s.rows)
	for row := range int32(s.rows) {
		age, known := int64(0), false
		if v, ok := at(row); ok {
			if first, ok := since(row); ok {
				age, known = ages.Of(v, first)
			}
		}
		b.put(age, !known)
		b.rows++
	}
	c := b.column(s.grid)
	return &c, nil
}

// dates returns the kind of a field, its own or a looked-up one, and what finds a row's value; false: null.
func (r *Reader) dates(s *snapshot, v *gold.Version, field string, via *gold.Join) (gold.Kind, func(row int32) (int64, bool), error) {
	c, j, on, err := r.source(s, v, field, via)
	if err != nil {
		return gold.Null, nil, err
	}
	if j == nil {
		return c.field.Kind, func(row int32) (int64, bool) { return c.integer(c.at(row)) }, nil
	}
	return c.field.Kind, func(row int32) (int64, bool) {
		found := j.row(on.at(row))
		if found < 0 {
			return 0, false
		}
		return c.integer(c.at(found))
	}, nil
}

// integer returns the integer of a code, and false for null.
func (c *column) integer(code uint64) (int64, bool) {
	if code == 0 {
		return 0, false
	}
	return c.int(code), true
}
