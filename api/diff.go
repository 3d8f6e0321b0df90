package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"goldserve/api/edge"
	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/diff"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
	"goldserve/openapi"
)

var (
	diffParameters     = []string{"to", "format"}
	diffRowsParameters = []string{"to", "limit", "skip", "format"}
)

// Limits of the rows of a diff.
const (
	defaultDiff = 100
	maxDiff     = 1000
)

func diffLimit(*gold.Dataset) openapi.Limit {
	return openapi.Limit{Least: 1, Most: maxDiff, Usual: defaultDiff}
}

// handleDiff answers with what differs between two releases.
//
//	@ID			diff
//	@Summary	What differs between two releases
//	@Description	Key figures of both, and for each dataset how many rows were added, removed and changed. Rows are told apart by the key; without a common one, a changed row counts as one removed and one added. Masked fields are not compared.
//	@Tags		releases
//	@Produce	json
//	@Param		release	path	string	true	"the number of the earlier release"
//	@Success	200	{object}	body.Diff	"the differences"
//	@Failure	404	{object}	edge.Problem	"unknown_release"
//	@Failure	410	{object}	edge.Problem	"release_pruned"
//	@Router		/releases/{release}/diff [get]
func (s *service) handleDiff(w http.ResponseWriter, r *http.Request) error {
	req, from, err := s.openDiff(w, r, diffParameters, func(*request) {})
	if err != nil {
		return err
	}
	p := s.pendingDiff(req, from)
	p.Compute = func(ctx context.Context, dst []byte) ([]byte, *body.Meta, error) {
		start := time.Now()
		datasets, err := diff.Datasets(ctx, s.reader, from.Release, req.catalog.Release)
		if err != nil {
			return nil, nil, err
		}
		took := time.Since(start)
		text, err := appendData(dst, body.NewDiff(from.Catalog, req.catalog.Catalog, datasets))
		return text, &body.Meta{Metadata: query.Metadata{Took: took}}, err
	}
	return s.responder.Respond(w, r, p)
}

// handleDiffRows answers with the rows of a dataset that differ between two releases.
//
//	@ID			diff_rows
//	@Summary	Rows that differ between two releases
//	@Description	In the order of their key. meta.next is the URL of the next page.
//	@Tags		releases
//	@Produce	json
//	@Param		release	path	string	true	"the number of the earlier release"
//	@Param		dataset	path	string	true	"the dataset"
//	@Success	200	{array}	body.DiffRow	"the rows"
//	@Failure	404	{object}	edge.Problem	"unknown_release, unknown_dataset"
//	@Failure	410	{object}	edge.Problem	"release_pruned"
//	@Router		/releases/{release}/diff/{dataset} [get]
func (s *service) handleDiffRows(w http.ResponseWriter, r *http.Request) error {
	limit, skip := int64(defaultDiff), int64(0)
	req, from, err := s.openDiff(w, r, diffRowsParameters, func(req *request) {
		if n, given := req.params.Int("limit", 1, maxDiff); given {
			limit = n
		}
		skip, _ = req.params.Int("skip", 0, param.MaxRelease)
	})
	if err != nil {
		return err
	}
	name, _ := edge.PathParam(r, "dataset")
	before, err := from.Held(name)
	if err != nil {
		return err
	}
	after, err := req.catalog.Held(name)
	if err != nil {
		return err
	}
	p := s.pendingDiff(req, from)
	p.Question.Text(name)
	p.Question.Int(limit)
	p.Question.Int(skip)
	p.Compute = func(ctx context.Context, dst []byte) ([]byte, *body.Meta, error) {
		return s.appendDiffRows(ctx, dst, diff.New(before, after), skip, limit, func() string { return diffURL(req, req.catalog.Release.Number, skip+limit) })
	}
	return s.responder.Respond(w, r, p)
}

// openDiff is open for the releases of a comparison: the request's is the later one. Problems of parameters come first.
func (s *service) openDiff(w http.ResponseWriter, r *http.Request, known []string, more func(*request)) (*request, *catalog, error) {
	m, req, err := s.begin(w, r, jsonOnly)
	if err != nil {
		return nil, nil, err
	}
	from, to := gold.Selector{Model: m.contracts.Name, Number: releaseInPath(r, req, "")}, gold.Selector{Model: m.contracts.Name}
	to.Number, req.pinned = req.params.Int("to", 1, param.MaxRelease)
	more(req)
	if err := req.params.Err(known...); err != nil {
		return nil, nil, err
	}
	if req.catalog, req.stale, err = s.resolve(r.Context(), m, to); err != nil {
		return nil, nil, err
	}
	if req.catalog.Release == nil {
		return nil, nil, nothingPublished(req.catalog)
	}
	announce(w, r, req.catalog)
	earlier, _, err := s.resolve(r.Context(), m, from)
	return req, earlier, err
}

// pendingDiff returns the response to a comparison. What two releases have never changes.
func (s *service) pendingDiff(req *request, from *catalog) *respond.Pending {
	p := s.pending(req)
	p.Question.Text("diff")
	p.Question.Int(from.Release.Number)
	p.Location = func(release int64) string { return diffURL(req, release, -1) }
	return p
}

// diffURL is the URL of a request for a comparison with the later release named and, unless it is negative, another skip.
func diffURL(req *request, to, skip int64) string {
	pairs := []param.Pair{{Name: "to", Value: strconv.FormatInt(to, 10)}}
	for _, p := range req.params.Pairs {
		if p.Name != "to" && (p.Name != "skip" || skip < 0) {
			pairs = append(pairs, p)
		}
	}
	if skip >= 0 {
		pairs = append(pairs, param.Pair{Name: "skip", Value: strconv.FormatInt(skip, 10)})
	}
	return edge.RelativeURL(req.escaped, param.EncodePairs(pairs))
}

// errPage ends the reading of rows once a page is full.
var errPage = errors.New("the page is full")

func (s *service) appendDiffRows(ctx context.Context, dst []byte, c *diff.Comparison, skip, limit int64, next func() string) ([]byte, *body.Meta, error) {
	dst = append(dst, `{"data":[`...)
	seen, start := int64(0), time.Now()
	_, err := c.Rows(ctx, s.reader, func(r diff.Row) error {
		switch seen++; {
		case seen <= skip:
			return nil
		case seen > skip+limit:
			return errPage
		case seen > skip+1:
			dst = append(dst, ',')
		}
		text, err := json.Marshal(body.NewDiffRow(c, r))
		dst = append(append(dst, '\n'), text...)
		return err
	})
	m := &body.Meta{Metadata: query.Metadata{Took: time.Since(start), Truncated: errors.Is(err, errPage)}, Counted: true}
	m.Count = max(0, min(seen-skip, limit))
	if m.Truncated {
		m.Next = next()
	} else if err != nil {
		return nil, nil, err
	}
	return append(dst, "],\n"...), m, nil
}
