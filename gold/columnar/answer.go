package columnar

import (
	"context"
	"errors"

	"goldserve/gold"
)

// Rows answers a query.
func (r *Reader) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	return r.answer(q.Version,
		func(s *snapshot) (gold.Rows, error) { return r.rows(ctx, s, &q) },
		func() (gold.Rows, error) { return r.Reader.Rows(ctx, q) })
}

// Aggregate answers an aggregation.
func (r *Reader) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	return r.answer(a.Version,
		func(s *snapshot) (gold.Rows, error) { return r.aggregate(ctx, s, &a) },
		func() (gold.Rows, error) { return r.Reader.Aggregate(ctx, a) })
}

// answer answers from memory where it can, else from the store.
func (r *Reader) answer(v *gold.Version, memory func(*snapshot) (gold.Rows, error), store func() (gold.Rows, error)) (gold.Rows, error) {
	s := r.snapshot(v)
	why := errAbsent
	if s != nil {
		rows, err := memory(s)
		if !errors.As(err, &why) {
			if err == nil {
				r.metrics.answered(v)
			}
			return rows, err
		}
	}
	if s != nil || v.Dataset.Accelerate {
		r.metrics.fellBack(why)
	}
	if s == nil && v.Dataset.Accelerate {
		r.missed(v)
	}
	return store()
}

// Holds reports whether questions about a version are answered from memory, but for a few that only the store can answer.
func (r *Reader) Holds(v *gold.Version) bool { return (*r.held.Load())[keyOfVersion(v)] != nil }
