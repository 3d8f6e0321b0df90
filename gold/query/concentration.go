package query

import (
	"context"
	"fmt"
	"math"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// concentrationShares are the rows of an answer: shares of the groups, the largest groups first.
var concentrationShares = []float64{0.01, 0.05, 0.1, 0.2, 0.5, 1}

// maxConcentrated bounds the groups of one concentration, 8 bytes each.
const maxConcentrated = 10_000_000

// Concentration answers a query of one measure by one field with how much of the measure the largest groups hold, from
// the largest hundredth to all.
func (e *Engine) Concentration(ctx context.Context, q *AggregateQuery) (*Answer, error) {
	column := q.Columns()[1]
	var values []float64
	var metadata Metadata
	stats, err := EachBatch(ctx, func() (gold.Rows, error) { return e.groups(ctx, &metadata, q, maxConcentrated+1) }, func(b *gold.Batch) error {
		if len(values)+b.Rows > maxConcentrated {
			return gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, "%s has more than %d values here: filter them", q.Groups[0].Field, maxConcentrated)
		}
		for i := range b.Rows {
			value := 0.0
			if v := b.Columns[1].Value(i); !v.IsNull() {
				value = v.Real(column.Scale)
			}
			values = append(values, value)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("measure the concentration of %s: %w", q.Scope.Version.Dataset.Name, err)
	}
	column.Kind, column.Scale, column.Precision = gold.Double, 0, 0
	out := shares(values, column)
	return &Answer{Metadata: metadata, Fields: out.Fields, rows: gold.RowsOf(out, stats, nil), limit: Everything}, nil
}

// shares sums values, which descend, up to each share of their number. Sums are exact and rounded once.
func shares(values []float64, column gold.Field) *gold.Batch {
	fields := []gold.Field{{Name: "share", Kind: gold.Double}, {Name: "groups", Kind: gold.Int}, column, {Name: "part", Kind: gold.Double, Nullable: true}}
	out := gold.NewBatch(fields, len(concentrationShares))
	var all measure.Sum
	all.AddSlice(values)
	var sum measure.Sum
	n := 0
	for _, share := range concentrationShares {
		// A share of few groups is at least one group; a product that is whole but for its last bit isn't rounded up.
		next := int(math.Ceil(share*float64(len(values)) - 1e-9))
		sum.AddSlice(values[n:next])
		n = next
		out.AppendRow(gold.NewDouble(share), gold.NewInt(int64(n)), gold.NewDouble(sum.Value()), gold.Ratio(gold.NewDouble(sum.Value()), gold.NewDouble(all.Value())))
	}
	return out
}
