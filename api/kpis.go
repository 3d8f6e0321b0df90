package api

import (
	"context"
	"net/http"

	"goldserve/api/respond"
	"goldserve/gold/query/body"
)

// handleKPIs answers /kpis: a flat object of the model's metrics, in its order. Unfiltered figures come from the
// release; a metric whose dataset can't take a filter is null, and meta.unavailable says why.
//
//	@ID			kpis
//	@Summary	The model's key figures
//	@Description	A flat object of key figures. If the dataset of one doesn't have the field of a filter, it is null, and meta.unavailable says why.
//	@Tags		figures
//	@Produce	json
//	@Success	200	{object}	map[string]any	"the figures"
//	@Router		/kpis [get]
func (s *service) handleKPIs(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, jsonOnly)
	if err != nil {
		return err
	}
	p, err := s.pendingKPIs(req)
	if err != nil {
		return err
	}
	return s.responder.Respond(w, r, p)
}

// pendingKPIs reads a question for key figures.
func (s *service) pendingKPIs(req *request) (*respond.Pending, error) {
	q, err := req.params.KPIs(req.catalog.Catalog)
	if err != nil {
		return nil, err
	}
	p := s.pending(req)
	p.Compute = func(ctx context.Context, dst []byte) ([]byte, *body.Meta, error) {
		return body.AppendKPIs(ctx, dst, q, body.Of(s.engine.KPIs, q, req.next))
	}
	p.Question.Text("kpis", q.Compare)
	p.Question.Bool(q.Describe)
	p.Question.KPIs(q)
	return p, nil
}
