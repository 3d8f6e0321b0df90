package api

import (
	"context"
	"net/http"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// handleRows answers /datasets/{dataset}/rows.
//
//	@ID			rows
//	@Summary	Rows of {dataset}
//	@Description	Filtered, sorted, in pages that stay on their release: meta.next is the URL of the next one.
//	@Tags		rows
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Success	200	{object}	map[string]any	"a page of rows"
//	@Router		/datasets/{dataset}/rows [get]
func (s *Server) handleRows(w http.ResponseWriter, r *http.Request) error {
	return s.answerRows(w, r, param.RowsLimit)
}

// handleEndpoint answers a dataset's own endpoint: all rows up to the contract's limit.
//
//	@ID			endpoint
//	@Summary	{dataset}
//	@Description	All rows up to the limit; otherwise as /datasets/{dataset}/rows.
//	@Tags		endpoints
//	@Produce	json
//	@Param		endpoint	path	string	true	"the endpoint"
//	@Success	200	{object}	map[string]any	"a page of rows"
//	@Router		/{endpoint} [get]
func (s *Server) handleEndpoint(w http.ResponseWriter, r *http.Request) error {
	return s.answerRows(w, r, param.EndpointLimit)
}

func (s *Server) answerRows(w http.ResponseWriter, r *http.Request, defaultLimit func(*gold.Dataset) int64) error {
	req, err := s.openPage(w, r)
	if err != nil {
		return err
	}
	v, err := s.versionOf(r, req)
	if err != nil {
		return err
	}
	p, q, err := s.planRows(r.Context(), req, v, defaultLimit)
	if err != nil {
		return err
	}
	if req.rep.format == format.Parquet && req.params.Cursor == nil && q.Limit == 0 && q.Whole() && s.files.dir != "" {
		return s.sendFile(w, r, p, v)
	}
	return s.answer(w, r, p)
}

// planRows reads a question for rows of a version.
func (s *Server) planRows(ctx context.Context, req *request, v *gold.Version, defaultLimit func(*gold.Dataset) int64) (*plan, *query.RowsQuery, error) {
	q, err := req.params.Rows(req.catalog.Catalog, v, req.rep.format, defaultLimit(&v.Dataset))
	if err != nil {
		return nil, nil, err
	}
	q.Bare = req.rep.format != format.JSON
	if err := s.engine.HoldRows(ctx, q); err != nil {
		return nil, nil, err
	}
	p := &plan{
		req: req, links: []string{s.schemaLink(req, &v.Dataset)},
		table: &table{
			name: fileTitle(&v.Dataset), rows: q.Limit, cut: orAll(q.Limit) < v.Rows,
			size: sizeOf(&v.Dataset, q.Limit, v.Rows, !q.Filtered(), q.Asked),
			read: body.Of(s.engine.Rows, q, req.next),
		},
	}
	p.of.Text("rows", v.Dataset.Name)
	p.of.Rows(q)
	p.of.Values(q.After)
	return p, q, nil
}
