package api

import (
	"context"
	"net/http"

	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
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
	where := param.ReadKey(req.params, d, key)
	sc := req.catalog.Narrow(v)
	fields := param.ReadFields(req.params, sc)
	if err := req.params.Err(param.RowParameters...); err != nil {
		return err
	}
	q := &query.RowsQuery{Scope: sc, Where: where, Sort: d.TotalSort(nil), Fields: fields, Bound: query.Bound{Limit: 1, Most: 1}}
	if err := q.Ready(); err != nil {
		return err
	}
	read := func(ctx context.Context, to body.Sink) (*body.Meta, error) {
		return body.Pour(ctx, func() (*query.Answer, error) { return s.engine.Row(ctx, q) }, to)
	}
	p := &plan{req: req, perhaps: true, links: []string{s.schemaLink(req, d)}, compute: func(ctx context.Context, dst []byte) ([]byte, *body.Meta, error) {
		row, m, err := body.AppendRow(ctx, dst, read)
		if err == nil && m.Count == 0 {
			err = gold.Errorf(gold.NotFound, gold.CodeRowNotFound, "%s has no row with the key %s", d.Name, key)
		}
		return row, m, err
	}}
	p.of.Text("row", d.Name)
	p.of.Rows(q)
	return s.answer(w, r, p)
}
