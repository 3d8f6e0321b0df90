package api

import (
	"context"
	"net/http"

	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// handleRows answers /datasets/{dataset}/rows.
//
//	@ID			rows
//	@Summary	Rows of {dataset}
//	@Description	Filtered, sorted, and in pages of one release: meta.next is the URL of the next one.
//	@Tags		rows
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Success	200	{object}	map[string]any	"a page of rows"
//	@Router		/datasets/{dataset}/rows [get]
func (s *service) handleRows(w http.ResponseWriter, r *http.Request) error {
	return s.answerRows(w, r, param.RowsLimit)
}

// handleEndpoint answers a dataset's own endpoint: all rows up to the contract's limit.
//
//	@ID			endpoint
//	@Summary	{dataset}
//	@Description	All rows up to the default limit; otherwise the same as /datasets/{dataset}/rows.
//	@Tags		endpoints
//	@Produce	json
//	@Param		endpoint	path	string	true	"the endpoint"
//	@Success	200	{object}	map[string]any	"a page of rows"
//	@Router		/{endpoint} [get]
func (s *service) handleEndpoint(w http.ResponseWriter, r *http.Request) error {
	return s.answerRows(w, r, param.EndpointLimit)
}

func (s *service) answerRows(w http.ResponseWriter, r *http.Request, defaultLimit func(*gold.Dataset) int64) error {
	req, err := s.openPage(w, r)
	if err != nil {
		return err
	}
	v, err := s.versionOf(r, req)
	if err != nil {
		return err
	}
	p, err := s.pendingRows(r.Context(), req, v, defaultLimit)
	if err != nil {
		return err
	}
	return s.responder.Respond(w, r, p)
}

// pendingRows reads a question for rows of a version.
func (s *service) pendingRows(ctx context.Context, req *request, v *gold.Version, defaultLimit func(*gold.Dataset) int64) (*respond.Pending, error) {
	q, err := req.params.Rows(req.catalog.Catalog, v, req.rep.Format, defaultLimit(&v.Dataset))
	if err != nil {
		return nil, err
	}
	q.Bare = req.rep.Format != format.JSON
	if err := s.engine.CheckRows(ctx, q); err != nil {
		return nil, err
	}
	p := s.pending(req)
	p.Links = []string{s.schemaLink(req, &v.Dataset)}
	p.Table = req.table(v, "", q.Bound, !q.Filtered(), body.Of(s.engine.Rows, q, req.next))
	if req.params.Cursor == nil && q.Limit == 0 && q.Whole() {
		p.Table.Whole = v
	}
	p.Question.Text("rows", v.Dataset.Name)
	p.Question.Rows(q)
	p.Question.Values(q.After)
	return p, nil
}
