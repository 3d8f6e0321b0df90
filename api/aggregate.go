package api

import (
	"context"
	"net/http"

	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
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
func (s *Server) handleAggregate(w http.ResponseWriter, r *http.Request) error {
	req, err := s.openPage(w, r)
	if err != nil {
		return err
	}
	req.explain = param.ReadExplain(req.params, req.rep.format)
	v, err := req.version(r, "dataset")
	if err != nil {
		return err
	}
	sc := req.catalog.Narrow(v)
	most := param.BoundOf(&v.Dataset, req.rep.format, param.RowsLimit(&v.Dataset))
	q, err := param.Paged(req.params, req.cursor, v.Dataset.Name+"/aggregate", param.AggregateParameters, func(p *param.Set) *query.AggregateQuery {
		q := param.ReadAggregate(p, sc, most)
		param.HoldGroupsAlone(p, q, req.rep.format)
		return q
	})
	if err != nil {
		return err
	}
	if err := q.Ready(); err != nil {
		return err
	}
	if req.cursor != nil {
		q.After = req.cursor.After
	}
	q.Bare = req.rep.format != format.JSON
	if err := s.engine.HoldGroups(r.Context(), q); err != nil {
		return err
	}
	read := func(ctx context.Context, to body.Sink) (*body.Meta, error) { return s.groups(ctx, req, q, to) }
	p := &plan{
		req: req,
		table: &table{
			name: fileTitle(&v.Dataset) + "_aggregate", rows: q.Limit, cut: orAll(q.Limit) < v.Rows,
			size: sizeOf(&v.Dataset, q.Limit, v.Rows, false, q.Asked),
			read: read,
		},
	}
	p.of.Text("aggregate", v.Dataset.Name)
	p.of.Aggregate(q)
	p.of.Values(q.After)
	return s.answer(w, r, p)
}

// groups gives groups to a sink and says where the next ones are.
func (s *Server) groups(ctx context.Context, req *request, q *query.AggregateQuery, to body.Sink) (*body.Meta, error) {
	m, err := body.Pour(ctx, func() (*query.Answer, error) { return s.engine.Aggregate(ctx, q) }, to)
	if err == nil && m.Truncated {
		req.next(q.Scope.Version.Dataset.Name+"/aggregate", m)
	}
	return m, err
}
