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
	return s.answerRows(w, r, "dataset", param.RowsLimit)
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
	return s.answerRows(w, r, "endpoint", param.EndpointLimit)
}

func (s *Server) answerRows(w http.ResponseWriter, r *http.Request, segment string, defaultLimit func(*gold.Dataset) int64) error {
	req, err := s.openPage(w, r)
	if err != nil {
		return err
	}
	v, err := req.version(r, segment)
	if err != nil {
		return err
	}
	p, q, err := s.planRows(r.Context(), req, v, defaultLimit)
	if err != nil {
		return err
	}
	if req.rep.format == format.Parquet && req.cursor == nil && q.Limit == 0 && q.Whole() && s.files.dir != "" {
		return s.sendFile(w, r, p, v)
	}
	return s.answer(w, r, p)
}

// planRows reads a question for rows of a version.
func (s *Server) planRows(ctx context.Context, req *request, v *gold.Version, defaultLimit func(*gold.Dataset) int64) (*plan, *query.RowsQuery, error) {
	req.explain = param.ReadExplain(req.params, req.rep.format)
	sc := req.catalog.Wide(v)
	most := param.BoundOf(&v.Dataset, req.rep.format, defaultLimit(&v.Dataset))
	q, err := param.Paged(req.params, req.cursor, v.Dataset.Name, param.RowsParameters, func(p *param.Set) *query.RowsQuery { return param.ReadRows(p, sc, most) })
	if err != nil {
		return nil, nil, err
	}
	if err := q.Ready(); err != nil {
		return nil, nil, err
	}
	if req.cursor != nil {
		q.After = req.cursor.After
	}
	q.Bare = req.rep.format != format.JSON
	if err := s.engine.HoldRows(ctx, q); err != nil {
		return nil, nil, err
	}
	read := func(ctx context.Context, to body.Sink) (*body.Meta, error) { return s.page(ctx, req, q, to) }
	p := &plan{
		req: req, links: []string{s.schemaLink(req, &v.Dataset)},
		table: &table{
			name: fileTitle(&v.Dataset), rows: q.Limit, cut: orAll(q.Limit) < v.Rows,
			size: sizeOf(&v.Dataset, q.Limit, v.Rows, !q.Filtered(), q.Asked),
			read: read,
		},
	}
	p.of.Text("rows", v.Dataset.Name)
	p.of.Rows(q)
	p.of.Values(q.After)
	return p, q, nil
}

// page gives a page to a sink and says where the next one is.
func (s *Server) page(ctx context.Context, req *request, q *query.RowsQuery, to body.Sink) (*body.Meta, error) {
	m, err := body.Pour(ctx, func() (*query.Answer, error) { return s.engine.Rows(ctx, q) }, to)
	if err == nil && m.Truncated {
		req.next(q.Scope.Version.Dataset.Name, m)
	}
	return m, err
}
