package api

import (
	"net/http"

	"goldserve/gold/query/body"
)

// handleValues answers with the distinct values of a field under any filter, those of the most rows first.
//
//	@ID			values
//	@Summary	Distinct values of a field of {dataset}
//	@Description	With their numbers of rows, those of the most rows first, under any filter.
//	@Tags		figures
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Param		field	path	string	true	"the field"
//	@Success	200	{object}	map[string]any	"values"
//	@Failure	404	{object}	problemBody	"unknown_field"
//	@Router		/datasets/{dataset}/values/{field} [get]
func (s *Server) handleValues(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, tables)
	if err != nil {
		return err
	}
	v, err := s.versionOf(r, req)
	if err != nil {
		return err
	}
	d := &v.Dataset
	name, _ := pathParam(r, "field")
	q, err := req.params.Values(req.catalog.Catalog, v, req.rep.format, name)
	if err != nil {
		return err
	}
	if err := s.engine.HoldValues(r.Context(), q); err != nil {
		return err
	}
	p := &plan{
		req: req,
		table: &table{
			name: fileTitle(d) + "_" + q.Field.Name, rows: q.Limit, cut: orAll(q.Limit) < v.Rows,
			size: sizeOf(d, q.Limit, v.Rows, false, q.Asked),
			read: body.Of(s.engine.Values, q, req.next),
		},
	}
	p.of.Text("values", d.Name)
	p.of.ValuesOf(q)
	return s.answer(w, r, p)
}
