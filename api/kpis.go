package api

import (
	"context"
	"net/http"
	"slices"

	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
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
	p, err := s.planKPIs(req)
	if err != nil {
		return err
	}
	return s.answer(w, r, p)
}

// planKPIs reads a question for key figures.
func (s *Server) planKPIs(req *request) (*plan, error) {
	c := req.catalog
	if len(c.KPIs) == 0 {
		return nil, gold.Errorf(gold.NotFound, gold.CodeUnknownDataset, "%s has no key figures", c.Title())
	}
	req.explain = param.ReadExplain(req.params, req.rep.format)
	describe := req.params.Word("describe", "true", "false") == "true"
	q := param.ReadKPIs(req.params, c.Catalog)
	if err := req.params.Err(append(slices.Clone(param.KPIParameters), param.KPIFilterNames(q.KPIs)...)...); err != nil {
		return nil, err
	}
	if err := q.Ready(); err != nil {
		return nil, err
	}
	read := func(ctx context.Context, to body.Sink) (*body.Meta, error) {
		return body.Pour(ctx, func() (*query.Answer, error) { return s.engine.KPIs(ctx, q) }, to)
	}
	p := &plan{req: req, compute: func(ctx context.Context, dst []byte) ([]byte, *body.Meta, error) {
		return body.AppendKPIs(ctx, dst, q, describe, read)
	}}
	p.of.Text("kpis", q.Compare)
	p.of.Bool(describe)
	p.of.KPIs(q)
	return p, nil
}
