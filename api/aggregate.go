package api

import (
	"context"
	"net/http"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
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
	req.readExplain()
	v, err := req.version(r, "dataset")
	if err != nil {
		return err
	}
	sc := req.catalog.Narrow(v)
	most := req.bound(&v.Dataset, param.RowsLimit(&v.Dataset))
	q, err := param.Paged(req.params, req.cursor, v.Dataset.Name+"/aggregate", param.AggregateParameters, func(p *param.Set) *query.AggregateQuery {
		q := param.ReadAggregate(p, sc, most)
		if q.Totals && req.rep.format != format.JSON {
			p.Problem("totals", gold.CodeInvalidValue, "%s holds the groups alone: leave totals out, or ask for json", req.rep.format)
		}
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
	if q.Bare = req.rep.format != format.JSON; q.Bare {
		if err := s.engine.HoldGroups(r.Context(), q); err != nil {
			return err
		}
	}
	p := &plan{
		req: req,
		compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
			return s.aggregateBody(ctx, req, q, dst)
		},
		table: &table{
			name: fileTitle(&v.Dataset) + "_aggregate", rows: q.Limit, cut: orAll(q.Limit) < v.Rows,
			size:  sizeOf(&v.Dataset, q.Limit, v.Rows, false, q.Asked),
			write: func(ctx context.Context, to sink) (*meta, error) { return s.groups(ctx, req, q, to) },
		},
	}
	p.of.Text("aggregate", v.Dataset.Name)
	p.of.Aggregate(q)
	p.of.Values(q.After)
	return s.answer(w, r, p)
}

// aggregateBody appends the JSON body up to its last member before meta.
func (s *Server) aggregateBody(ctx context.Context, req *request, q *query.AggregateQuery, dst []byte) ([]byte, *meta, error) {
	rows := newObjects(dst)
	m, err := s.groups(ctx, req, q, rows.begin)
	if err != nil {
		return nil, nil, err
	}
	body := append(rows.body, "],\n"...)
	if m.Totals != nil {
		body = format.NewJSONEncoder(m.Totals.Fields).AppendRow(append(body, `"totals":`...), m.Totals, 0)
		body = append(body, ",\n"...)
	}
	return body, m, nil
}

// groups gives groups to a sink and says where the next ones are.
func (s *Server) groups(ctx context.Context, req *request, q *query.AggregateQuery, to sink) (*meta, error) {
	m, err := pour(ctx, func() (*query.Answer, error) { return s.engine.Aggregate(ctx, q) }, to)
	if err == nil && m.Truncated {
		req.next(q.Scope.Version.Dataset.Name+"/aggregate", m)
	}
	return m, err
}
