package api

import (
	"context"
	"net/http"

	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query/body"
)

// handleAggregate answers /datasets/{dataset}/aggregate.
//
//	@ID			aggregate
//	@Summary	Groups of {dataset} with measures of each
//	@Tags		figures
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Success	200	{object}	map[string]any	"groups"
//	@Router		/datasets/{dataset}/aggregate [get]
func (s *service) handleAggregate(w http.ResponseWriter, r *http.Request) error {
	req, err := s.openPage(w, r)
	if err != nil {
		return err
	}
	v, err := s.versionOf(r, req)
	if err != nil {
		return err
	}
	p, err := s.pendingGroups(r.Context(), req, v)
	if err != nil {
		return err
	}
	return s.responder.Respond(w, r, p)
}

// pendingGroups reads a question for groups of a version's rows.
func (s *service) pendingGroups(ctx context.Context, req *request, v *gold.Version) (*respond.Pending, error) {
	q, err := req.params.Aggregate(req.catalog.Catalog, v, req.rep.Format)
	if err != nil {
		return nil, err
	}
	q.Bare = req.rep.Format != format.JSON
	if err := s.engine.CheckGroups(ctx, q); err != nil {
		return nil, err
	}
	p := s.pending(req)
	p.Table = req.table(v, "_aggregate", q.Bound, false, body.Of(s.engine.Aggregate, q, req.next))
	p.Question.Text("aggregate", v.Dataset.Name)
	p.Question.Aggregate(q)
	p.Question.Values(q.After)
	return p, nil
}
