package api

import (
	"context"
	"net/http"

	"goldserve/gold/format"
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
	v, err := req.version(r, "dataset")
	if err != nil {
		return err
	}
	sc := req.catalog.narrow(v)
	most := req.bound(&v.Dataset, rowsLimit(&v.Dataset))
	q, err := paged(req.params, req.cursor, v.Dataset.Name+"/aggregate", aggregateParameters, func(p *params) *aggregateQuery {
		q := readAggregateQuery(p, sc, most)
		if q.totals && req.rep.format != format.JSON {
			p.problem("totals", problemInvalidValue, "%s holds the groups alone: leave totals out, or ask for json", req.rep.format)
		}
		return q
	})
	if err != nil {
		return err
	}
	if err := q.ready(); err != nil {
		return err
	}
	if req.cursor != nil {
		q.after = req.cursor.after
	}
	if q.bare = req.rep.format != format.JSON; q.bare {
		if err := s.engine.holdGroups(r.Context(), q); err != nil {
			return err
		}
	}
	p := &plan{
		req: req,
		compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
			return s.aggregateBody(ctx, req, q, dst)
		},
		table: &table{
			name: fileTitle(&v.Dataset) + "_aggregate", rows: q.limit, cut: orAll(q.limit) < v.Rows,
			size:  sizeOf(&v.Dataset, q.limit, v.Rows, false, q.asked),
			write: func(ctx context.Context, to sink) (*meta, error) { return s.groups(ctx, req, q, to) },
		},
	}
	p.of.text("aggregate", v.Dataset.Name)
	p.of.aggregate(q)
	p.of.values(q.after)
	return s.answer(w, r, p)
}

// aggregateBody appends the JSON body up to its last member before meta.
func (s *Server) aggregateBody(ctx context.Context, req *request, q *aggregateQuery, dst []byte) ([]byte, *meta, error) {
	rows := newObjects(dst)
	m, err := s.groups(ctx, req, q, rows.begin)
	if err != nil {
		return nil, nil, err
	}
	body := append(rows.body, "],\n"...)
	if m.totals != nil {
		body = format.NewJSONEncoder(m.totals.Fields).AppendRow(append(body, `"totals":`...), m.totals, 0)
		body = append(body, ",\n"...)
	}
	return body, m, nil
}

// groups gives groups to a sink and says where the next ones are.
func (s *Server) groups(ctx context.Context, req *request, q *aggregateQuery, to sink) (*meta, error) {
	m, err := pour(ctx, func() (*openAnswer, error) { return s.engine.groupsOf(ctx, q) }, to)
	if err == nil && m.truncated {
		req.next(q.scope.version.Dataset.Name+"/aggregate", m)
	}
	return m, err
}
