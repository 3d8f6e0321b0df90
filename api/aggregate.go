package api

import (
	"net/http"

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
func (s *Server) handleAggregate(w http.ResponseWriter, r *http.Request) error {
	req, err := s.openPage(w, r)
	if err != nil {
		return err
	}
	v, err := s.versionOf(r, req)
	if err != nil {
		return err
	}
	q, err := req.params.Aggregate(req.catalog.Catalog, v, req.rep.format)
	if err != nil {
		return err
	}
	q.Bare = req.rep.format != format.JSON
	if err := s.engine.HoldGroups(r.Context(), q); err != nil {
		return err
	}
	p := &plan{
		req: req,
		table: &table{
			name: fileTitle(&v.Dataset) + "_aggregate", rows: q.Limit, cut: orAll(q.Limit) < v.Rows,
			size: sizeOf(&v.Dataset, q.Limit, v.Rows, false, q.Asked),
			read: body.Of(s.engine.Aggregate, q, req.next),
		},
	}
	p.of.Text("aggregate", v.Dataset.Name)
	p.of.Aggregate(q)
	p.of.Values(q.After)
	return s.answer(w, r, p)
}
