package mongostore

import (
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// having keeps the groups that all conditions hold for, up to the limit.
func having(b *gold.Batch, a *gold.Aggregation) (*gold.Batch, error) {
	kept := gold.NewBatch(b.Fields, 0)
	columns := make([]*gold.Column, len(a.Having))
	for i, p := range a.Having {
		if columns[i] = b.Column(p.Field); columns[i] == nil {
			return nil, gold.Invalidf(gold.Problem{Parameter: p.Field, Code: gold.CodeInvalidParameter}, "the answer has no column %s", p.Field)
		}
	}
	var row []gold.Value
	for i := range b.Rows {
		if a.Limit > 0 && int64(kept.Rows) == a.Limit {
			break
		}
		holds := true
		for k, p := range a.Having {
			holds = holds && satisfies(columns[k].Value(i), p)
		}
		if holds {
			row = b.Row(i, row[:0])
			kept.AppendRow(row...)
		}
	}
	return kept, nil
}

// satisfies reports whether a predicate holds for a value of its kind.
func satisfies(v gold.Value, p gold.Predicate) bool {
	switch {
	case p.Op == gold.IsNull:
		return v.IsNull()
	case p.Op == gold.NotNull:
		return !v.IsNull()
	case v.IsNull():
		return false
	}
	equal := func(w gold.Value) bool { return !w.IsNull() && gold.Compare(v, w) == 0 }
	if p.Op == gold.In || p.Op == gold.NotIn {
		return slices.ContainsFunc(p.Values, equal) == (p.Op == gold.In)
	}
	w := p.Values[0]
	if w.IsNull() {
		return false
	}
	switch order := gold.Compare(v, w); p.Op {
	case gold.Eq:
		return order == 0
	case gold.Ne:
		return order != 0
	case gold.Lt:
		return order < 0
	case gold.Lte:
		return order <= 0
	case gold.Gt:
		return order > 0
	case gold.Gte:
		return order >= 0
	case gold.Contains:
		return strings.Contains(measure.Fold(v.Text()), measure.Fold(w.Text()))
	case gold.StartsWith:
		return strings.HasPrefix(measure.Fold(v.Text()), measure.Fold(w.Text()))
	default:
		return false
	}
}
