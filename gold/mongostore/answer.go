package mongostore

import (
	"slices"

	"goldserve/gold"
)

// having keeps the groups that the condition holds for, up to the limit.
func having(b *gold.Batch, a *gold.Aggregation) (*gold.Batch, error) {
	kept := gold.NewBatch(b.Fields, 0)
	test, err := gold.NewTest(a.Having, func(p gold.Predicate) (int, error) {
		if place := slices.IndexFunc(b.Fields, func(f gold.Field) bool { return f.Name == p.Field }); place >= 0 {
			return place, nil
		}
		return 0, gold.Invalidf(gold.Problem{Parameter: p.Field, Code: gold.CodeInvalidParameter}, "the answer has no column %s", p.Field)
	})
	if err != nil {
		return nil, err
	}
	var row []gold.Value
	i := 0
	value := func(place int) gold.Value { return b.Columns[place].Value(i) }
	for i = range b.Rows {
		if a.Limit > 0 && int64(kept.Rows) == a.Limit {
			break
		}
		if test.Holds(value) {
			row = b.Row(i, row[:0])
			kept.AppendRow(row...)
		}
	}
	return kept, nil
}
