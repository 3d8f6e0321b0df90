package api

import (
	"net/http"
	"strconv"
	"time"

	"goldserve/gold"
)

var releasesParameters = []string{"limit", "before", "format"}

// Limits of /releases.
const (
	defaultReleases = 100
	maxReleases     = 1000
)

// releaseItem is one line of /releases.
type releaseItem struct {
	Release     int64   `json:"release"`
	AsOf        instant `json:"as_of"`
	PublishedAt instant `json:"published_at"`
	Current     bool    `json:"current"`
	Withdrawn   bool    `json:"withdrawn"`
	Pruned      bool    `json:"pruned"`
	Integrity   string  `json:"integrity,omitempty"`
} // @name ReleaseItem

// releaseBody is /releases/{release}.
type releaseBody struct {
	releaseItem
	Datasets []releaseDataset  `json:"datasets"`
	Quality  []gold.RuleResult `json:"quality"`
} // @name Release

type releaseDataset struct {
	Name    string `json:"name"`
	Rows    int64  `json:"rows"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
} // @name ReleaseDataset

func newReleaseItem(r, current *gold.Release) releaseItem {
	return releaseItem{
		Release: r.Number, AsOf: instant(r.AsOf), PublishedAt: instant(r.PublishedAt),
		Current:   current != nil && current.Number == r.Number,
		Withdrawn: r.Withdrawn, Pruned: r.Pruned, Integrity: r.Integrity,
	}
}

func newReleaseBody(r, current *gold.Release) releaseBody {
	body := releaseBody{releaseItem: newReleaseItem(r, current), Datasets: []releaseDataset{}, Quality: r.Quality}
	if body.Quality == nil {
		body.Quality = []gold.RuleResult{}
	}
	for i := range r.Versions {
		v := &r.Versions[i]
		body.Datasets = append(body.Datasets, releaseDataset{v.Dataset.Name, v.Rows, v.ID, v.Digest})
	}
	return body
}

// openCurrent is open for URLs about releases themselves, which take no release= or as_of=.
func (s *Server) openCurrent(w http.ResponseWriter, r *http.Request) (*request, error) {
	m, req, err := s.begin(w, r, jsonOnly)
	if err != nil {
		return nil, err
	}
	c, _, err := s.current(r.Context(), m)
	if err != nil {
		return nil, err
	}
	announce(w, r, c)
	req.catalog, req.sent = c, req.params.pairs
	return req, nil
}

// handleReleases lists releases, newest first; before= goes on with older ones.
//
//	@ID			releases
//	@Summary	Releases, newest first
//	@Description	before= goes on with older ones; meta.next is the URL that does.
//	@Tags		releases
//	@Produce	json
//	@Success	200	{array}	releaseItem	"releases"
//	@Router		/releases [get]
func (s *Server) handleReleases(w http.ResponseWriter, r *http.Request) error {
	req, err := s.openCurrent(w, r)
	if err != nil {
		return err
	}
	q := gold.ReleaseQuery{Model: req.catalog.model.contracts.Name}
	limit, given := req.params.int("limit", 1, maxReleases)
	if !given {
		limit = defaultReleases
	}
	q.Before, _ = req.params.int("before", 1, maxRelease)
	if err := req.params.err(releasesParameters...); err != nil {
		return err
	}
	q.Limit = int(limit) + 1
	start := time.Now()
	releases, err := s.reader.Releases(r.Context(), q)
	if err != nil {
		return err
	}
	m := &meta{query: time.Since(start)}
	truncated := len(releases) > int(limit)
	m.truncated = &truncated
	if truncated {
		releases = releases[:limit]
	}
	items := make([]releaseItem, len(releases))
	for i := range releases {
		items[i] = newReleaseItem(&releases[i], req.catalog.release)
	}
	count := int64(len(items))
	m.count = &count
	if truncated {
		last := strconv.FormatInt(items[len(items)-1].Release, 10)
		m.next = relativeURL(s.baseOf(r)+r.URL.EscapedPath(), encodePairs([]pair{{"limit", strconv.FormatInt(limit, 10)}, {"before", last}}))
	}
	return s.answerList(w, r, m, items)
}

// handleCurrentRelease answers with the current release.
//
//	@ID			current_release
//	@Summary	The current release
//	@Description	With its datasets and the results of their rules.
//	@Tags		releases
//	@Produce	json
//	@Success	200	{object}	releaseBody	"the release"
//	@Failure	503	{object}	problemBody	"no_release"
//	@Router		/releases/current [get]
func (s *Server) handleCurrentRelease(w http.ResponseWriter, r *http.Request) error {
	req, err := s.openCurrent(w, r)
	if err != nil {
		return err
	}
	if err := req.params.err("format"); err != nil {
		return err
	}
	if req.catalog.release == nil {
		return gold.Errorf(gold.Empty, gold.CodeNoRelease, "%s has no release yet", req.catalog.title())
	}
	return s.answerList(w, r, &meta{}, newReleaseBody(req.catalog.release, req.catalog.release))
}

// handleRelease answers with one release by number: its record, which outlives its rows.
//
//	@ID			release
//	@Summary	One release by number
//	@Description	Its record, which outlives its rows: a pruned or withdrawn release has one too.
//	@Tags		releases
//	@Produce	json
//	@Param		release	path	string	true	"the number"
//	@Success	200	{object}	releaseBody	"the release"
//	@Failure	404	{object}	problemBody	"unknown_release"
//	@Router		/releases/{release} [get]
func (s *Server) handleRelease(w http.ResponseWriter, r *http.Request) error {
	req, err := s.openCurrent(w, r)
	if err != nil {
		return err
	}
	text, _ := pathParam(r, "release")
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 1 || text != strconv.FormatInt(number, 10) || number > maxRelease {
		req.params.problem("release", problemInvalidValue, "expected the number of a release, such as 12, or current")
	}
	if err := req.params.err("format"); err != nil {
		return err
	}
	start := time.Now()
	found, err := s.reader.Releases(r.Context(), gold.ReleaseQuery{Model: req.catalog.model.contracts.Name, Before: number + 1, Limit: 2})
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0].Number != number {
		return gold.Errorf(gold.NotFound, gold.CodeUnknownRelease, "%s has no release %d", req.catalog.model.contracts.Name, number)
	}
	all := s.urlPrefix(s.baseOf(r), req.catalog.model) + "/releases/"
	w.Header().Add("Link", link(all+"current", "latest-version"))
	if len(found) > 1 {
		w.Header().Add("Link", link(all+strconv.FormatInt(found[1].Number, 10), "predecessor-version"))
	}
	return s.answerList(w, r, &meta{query: time.Since(start)}, newReleaseBody(&found[0], req.catalog.release))
}

// answerList sends {"data": value, "meta": {…}} of something that isn't read from one release: it is never kept.
func (s *Server) answerList(w http.ResponseWriter, r *http.Request, m *meta, value any) error {
	x := exchangeOf(r)
	body, err := appendData(nil, value)
	if err != nil {
		return err
	}
	body = m.close(body, x.start, nil)
	h := w.Header()
	h.Set("Content-Type", mediaTypeJSON)
	h.Set("Cache-Control", s.cacheControl(false))
	h.Set("Server-Timing", serverTiming(verdictMiss, m.answeredBy, m.query, m.encode, time.Since(x.start)))
	if m.next != "" {
		h.Set("Link", link(m.next, "next"))
	}
	send(w, http.StatusOK, body)
	return nil
}
