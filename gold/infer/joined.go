package infer

import (
	"context"

	"goldserve/gold"
	"goldserve/gold/lake"
)

// joined is a field that rows get from the dataset that they refer to.
type joined struct {
	relation Relation
	field    *Field
	values   map[gold.Value]gold.Value // by the other dataset's key
}

// load reads the field's values.
func (j *joined) load(ctx context.Context, t *lake.Table) error {
	j.values = make(map[gold.Value]gold.Value, t.Rows())
	read := lake.Read{Fields: []string{j.relation.To.Key[0].Name, j.field.Name}, Workers: 1}
	_, err := t.Read(ctx, read, func(_ int, b *gold.Batch, _ int64) error {
		for i := range b.Rows {
			j.values[b.Columns[0].Value(i)] = b.Columns[1].Value(i)
		}
		return nil
	})
	return err
}

// rows returns the rows of a batch with the fields that the aggregate looks up.
func (a *aggregate) rows(fields []gold.Field, b *gold.Batch) *gold.Batch {
	if len(a.joined) == 0 {
		return b
	}
	own := len(fields) - len(a.joined)
	out := gold.NewBatch(fields, 0)
	out.Rows = b.Rows
	copy(out.Columns, b.Columns[:own])
	for k, j := range a.joined {
		on, c := b.Column(j.relation.Field.Name), &out.Columns[own+k]
		for i := range b.Rows {
			c.Append(j.values[on.Value(i)]) // null where the row refers to nothing
		}
	}
	return out
}
