package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/param"
)

// handleKPIs answers /kpis: a flat object of the model's metrics, in its order. Unfiltered figures come from the
// release; a metric whose dataset can't take a filter is null, and meta.unavailable says why.
//
//	@ID			kpis
//	@Summary	The model's key figures
//	@Description	A flat object of figures. A figure whose dataset can't take a filter is null, and meta.unavailable says why.
//	@Tags		figures
//	@Produce	json
//	@Success	200	{object}	map[string]any	"the figures"
//	@Router		/kpis [get]
func (s *Server) handleKPIs(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, jsonOnly)
	if err != nil {
		return err
	}
	c := req.catalog
	if len(c.KPIs) == 0 {
		return gold.Errorf(gold.NotFound, gold.CodeUnknownDataset, "%s has no key figures", c.Title())
	}
	req.readExplain()
	describe := req.params.Word("describe", "true", "false") == "true"
	q := param.ReadKPIs(req.params, c.Catalog)
	if err := req.params.Err(append(slices.Clone(param.KPIParameters), param.KPIFilterNames(q.KPIs)...)...); err != nil {
		return err
	}
	if err := q.Ready(); err != nil {
		return err
	}
	p := &plan{req: req, compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
		return s.kpisBody(ctx, q, describe, dst)
	}}
	p.of.Text("kpis", q.Compare)
	p.of.Bool(describe)
	p.of.KPIs(q)
	return s.answer(w, r, p)
}

// kpisBody appends the figures, with those of the comparison where there is one.
func (s *Server) kpisBody(ctx context.Context, q *query.KPIQuery, describe bool, dst []byte) ([]byte, *meta, error) {
	body := &object{b: append(dst, '{')}
	m, err := pour(ctx, func() (*query.Answer, error) { return s.engine.KPIs(ctx, q) }, func(fields []gold.Field) (func(*gold.Batch) error, error) {
		return func(b *gold.Batch) error {
			values := b.Row(0, nil)
			appendKPIs(body, q.KPIs, fields, values)
			if q.Comparison == nil {
				return nil
			}
			for i, name := range []string{"previous", "change"} {
				from := (i + 1) * len(q.KPIs)
				body.name(name)
				inner := &object{b: append(body.b, '{')}
				appendKPIs(inner, q.KPIs, fields[from:], values[from:])
				body.b = append(inner.b, '}')
			}
			return nil
		}, nil
	})
	if err != nil {
		return nil, nil, err
	}
	m.counted = false
	if describe {
		if m.describe, err = describeKPIs(q.KPIs); err != nil {
			return nil, nil, err
		}
	}
	return append(body.b, ",\n"...), m, nil
}

// appendKPIs appends a member for each figure.
func appendKPIs(o *object, kpis []query.KPI, fields []gold.Field, values []gold.Value) {
	for i := range kpis {
		o.name(kpis[i].Name)
		o.b = format.AppendValue(o.b, values[i], &fields[i])
	}
}

// describeKPIs returns labels, units and formats by metric, in the order of the figures.
func describeKPIs(kpis []query.KPI) (json.RawMessage, error) {
	o := &object{b: []byte{'{'}}
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
		o.raw(k.Name, doc)
	}
	return append(o.b, '}'), nil
}
