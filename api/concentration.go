package api

import (
	"net/http"

	"goldserve/api/edge"
	"goldserve/api/respond"
	"goldserve/gold/query/body"
)

// handleConcentration answers /datasets/{dataset}/concentration/{field}: how much of a measure the groups that have most
// of it have, from the largest hundredth to all.
//
//	@ID			concentration
//	@Summary	How much of a measure the largest groups of {dataset} have
//	@Description	One row for each share of the groups, the largest groups first: their number, their measure together, and its part of the total. Only for sums and counts, since their parts add up.
//	@Tags		figures
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Param		field	path	string	true	"the field to group by"
//	@Success	200	{object}	map[string]any	"shares"
//	@Failure	404	{object}	edge.Problem	"unknown_field"
//	@Router		/datasets/{dataset}/concentration/{field} [get]
func (s *service) handleConcentration(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, tables)
	if err != nil {
		return err
	}
	v, err := s.versionOf(r, req)
	if err != nil {
		return err
	}
	name, _ := edge.PathParam(r, "field")
	q, err := req.params.Concentration(req.catalog.Catalog, v, req.rep.Format, name)
	if err != nil {
		return err
	}
	p := s.pending(req)
	p.Table = &respond.Table{Name: fileTitle(&v.Dataset) + "_" + q.Groups[0].Field + "_concentration", Read: body.Of(s.engine.Concentration, q, req.next)}
	p.Question.Text("concentration", v.Dataset.Name)
	p.Question.Aggregate(q)
	return s.responder.Respond(w, r, p)
}
