package query

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"goldserve/gold"
)

// Ready returns an error if a dataset that the query reads has no rows.
func (q *ValuesQuery) Ready() error {
	return q.Scope.ready(LookedUp(append(q.Where, gold.Predicate{Join: q.Field.Join}))...)
}

// aggregation is the question for all values.
func (q *ValuesQuery) aggregation() gold.Aggregation {
	return gold.Aggregation{
		Version: q.Scope.Version, Where: q.Where,
		Group:    []gold.Group{{Field: q.Field.Field.Name, As: "value", Join: q.Field.Join}},
		Measures: []gold.Measure{{Func: gold.Count, As: "count"}},
		Sort:     []gold.Sort{{Field: "count", Desc: true}, {Field: "value"}},
	}
}

// Values answers with the values of a field. A search looks through all values as they stream by.
func (e *Engine) Values(ctx context.Context, q *ValuesQuery) (*Answer, error) {
	of := q.aggregation()
	limit := q.rows()
	if q.Text == "" && limit != Everything {
		of.Limit = limit + 1
	}
	a := &Answer{
		Fields: of.OutFields(), what: "read values of " + q.Scope.Version.Dataset.Name + "." + q.Field.Name,
		limit: limit, early: true, each: q.matching,
	}
	var err error
	if a.rows, err = e.fromSmallest(ctx, &a.Metadata, q.Scope.Catalog, of); err != nil {
		return nil, fmt.Errorf("%s: %w", a.what, err)
	}
	a.end = func(context.Context) error {
		if a.Truncated && q.Limit == 0 {
			return q.tooMany()
		}
		return nil
	}
	return a, nil
}

// CheckValues returns an error if a query asks for all values and they are more than its answer may have.
func (e *Engine) CheckValues(ctx context.Context, q *ValuesQuery) error {
	return q.check(ctx, q.Scope.Version, func(ask int64) (gold.Rows, error) {
		all := q.aggregation()
		all.Limit = ask
		return e.fromSmallest(ctx, nil, q.Scope.Catalog, all)
	})
}

// matching returns the rows of a batch whose value contains the text that is searched for.
func (q *ValuesQuery) matching(b *gold.Batch) *gold.Batch {
	if q.Text == "" {
		return b
	}
	found := gold.NewBatch(b.Fields, 0)
	for i := range b.Rows {
		if c := &b.Columns[0]; !c.IsNull(i) && strings.Contains(Fold(string(c.Text(i))), q.Text) {
			found.AppendRow(b.Row(i, nil)...)
		}
	}
	return found
}

// Fold makes texts that differ in case or accents alone equal: decomposed, without marks, by simple case folding.
func Fold(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		folded := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			folded = min(folded, other)
		}
		return folded
	}, norm.NFKD.String(text))
}
