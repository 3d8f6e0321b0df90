package api

import (
	"context"
	"net/http"

	"goldserve/gold"
)

// handleRow answers /datasets/{dataset}/rows/{key}.
//
//	@ID			row
//	@Summary	One row of {dataset} by its key
//	@Tags		rows
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Param		key	path	string	true	"the key"
//	@Success	200	{object}	map[string]any	"the row"
//	@Failure	404	{object}	problemBody	"row_not_found"
//	@Router		/datasets/{dataset}/rows/{key} [get]
func (s *Server) handleRow(w http.ResponseWriter, r *http.Request) error {
	return s.answerRow(w, r, "dataset")
}

// handleEndpointRow answers /{endpoint}/{key}.
//
//	@ID			endpoint_row
//	@Summary	One row of {dataset} by its key
//	@Tags		endpoints
//	@Produce	json
//	@Param		endpoint	path	string	true	"the endpoint"
//	@Param		key	path	string	true	"the key"
//	@Success	200	{object}	map[string]any	"the row"
//	@Failure	404	{object}	problemBody	"row_not_found"
//	@Router		/{endpoint}/{key} [get]
func (s *Server) handleEndpointRow(w http.ResponseWriter, r *http.Request) error {
	return s.answerRow(w, r, "endpoint")
}

func (s *Server) answerRow(w http.ResponseWriter, r *http.Request, segment string) error {
	req, err := s.open(w, r, jsonOnly)
	if err != nil {
		return err
	}
	v, err := req.version(r, segment)
	if err != nil {
		return err
	}
	d := &v.Dataset
	key, _ := pathParam(r, "key")
	where := readKey(req.params, d, key)
	sc := req.catalog.narrow(v)
	fields := readFields(req.params, sc)
	if err := req.params.err(rowParameters...); err != nil {
		return err
	}
	q := &rowsQuery{scope: sc, where: where, sort: d.TotalSort(nil), fields: fields, bound: bound{limit: 1, most: 1}}
	if err := q.ready(); err != nil {
		return err
	}
	p := &plan{req: req, perhaps: true, links: []string{s.schemaLink(req, d)}, compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
		row := &record{body: append(dst, `{"data":`...)}
		m, err := pour(ctx, func() (*openAnswer, error) { return s.engine.row(ctx, q) }, row.begin)
		if err == nil && m.count == 0 {
			err = gold.Errorf(gold.NotFound, gold.CodeRowNotFound, "%s has no row with the key %s", d.Name, key)
		}
		if err != nil {
			return nil, nil, err
		}
		m.counted = false
		return append(row.body, ",\n"...), m, nil
	}}
	p.of.text("row", d.Name)
	p.of.rows(q)
	return s.answer(w, r, p)
}
