package api

import (
	"context"
	"net/http"

	"goldserve/gold/format"
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
	v, err := req.version(r, "dataset")
	if err != nil {
		return err
	}
	d := &v.Dataset
	sc := req.catalog.narrow(v)
	name, _ := pathParam(r, "field")
	f, err := valuesField(sc, name)
	if err != nil {
		return err
	}
	least := int64(1)
	if req.rep.format != format.JSON {
		least = 0
	}
	q := readValuesQuery(req.params, sc, f, req.bound(d, valuesLimit(d)), least)
	if err := req.params.err(valuesParameters...); err != nil {
		return err
	}
	if err := q.ready(); err != nil {
		return err
	}
	if req.rep.format != format.JSON {
		if err := s.engine.holdValues(r.Context(), q); err != nil {
			return err
		}
	}
	read := func(ctx context.Context, to sink) (*meta, error) {
		return pour(ctx, func() (*openAnswer, error) { return s.engine.values(ctx, q) }, to)
	}
	p := &plan{
		req: req,
		compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
			rows := newObjects(dst)
			m, err := read(ctx, rows.begin)
			return append(rows.body, "],\n"...), m, err
		},
		table: &table{
			name: fileTitle(d) + "_" + f.name, rows: q.limit, cut: orAll(q.limit) < v.Rows,
			size:  sizeOf(d, q.limit, v.Rows, false, q.asked),
			write: read,
		},
	}
	p.of.text("values", d.Name)
	p.of.valuesOf(q)
	return s.answer(w, r, p)
}
