package mongostore

import "goldserve/gold"

// having keeps the groups that all conditions hold for, up to the limit.
func having(b *gold.Batch, a *gold.Aggregation) (*gold.Batch, error) {
	kept := gold.NewBatch(b.Fields, 0)
	columns := make([]*gold.Column, len(a.Having))
	for i, p := range a.Having {
		if columns[i] = b.Column(p.Field); columns[i] == nil {
			return nil, gold.Invalidf(gold.Problem{Parameter: p.Field, Code: gold.CodeInvalidParameter}, "the answer has no column %s", p.Field)
		}
		if err := p.Check(); err != nil {
			return nil, err
		}
	}
	var row []gold.Value
	for i := range b.Rows {
		if a.Limit > 0 && int64(kept.Rows) == a.Limit {
			break
		}
		holds := true
		for k, p := range a.Having {
			holds = holds && p.Holds(columns[k].Value(i))
		}
		if holds {
			row = b.Row(i, row[:0])
			kept.AppendRow(row...)
		}
	}
	return kept, nil
}
