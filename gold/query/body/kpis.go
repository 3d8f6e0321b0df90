package body

import (
	"context"
	"encoding/json"
	"fmt"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// AppendKPIs appends the JSON body of key figures, with those of a comparison, up to meta. If the question wants them
// described, meta has their labels, units and formats.
func AppendKPIs(ctx context.Context, dst []byte, q *query.KPIQuery, read Read) ([]byte, *Meta, error) {
	body := &Object{Bytes: append(dst, '{')}
	m, err := read(ctx, func(fields []gold.Field) (func(*gold.Batch) error, error) {
		return func(b *gold.Batch) error {
			values := b.Row(0, nil)
			body.KPIs(q.KPIs, fields, values)
			if q.Comparison == nil {
				return nil
			}
			for i, name := range []string{"previous", "change"} {
				from := (i + 1) * len(q.KPIs)
				body.Object(name, func(o *Object) { o.KPIs(q.KPIs, fields[from:], values[from:]) })
			}
			return nil
		}, nil
	})
	if err != nil {
		return nil, nil, err
	}
	m.Counted = false
	if q.Describe {
		if m.Describe, err = describeKPIs(q.KPIs); err != nil {
			return nil, nil, err
		}
	}
	return append(body.Bytes, ",\n"...), m, nil
}

// KPIs appends a member for each figure.
func (o *Object) KPIs(kpis []query.KPI, fields []gold.Field, values []gold.Value) {
	for i := range kpis {
		o.Name(kpis[i].Name)
		o.Bytes = format.AppendValue(o.Bytes, values[i], &fields[i])
	}
}

// describeKPIs returns labels, units and formats by metric, in the order of the figures.
func describeKPIs(kpis []query.KPI) (json.RawMessage, error) {
	o := &Object{Bytes: []byte{'{'}}
	for _, k := range kpis {
		if k.Metric == nil {
			continue
		}
		doc, err := json.Marshal(struct {
			Dataset string `json:"dataset"`
			gold.Doc
		}{k.Version.Dataset.Name, k.Metric.Doc})
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", k.Name, err)
		}
		o.Raw(k.Name, doc)
	}
	return append(o.Bytes, '}'), nil
}
