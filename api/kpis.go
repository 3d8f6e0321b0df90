package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"goldserve/gold"
	"goldserve/gold/format"
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
	if len(c.metrics) == 0 {
		return gold.Errorf(gold.NotFound, gold.CodeUnknownDataset, "%s has no key figures", c.title())
	}
	describe := req.params.word("describe", "true", "false") == "true"
	q := readKPIQuery(req.params, c.releaseCatalog)
	if err := req.params.err(append(slices.Clone(kpiParameters), kpiFilterNames(q.kpis)...)...); err != nil {
		return err
	}
	if err := q.ready(); err != nil {
		return err
	}
	p := &plan{req: req, compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
		return s.kpisBody(ctx, q, describe, dst)
	}}
	p.of.text("kpis", q.compare)
	p.of.bool(describe)
	p.of.kpis(q)
	return s.answer(w, r, p)
}

// kpisBody appends the figures, with those of the comparison where there is one.
func (s *Server) kpisBody(ctx context.Context, q *kpiQuery, describe bool, dst []byte) ([]byte, *meta, error) {
	body := &object{b: append(dst, '{')}
	m, err := pour(ctx, func() (*openAnswer, error) { return s.engine.keyFiguresOf(ctx, q) }, func(fields []gold.Field) (func(*gold.Batch) error, error) {
		return func(b *gold.Batch) error {
			values := b.Row(0, nil)
			appendKPIs(body, q.kpis, fields, values)
			if q.comparison == nil {
				return nil
			}
			for i, name := range []string{"previous", "change"} {
				from := (i + 1) * len(q.kpis)
				body.name(name)
				inner := &object{b: append(body.b, '{')}
				appendKPIs(inner, q.kpis, fields[from:], values[from:])
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
		if m.describe, err = describeKPIs(q.kpis); err != nil {
			return nil, nil, err
		}
	}
	return append(body.b, ",\n"...), m, nil
}

// appendKPIs appends a member for each figure.
func appendKPIs(o *object, kpis []kpi, fields []gold.Field, values []gold.Value) {
	for i := range kpis {
		o.name(kpis[i].name)
		o.b = format.AppendValue(o.b, values[i], &fields[i])
	}
}

// describeKPIs returns labels, units and formats by metric, in the order of the figures.
func describeKPIs(kpis []kpi) (json.RawMessage, error) {
	o := &object{b: []byte{'{'}}
	for _, k := range kpis {
		if k.metric == nil {
			continue
		}
		doc, err := json.Marshal(struct {
			Dataset string `json:"dataset"`
			gold.Doc
		}{k.version.Dataset.Name, k.metric.Doc})
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", k.name, err)
		}
		o.raw(k.name, doc)
	}
	return append(o.b, '}'), nil
}
