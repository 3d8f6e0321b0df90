package query

import (
	"context"

	"goldserve/gold"
)

// page starts the answer after the cursor's row and cuts it at the limit.
func (p *rowsPlan) page() Reason {
	q := p.query
	p.stored.After, p.stored.Limit = q.After, q.ask()
	p.answer.limit = q.rows()
	p.answer.position = func(b *gold.Batch, i int) []gold.Value { return position(b, i, q.Sort) }
	if p.answer.limit == Everything && q.After == nil {
		return Whole
	}
	return Applied
}

// ask returns how many rows to ask the store for (0: all of them): one more than the answer has, unless the release tells
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

// page starts the answer after the cursor's group and cuts it at the limit. One group more tells whether there are more.
func (p *groupsPlan) page(context.Context) (Reason, error) {
	p.limit = 0
	limit := p.query.rows()
	if limit != Everything {
		p.limit = limit + 1
	}
	if p.answer != nil {
		p.answer.limit = limit
		p.answer.position = func(b *gold.Batch, i int) []gold.Value { return b.Row(i, nil)[:len(p.query.Groups)] }
	}
	if limit == Everything && p.query.After == nil {
		return Whole, nil
	}
	return Applied, nil
}

// position returns the values of a sort in row i.
func position(b *gold.Batch, i int, sort []gold.Sort) []gold.Value {
	values := make([]gold.Value, len(sort))
	for k, term := range sort {
		values[k] = b.Column(term.Field).Value(i)
	}
	return values
}
