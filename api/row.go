package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"goldserve/gold"
	"goldserve/gold/format"
)

var rowParameters = []string{"fields", "release", "as_of", "format"}

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
	if v.Rows == 0 {
		return empty(d)
	}
	q := &rowsQuery{where: where, sort: d.TotalSort(nil), fields: fields, all: d.FieldNames(), limit: 1, most: 1}
	if err := published(sc.needs(q)...); err != nil {
		return err
	}
	p := &plan{req: req, perhaps: true, links: []string{s.schemaLink(req, d)}, compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
		body, m, err := s.readRow(ctx, &pageRequest{scope: sc, query: q}, dst)
		if err == nil && len(body) == len(dst) {
			err = gold.Errorf(gold.NotFound, gold.CodeRowNotFound, "%s has no row with the key %s", d.Name, key)
		}
		return body, m, err
	}}
	p.of.text("row", d.Name)
	q.canon(&p.of)
	return s.answer(w, r, p)
}

// readRow appends the one row of a query, nothing where there is none.
func (s *Server) readRow(ctx context.Context, a *pageRequest, dst []byte) ([]byte, *meta, error) {
	q, shown, loans := a.gold()
	q.Limit = 1
	encoder := format.NewJSONEncoder(shown)
	m := &meta{}
	stats, err := eachBatch(ctx, func() (gold.Rows, error) { return a.open(ctx, s, q, loans) }, func(b *gold.Batch) error {
		start := time.Now()
		if b.Rows > 0 {
			dst = append(encoder.AppendRow(append(dst, `{"data":`...), b, 0), ",\n"...)
		}
		m.encode = time.Since(start)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read a row of %s: %w", q.Version.Dataset.Name, err)
	}
	m.query, m.answeredBy = stats.Duration, stats.AnsweredBy
	return dst, m, nil
}

// readKey types the key in a path: the text itself where the key is one field, else its fields joined by commas,
// quoted as in CSV.
func readKey(p *params, d *gold.Dataset, text string) []gold.Predicate {
	items := []string{text}
	if len(d.Key) > 1 {
		var err error
		if items, err = splitList(text); err == nil && len(items) != len(d.Key) {
			err = fmt.Errorf("expected %d values separated by commas: %s", len(d.Key), list(d.Key))
		}
		if err != nil {
			p.problem("key", problemInvalidValue, "%v", err)
			return nil
		}
	}
	var where []gold.Predicate
	for i, f := range d.KeyFields() {
		v, err := gold.ParseValue(f.Kind, f.Scale, items[i])
		if err != nil {
			p.problem("key", problemInvalidValue, "%s: %v", f.Name, err)
			continue
		}
		where = append(where, gold.Predicate{Field: f.Name, Op: gold.Eq, Values: []gold.Value{v}})
	}
	return where
}
