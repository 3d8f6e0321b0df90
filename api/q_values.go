package api

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"goldserve/gold"
)

// valuesQuery asks for the values of a field with their numbers of rows, those of the most rows first.
type valuesQuery struct {
	scope *scope
	field *reach
	where []gold.Predicate
	text  string // that values hold, folded; "": all values
	bound
}

// ready returns an error where rows that the query needs are of no release.
func (q *valuesQuery) ready() error {
	return q.scope.ready(lenders(append(q.where, gold.Predicate{Via: q.field.via}))...)
}

// aggregation is the question for all values.
func (q *valuesQuery) aggregation() gold.Aggregation {
	return gold.Aggregation{
		Version: q.scope.version, Where: q.where,
		Group:    []gold.Group{{Field: q.field.name, As: "value", Via: q.field.via}},
		Measures: []gold.Measure{{Func: gold.Count, As: "count"}},
		Sort:     []gold.Sort{{Field: "count", Desc: true}, {Field: "value"}},
	}
}

// values answers with the values of a field. A search looks through all values as they stream by.
func (e *engine) values(ctx context.Context, q *valuesQuery) (*openAnswer, error) {
	of := q.aggregation()
	limit := q.rows()
	if q.text == "" && limit != everything {
		of.Limit = limit + 1
	}
	a := &openAnswer{
		fields: of.OutFields(), what: "read values of " + q.scope.version.Dataset.Name + "." + q.field.name,
		limit: limit, early: true, each: q.matching,
	}
	var err error
	if a.rows, err = e.aggregate(ctx, q.scope.catalog, of); err != nil {
		return nil, fmt.Errorf("%s: %w", a.what, err)
	}
	a.end = func(context.Context) error {
		if a.truncated && q.limit == 0 {
			return q.tooMany()
		}
		return nil
	}
	return a, nil
}

// holdValues returns an error where all values are more than an answer may have.
func (e *engine) holdValues(ctx context.Context, q *valuesQuery) error {
	return q.holds(ctx, q.scope.version, func(ask int64) (gold.Rows, error) {
		all := q.aggregation()
		all.Limit = ask
		return e.aggregate(ctx, q.scope.catalog, all)
	})
}

// matching returns the rows of a batch whose value holds the text that is searched for.
func (q *valuesQuery) matching(b *gold.Batch) *gold.Batch {
	if q.text == "" {
		return b
	}
	found := gold.NewBatch(b.Fields, 0)
	for i := range b.Rows {
		if c := &b.Columns[0]; !c.IsNull(i) && strings.Contains(fold(string(c.Text(i))), q.text) {
			found.AppendRow(b.Row(i, nil)...)
		}
	}
	return found
}

// fold makes texts that differ in case or accents alone equal: decomposed, without marks, by simple case folding.
func fold(text string) string {
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
