package query

import (
	"context"

	"goldserve/gold"
)

// page cuts the answer at its limit and after its place.
func (p *rowsPlan) page() Reason {
	q := p.query
	p.stored.After, p.stored.Limit = q.After, q.ask()
	p.answer.limit = q.rows()
	p.answer.place = func(b *gold.Batch, i int) []gold.Value { return place(b, i, p.stored.Sort) }
	if p.answer.limit == Everything && q.After == nil {
		return Whole
	}
	return Applied
}

// ask returns how many rows to ask the store for (0: all of them): one more than the answer has, where nothing else tells
// whether there are more.
func (q *RowsQuery) ask() int64 {
	switch limit := q.rows(); {
	case limit == Everything:
		return 0
	case !q.Filtered() && q.After == nil:
		return limit
	default:
		return limit + 1
	}
}

// page cuts the answer at its limit and after its place. One group more than it has tells whether there are more.
func (p *groupsPlan) page(context.Context) (Reason, error) {
	p.limit = 0
	limit := p.query.rows()
	if limit != Everything {
		p.limit = limit + 1
	}
	if p.answer != nil {
		p.answer.limit = limit
		p.answer.place = func(b *gold.Batch, i int) []gold.Value { return b.Row(i, nil)[:len(p.query.Groups)] }
	}
	if limit == Everything && p.query.After == nil {
		return Whole, nil
	}
	return Applied, nil
}

// place returns the values of a sort in row i.
func place(b *gold.Batch, i int, sort []gold.Sort) []gold.Value {
	values := make([]gold.Value, len(sort))
	for k, term := range sort {
		values[k] = b.Column(term.Field).Value(i)
	}
	return values
}
