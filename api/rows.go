package api

import (
	"context"
	"net/http"

	"goldserve/gold"
	"goldserve/gold/format"
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
	return s.answerRows(w, r, "dataset", rowsLimit)
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
	return s.answerRows(w, r, "endpoint", endpointLimit)
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
	sc := req.catalog.wide(v)
	most := req.bound(&v.Dataset, defaultLimit(&v.Dataset))
	q, err := paged(req.params, req.cursor, v.Dataset.Name, rowsParameters, func(p *params) *rowsQuery { return readRowsQuery(p, sc, most) })
	if err != nil {
		return err
	}
	if err := q.ready(); err != nil {
		return err
	}
	if req.cursor != nil {
		q.after = req.cursor.after
	}
	q.bare = req.rep.format != format.JSON
	if q.limit == 0 && v.Rows > q.most && (q.bare || !q.filtered()) { // pages of a filter find out while they are read
		if err := s.engine.holdRows(r.Context(), q); err != nil {
			return err
		}
	}
	p := &plan{
		req: req, links: []string{s.schemaLink(req, &v.Dataset)},
		compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
			rows := newObjects(dst)
			m, err := s.page(ctx, req, q, rows.begin)
			return append(rows.body, "],\n"...), m, err
		},
		table: &table{
			name: fileTitle(&v.Dataset), rows: q.limit, cut: orAll(q.limit) < v.Rows,
			size:  sizeOf(&v.Dataset, q.limit, v.Rows, !q.filtered(), q.asked),
			write: func(ctx context.Context, to sink) (*meta, error) { return s.page(ctx, req, q, to) },
		},
	}
	p.of.text("rows", v.Dataset.Name)
	p.of.rows(q)
	p.of.values(q.after)
	if req.rep.format == format.Parquet && req.cursor == nil && q.limit == 0 && q.whole() && s.files.dir != "" {
		return s.sendFile(w, r, p, v)
	}
	return s.answer(w, r, p)
}

// page gives a page to a sink and says where the next one is.
func (s *Server) page(ctx context.Context, req *request, q *rowsQuery, to sink) (*meta, error) {
	m, err := pour(ctx, func() (*openAnswer, error) { return s.engine.rows(ctx, q) }, to)
	if err == nil && m.truncated {
		req.next(q.scope.version.Dataset.Name, m)
	}
	return m, err
}
