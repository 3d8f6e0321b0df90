package api

import (
	"net/http"

	"goldserve/api/edge"
	"goldserve/gold/query/body"
)

// handleValues answers with the distinct values of a field under any filter, those of the most rows first.
//
//	@ID			values
//	@Summary	Distinct values of a field of {dataset}
//	@Description	With their row counts, the most frequent first, under any filter.
//	@Tags		figures
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Param		field	path	string	true	"the field"
//	@Success	200	{object}	map[string]any	"values"
//	@Failure	404	{object}	edge.Problem	"unknown_field"
//	@Router		/datasets/{dataset}/values/{field} [get]
func (s *service) handleValues(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, tables)
	if err != nil {
		return err
	}
	v, err := s.versionOf(r, req)
	if err != nil {
		return err
	}
	name, _ := edge.PathParam(r, "field")
	q, err := req.params.Values(req.catalog.Catalog, v, req.rep.Format, name)
	if err != nil {
		return err
	}
	if err := s.engine.CheckValues(r.Context(), q); err != nil {
		return err
	}
	p := s.pending(req)
	p.Table = req.table(v, "_"+q.Field.Name, q.Bound, false, body.Of(s.engine.Values, q, req.next))
	p.Question.Text("values", v.Dataset.Name)
	p.Question.ValuesOf(q)
	return s.responder.Respond(w, r, p)
}
