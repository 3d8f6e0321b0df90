package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"goldserve/api/edge"
	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/param"
	"goldserve/openapi"
)

// Bounds of the bodies of questions: what a client has to send one, and how many of more than smallBody are held at once.
const (
	bodyTime  = 10 * time.Second
	smallBody = 64 << 10
	maxBodies = 64
)

// handleQuery answers /query.
//
//	@ID			query
//	@Summary	Rows or groups of a dataset, asked by a JSON body
//	@Description	For questions that are too long for a URL. The members are the parameters of /datasets/{dataset}/rows, or with group_by or measures those of /datasets/{dataset}/aggregate, and the answers are theirs: Content-Location names the URL that asks the same.
//	@Tags		rows
//	@Accept		json
//	@Produce	json
//	@Success	200	{object}	map[string]any	"rows or groups"
//	@Router		/query [post]
func (s *service) handleQuery(w http.ResponseWriter, r *http.Request) error {
	return s.answerQuery(w, r, "")
}

// handleDatasetQuery answers /datasets/{dataset}/query.
//
//	@ID			dataset_query
//	@Summary	Rows or groups of one dataset, asked by a JSON body
//	@Description	/query of the dataset in the path.
//	@Tags		rows
//	@Accept		json
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Success	200	{object}	map[string]any	"rows or groups"
//	@Router		/datasets/{dataset}/query [post]
func (s *service) handleDatasetQuery(w http.ResponseWriter, r *http.Request) error {
	name, _ := edge.PathParam(r, "dataset")
	return s.answerQuery(w, r, name)
}

// answerQuery answers the question of a body as the URL that asks the same would be.
func (s *service) answerQuery(w http.ResponseWriter, r *http.Request, dataset string) error {
	params, err := s.readQuestion(w, r)
	if err != nil {
		return err
	}
	m, req, err := s.beginAs(w, r, tables, params)
	if err != nil {
		return err
	}
	if err := s.selectRelease(w, r, m, req, true); err != nil {
		return err
	}
	v, err := req.asked(dataset)
	if err != nil {
		return err
	}
	path := "/datasets/" + url.PathEscape(v.Dataset.Name) + "/rows"
	read := func() (*respond.Pending, error) { return s.pendingRows(r.Context(), req, v, param.RowsLimit) }
	if req.params.Grouped() {
		path = "/datasets/" + url.PathEscape(v.Dataset.Name) + "/aggregate"
		read = func() (*respond.Pending, error) { return s.pendingGroups(r.Context(), req, v) }
	}
	if name, named := edge.PathParam(r, "model"); named {
		path = "/m/" + url.PathEscape(name) + path
	}
	req.path, req.escaped = path, req.base+path
	p, err := read()
	if err != nil {
		return err
	}
	p.Table.Whole = nil // a file of a version is for those who read ranges of it
	return s.responder.Respond(w, r, p)
}

// asked returns the version that a question is of: that of the path, the member dataset or the cursor.
func (req *request) asked(dataset string) (*gold.Version, error) {
	if dataset == "" {
		dataset, _ = req.params.Remove("dataset")
		if c := req.params.Cursor; c != nil && dataset == "" {
			dataset, _, _ = strings.Cut(c.Dataset, "/")
		}
	}
	if dataset == "" {
		req.params.Problem("dataset", gold.CodeInvalidValue, "expected the name of a dataset")
		return nil, query.InvalidParameters(req.params.Problems)
	}
	return req.catalog.Dataset(dataset)
}

// readQuestion reads the parameters of a question from a body.
func (s *service) readQuestion(w http.ResponseWriter, r *http.Request) (*param.Set, error) {
	text, err := s.readBody(w, r)
	if err != nil {
		return nil, err
	}
	params, beside := param.ReadDocument(text), param.Read(r.URL.RawQuery)
	params.Problems = append(params.Problems, beside.Problems...)
	for _, pair := range beside.Pairs {
		if !slices.ContainsFunc(params.Problems, func(p gold.Problem) bool { return p.Parameter == pair.Name }) {
			params.Problem(pair.Name, gold.CodeUnknownParameter, "the question is the body: write %s there", pair.Name)
		}
	}
	return params, nil
}

// readBody reads a body of JSON, which is bounded.
func (s *service) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != edge.TypeJSON {
		return nil, gold.Errorf(gold.Invalid, gold.CodeUnsupportedMedia, "expected a body of JSON, with Content-Type: %s", edge.TypeJSON)
	}
	within := http.NewResponseController(w)
	_ = within.SetReadDeadline(time.Now().Add(bodyTime)) // where the connection has deadlines
	text, err := io.ReadAll(io.LimitReader(r.Body, smallBody))
	if err == nil && len(text) == smallBody {
		select {
		case s.bodies <- struct{}{}:
			defer func() { <-s.bodies }()
		default:
			return nil, gold.Errorf(gold.Overloaded, gold.CodeOverloaded, "too many large bodies arrive at once: try again")
		}
		var rest []byte
		rest, err = io.ReadAll(r.Body)
		text = append(text, rest...)
	}
	_ = within.SetReadDeadline(time.Time{})
	if long, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, gold.Errorf(gold.Invalid, gold.CodeBodyTooLong, "the body has more than %d bytes", long.Limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, "the body didn't arrive within %v", bodyTime)
	}
	if err != nil {
		return nil, gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, "the body can't be read: %w", err)
	}
	return text, nil
}

// queryParameters are what members of a question may be besides filters.
var queryParameters = union(param.RowsParameters, param.AggregateParameters)

// unknownDataset is how a body that names no dataset of the release fails.
var unknownDataset = openapi.Failure{Status: http.StatusNotFound, Codes: []gold.Code{gold.CodeUnknownDataset}}

// union returns the names of both lists, each once.
func union(a, b []string) []string {
	return append(slices.Clone(a), slices.DeleteFunc(slices.Clone(b), func(name string) bool { return slices.Contains(a, name) })...)
}
