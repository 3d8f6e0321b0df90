package api

import (
	"context"
	"net/http"

	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
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
	req.explain = param.ReadExplain(req.params, req.rep.format)
	v, err := req.version(r, "dataset")
	if err != nil {
		return err
	}
	d := &v.Dataset
	sc := req.catalog.Narrow(v)
	name, _ := pathParam(r, "field")
	f, err := param.ValuesField(sc, name)
	if err != nil {
		return err
	}
	least := int64(1)
	if req.rep.format != format.JSON {
		least = 0
	}
	q := param.ReadValues(req.params, sc, f, param.BoundOf(d, req.rep.format, param.ValuesLimit(d)), least)
	if err := req.params.Err(param.ValuesParameters...); err != nil {
		return err
	}
	if err := q.Ready(); err != nil {
		return err
	}
	if err := s.engine.HoldValues(r.Context(), q); err != nil {
		return err
	}
	read := func(ctx context.Context, to body.Sink) (*body.Meta, error) {
		return body.Pour(ctx, func() (*query.Answer, error) { return s.engine.Values(ctx, q) }, to)
	}
	p := &plan{
		req: req,
		table: &table{
			name: fileTitle(d) + "_" + f.Name, rows: q.Limit, cut: orAll(q.Limit) < v.Rows,
			size: sizeOf(d, q.Limit, v.Rows, false, q.Asked),
			read: read,
		},
	}
	p.of.Text("values", d.Name)
	p.of.ValuesOf(q)
	return s.answer(w, r, p)
}
