package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/openapi"
	"goldserve/scoring"
)

// scoreParameters are those of /score: its body has the rows alone.
var scoreParameters = []string{"release", "as_of", "dataset", "outputs", "format"}

// scoreFailures are the problems of /score besides those of any body.
var scoreFailures = []openapi.Failure{
	unknownDataset, {Status: http.StatusServiceUnavailable, Codes: []gold.Code{gold.CodeScoreUnavailable}},
}

// scoredBy is a machine learning model that scored the rows of an answer.
type scoredBy struct {
	Dataset string   `json:"dataset"`
	Model   string   `json:"model" example:"artifacts/returned.onnx"`
	SHA256  string   `json:"sha256"`
	Fields  []string `json:"fields" example:"probability"`
} // @name ScoredBy

// handleScore scores posted rows.
//
//	@ID			score
//	@Summary	Scores of rows that are posted
//	@Description	Rows scored by the machine learning models of a release, as a publish scores them: {"rows": [{"price": 12.5, "country": "France"}]}. A row has fields of the dataset; one that is left out is null. At most 1,000 rows and 1 MiB. Nothing is stored, cached or logged.
//	@Tags		scores
//	@Accept		json
//	@Produce	json
//	@Success	200	{array}	scoredBy	"a row of scores for each row, in their order"
//	@Router		/score [post]
func (s *service) handleScore(w http.ResponseWriter, r *http.Request) error {
	start := time.Now()
	text, err := s.readBody(w, r)
	if err != nil {
		return err
	}
	req, err := s.open(w, r, jsonOnly)
	if err != nil {
		return err
	}
	name, _ := req.params.Take("dataset")
	outputs, limited := req.params.Take("outputs")
	v, err := req.scored(name)
	if err != nil {
		return err
	}
	chosen := v.Dataset.Scored()
	if limited {
		chosen = chooseOutputs(req, v, outputs)
	}
	if err := req.params.Err(scoreParameters...); err != nil {
		return err
	}
	rows, err := readScoreRows(text, &v.Dataset, chosen)
	if err != nil {
		return err
	}
	var answer []byte
	err = s.responder.Compute(r.Context(), func(ctx context.Context) error {
		answer, err = s.score(ctx, req, v, chosen, rows)
		return err
	})
	if err != nil {
		return err
	}
	m := &body.Meta{Metadata: query.Metadata{Count: int64(rows.count)}, Counted: true, Whole: true}
	w.Header().Set("Content-Type", edge.TypeJSON)
	w.Header().Set("Cache-Control", "no-store")
	edge.Send(w, http.StatusOK, m.Close(answer, start, req.catalog.Release))
	return nil
}

// scored returns the version whose scores are asked for: that of a dataset, or the only one that has some.
func (req *request) scored(name string) (*gold.Version, error) {
	var names []string
	for _, v := range req.catalog.Versions {
		if len(v.Dataset.Scores) > 0 {
			names = append(names, v.Dataset.Name)
		}
	}
	switch {
	case len(names) == 0:
		return nil, query.Unknown(gold.CodeUnknownDataset, req.catalog.Title()+" has no dataset that is scored", "")
	case name == "" && len(names) > 1:
		req.params.Problem("dataset", gold.CodeInvalidValue, "several datasets are scored: expected one of %s", query.List(names))
		return nil, query.InvalidParameters(req.params.Problems)
	case name == "":
		name = names[0]
	case !slices.Contains(names, name):
		return nil, query.Unknown(gold.CodeUnknownDataset, fmt.Sprintf("%s has no dataset %s that is scored", req.catalog.Title(), name), gold.Nearest(name, names))
	}
	v, err := req.catalog.Dataset(name)
	if err == nil {
		err = query.Published(v)
	}
	return v, err
}

// chooseOutputs returns the fields that a parameter names, in the order of the dataset's.
func chooseOutputs(req *request, v *gold.Version, text string) []gold.Field {
	all := v.Dataset.Scored()
	known, asked := gold.FieldNames(all), strings.Split(text, ",")
	for i, name := range asked {
		if !slices.Contains(known, name) || slices.Contains(asked[:i], name) {
			req.params.Problem("outputs", gold.CodeInvalidValue, "expected fields of %s, each once", query.List(known))
			break
		}
	}
	return slices.DeleteFunc(all, func(f gold.Field) bool { return !slices.Contains(asked, f.Name) })
}

// score scores rows, and begins the answer with them and what scored them.
func (s *service) score(ctx context.Context, req *request, v *gold.Version, chosen []gold.Field, rows *scoreRows) ([]byte, error) {
	by := []scoredBy{}
	var sessions []*scoring.Session
	for i := range v.Dataset.Scores {
		score := &v.Dataset.Scores[i]
		fields := slices.DeleteFunc(score.Gives(), func(name string) bool {
			return !slices.ContainsFunc(chosen, func(f gold.Field) bool { return f.Name == name })
		})
		if len(fields) == 0 {
			continue
		}
		file, err := s.shelf.File(req.catalog.model.contracts.Name, score)
		if err != nil {
			return nil, err
		}
		scorer, err := scoring.New(file, &v.Dataset, score)
		if err != nil {
			return nil, gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "dataset %s: %s: %w", v.Dataset.Name, score.Model, err)
		}
		sessions = append(sessions, scorer.NewSession())
		by = append(by, scoredBy{Dataset: v.Dataset.Name, Model: score.Model, SHA256: score.SHA256, Fields: fields})
	}
	encoder, answer := format.NewJSONEncoder(chosen), []byte(`{"data":[`)
	for i, b := range rows.batches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		all, err := scoring.Scored(b, sessions)
		if err != nil {
			return nil, scoreProblem(i*scoreBatch, err)
		}
		part := all.Part(gold.FieldNames(chosen))
		for row := range part.Rows {
			if i+row > 0 {
				answer = append(answer, ",\n"...)
			}
			answer = encoder.AppendRow(answer, part, row)
		}
	}
	o := &body.Object{Bytes: append(answer, "],\n"...)}
	o.JSON("scored_by", by)
	return append(o.Bytes, ",\n"...), nil
}

// scoreProblem says which row can't be scored.
func scoreProblem(before int, err error) error {
	if row, ok := errors.AsType[*scoring.RowError](err); ok {
		return invalidRows([]gold.Problem{{Row: int64(before + row.Row + 1), Field: row.Field, Code: gold.CodeInvalidValue, Detail: row.Reason}})
	}
	return gold.Errorf(gold.Internal, gold.CodeInternal, "the rows can't be scored: %w", err)
}
