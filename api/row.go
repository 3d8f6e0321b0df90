package api

import (
	"context"
	"net/http"

	"goldserve/api/edge"
	"goldserve/gold/query/body"
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
//	@Failure	404	{object}	edge.Problem	"row_not_found"
//	@Router		/datasets/{dataset}/rows/{key} [get]
func (s *service) handleRow(w http.ResponseWriter, r *http.Request) error {
	return s.answerRow(w, r)
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
//	@Failure	404	{object}	edge.Problem	"row_not_found"
//	@Router		/{endpoint}/{key} [get]
func (s *service) handleEndpointRow(w http.ResponseWriter, r *http.Request) error {
	if s.endpointOfTwo(r) {
		return s.handleEndpoint(w, r)
	}
	return s.answerRow(w, r)
}

func (s *service) answerRow(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, jsonOnly)
	if err != nil {
		return err
	}
	v, err := s.versionOf(r, req)
	if err != nil {
		return err
	}
	key, _ := edge.PathParam(r, "key")
	q, err := req.params.Row(req.catalog.Catalog, v, key)
	if err != nil {
		return err
	}
	p := s.pending(req)
	p.MayBeMissing, p.Links = true, []string{s.schemaLink(req, &v.Dataset)}
	p.Compute = func(ctx context.Context, dst []byte) ([]byte, *body.Meta, error) {
		return body.AppendRow(ctx, dst, body.Of(s.engine.Row, q, req.next))
	}
	p.Question.Text("row", v.Dataset.Name)
	p.Question.Rows(&q.RowsQuery)
	return s.responder.Respond(w, r, p)
}
