package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
	"goldserve/openapi"
)

var releasesParameters = []string{"limit", "before", "format"}

// Limits of /releases.
const (
	defaultReleases = 100
	maxReleases     = 1000
)

func releasesLimit(*gold.Dataset) openapi.Limit {
	return openapi.Limit{Least: 1, Most: maxReleases, Usual: defaultReleases}
}

// releaseItem is one line of /releases.
type releaseItem struct {
	Release     int64   `json:"release"`
	AsOf        instant `json:"as_of"`
	PublishedAt instant `json:"published_at"`
	Current     bool    `json:"current"`
	Withdrawn   bool    `json:"withdrawn"`
	Pruned      bool    `json:"pruned"`
	Integrity   string  `json:"integrity,omitempty"` // verified: its files were those of a manifest; unverified: nobody said what they should be
	Unreached   string  `json:"unreached,omitempty"` // the lake that could not be reached when it was published, so that its files are those of the lake's fallback
	Build       string  `json:"build,omitempty"`     // the id of the build that made its files; absent where none did
	Seconds     float64 `json:"seconds,omitempty"`   // from the start of its publish to the switch
	Rows        int64   `json:"rows"`                // of all its datasets
	Checks      checks  `json:"checks"`
	// Figures are the key figures of the whole release, by name.
	Figures json.RawMessage `json:"figures" swaggertype:"object"`
	// Units are those of its figures, by name: another release may have others.
	Units map[string]string `json:"units,omitempty"`
	// Changed are the datasets whose rows or units aren't those of the release before it.
	Changed []string `json:"changed,omitempty"`
	// Inferred: its contracts were guessed from the files.
	Inferred bool `json:"inferred,omitempty"`
	// ChangedGuesses are the guesses of the release before it that no longer hold, in words.
	ChangedGuesses []string `json:"changed_guesses,omitempty"`
} // @name ReleaseItem

// checks counts a release's rules.
type checks struct {
	Checks   int `json:"checks"`
	Passed   int `json:"passed"`
	Warnings int `json:"warnings"`
} // @name Checks

func newChecks(r *gold.Release) checks {
	s := r.Summarize()
	return checks{Checks: s.Checks, Passed: s.Passed, Warnings: s.Warnings}
}

// releaseBody is /releases/{release}.
type releaseBody struct {
	releaseItem
	Previous *releaseItem      `json:"previous,omitempty"` // the release before it
	Datasets []releaseDataset  `json:"datasets"`
	Quality  []gold.RuleResult `json:"quality"`
} // @name Release

type releaseDataset struct {
	Name    string `json:"name"`
	Rows    int64  `json:"rows"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
	// Source says where the rows were read from, and in which version; derived datasets have none.
	Source        string           `json:"source,omitempty" example:"Delta version 42 of gold/orders"`
	SourceDetails *gold.Provenance `json:"source_details,omitempty"` // the parts of source
	// PreviousRows are those of the release before it, where that one has the dataset.
	PreviousRows *int64 `json:"previous_rows,omitempty"`
	// Units are the fields and metrics whose unit isn't that of the release before it.
	Units []gold.UnitChange `json:"units,omitempty"`
} // @name ReleaseDataset

// newReleaseItem describes a release; before is the one before it, nil for none.
func newReleaseItem(m *model, r, before, current *gold.Release) releaseItem {
	item := releaseItem{
		Release: r.Number, AsOf: instant(r.AsOf), PublishedAt: instant(r.PublishedAt),
		Current:   current != nil && current.Number == r.Number,
		Withdrawn: r.Withdrawn, Pruned: r.Pruned, Integrity: r.Integrity, Unreached: r.Unreached, Seconds: r.Seconds,
		Checks: newChecks(r),
	}
	if r.Inferred != nil {
		item.Inferred, item.ChangedGuesses = true, r.Inferred.Changes
	}
	if r.Lineage != nil {
		item.Build = r.Lineage.Build
	}
	item.Rows = r.Summarize().Rows
	item.Figures, item.Units = wholeFigures(m, r)
	for i := range r.Versions {
		v := &r.Versions[i]
		if before == nil || before.Summary != nil {
			continue
		}
		if v.Differs(before.Version(v.Dataset.Name)) {
			item.Changed = append(item.Changed, v.Dataset.Name)
		}
	}
	return item
}

// wholeFigures are the key figures of all facts of a release, which its record has, and their units.
func wholeFigures(m *model, r *gold.Release) (figures json.RawMessage, units map[string]string) {
	c := newCatalog(m, r, false)
	kpis, fields, values := c.Recorded()
	for i := range kpis {
		k := &kpis[i]
		if k.Version == nil {
			continue
		}
		unit := k.Metric.Doc.Unit
		if unit == "" && k.Metric.Doc.Format == "money" && k.Metric.Doc.UnitField == "" {
			unit = c.currency()
		}
		if unit != "" {
			if units == nil {
				units = map[string]string{}
			}
			units[k.Name] = unit
		}
	}
	o := &body.Object{Bytes: []byte{'{'}}
	o.KPIs(kpis, fields, values)
	return append(o.Bytes, '}'), units
}

func newReleaseBody(m *model, r, before, current *gold.Release) releaseBody {
	body := releaseBody{releaseItem: newReleaseItem(m, r, before, current), Datasets: []releaseDataset{}, Quality: r.Quality}
	if body.Quality == nil {
		body.Quality = []gold.RuleResult{}
	}
	if before != nil {
		previous := newReleaseItem(m, before, nil, current)
		body.Previous = &previous
	}
	for i := range r.Versions {
		v := &r.Versions[i]
		item := releaseDataset{Name: v.Dataset.Name, Rows: v.Rows, Version: v.ID, Digest: v.Digest, Source: v.Origin.From(), SourceDetails: v.Origin.Provenance()}
		if before != nil {
			if earlier := before.Version(v.Dataset.Name); earlier != nil {
				item.PreviousRows, item.Units = &earlier.Rows, v.Dataset.UnitChanges(&earlier.Dataset)
			}
		}
		body.Datasets = append(body.Datasets, item)
	}
	return body
}

// openCurrent is open for URLs about releases themselves, which take no release= or as_of=.
func (s *service) openCurrent(w http.ResponseWriter, r *http.Request) (*request, error) {
	m, req, err := s.begin(w, r, jsonOnly)
	if err != nil {
		return nil, err
	}
	c, _, err := s.current(r.Context(), m)
	if err != nil {
		return nil, err
	}
	announce(w, r, c)
	req.catalog = c
	return req, nil
}

// handleReleases lists releases, newest first; before= goes on with older ones.
//
//	@ID			releases
//	@Summary	Releases, newest first
//	@Description	before= continues with older ones; meta.next is the URL of the next page.
//	@Tags		releases
//	@Produce	json
//	@Success	200	{array}	releaseItem	"releases"
//	@Router		/releases [get]
func (s *service) handleReleases(w http.ResponseWriter, r *http.Request) error {
	req, err := s.openCurrent(w, r)
	if err != nil {
		return err
	}
	q := gold.ReleaseQuery{Model: req.catalog.model.contracts.Name}
	limit, given := req.params.Int("limit", 1, maxReleases)
	if !given {
		limit = defaultReleases
	}
	q.Before, _ = req.params.Int("before", 1, param.MaxRelease)
	if err := req.params.Err(releasesParameters...); err != nil {
		return err
	}
	q.Limit = int(limit) + 1
	start := time.Now()
	releases, err := s.reader.Releases(r.Context(), q)
	if err == nil && len(releases) == 0 && q.Before == 0 {
		err = req.catalog.model.vanished()
	}
	if err != nil {
		return err
	}
	m := &body.Meta{Metadata: query.Metadata{Took: time.Since(start), Truncated: len(releases) > int(limit)}, Counted: true}
	items := make([]releaseItem, min(len(releases), int(limit)))
	for i := range items {
		var before *gold.Release
		if i+1 < len(releases) {
			before = &releases[i+1]
		}
		items[i] = newReleaseItem(req.catalog.model, &releases[i], before, req.catalog.Release)
	}
	m.Count = int64(len(items))
	if m.Truncated {
		last := strconv.FormatInt(items[len(items)-1].Release, 10)
		m.Next = edge.RelativeURL(s.edge.Base(r)+r.URL.EscapedPath(), param.EncodePairs([]param.Pair{{Name: "limit", Value: strconv.FormatInt(limit, 10)}, {Name: "before", Value: last}}))
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
//	@Failure	503	{object}	edge.Problem	"no_release"
//	@Router		/releases/current [get]
func (s *service) handleCurrentRelease(w http.ResponseWriter, r *http.Request) error {
	req, err := s.openCurrent(w, r)
	if err != nil {
		return err
	}
	if err := req.params.Err(formatParameters...); err != nil {
		return err
	}
	if req.catalog.Release == nil {
		return nothingPublished(req.catalog)
	}
	return s.answerList(w, r, &body.Meta{}, newReleaseBody(req.catalog.model, req.catalog.Release, nil, req.catalog.Release))
}

// handleRelease answers with one release by number: its record, which outlives its rows.
//
//	@ID			release
//	@Summary	One release by number
//	@Description	The record of a release outlives its rows: pruned and withdrawn releases have one too. Of a release
//	@Description	dropped more than a hundred releases ago, only its times and counts remain: no datasets, results or figures.
//	@Tags		releases
//	@Produce	json
//	@Param		release	path	string	true	"the number"
//	@Success	200	{object}	releaseBody	"the release"
//	@Failure	404	{object}	edge.Problem	"unknown_release"
//	@Router		/releases/{release} [get]
func (s *service) handleRelease(w http.ResponseWriter, r *http.Request) error {
	req, err := s.openCurrent(w, r)
	if err != nil {
		return err
	}
	number := releaseInPath(r, req, ", or current")
	if err := req.params.Err(formatParameters...); err != nil {
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
	all := s.urlPrefix(s.edge.Base(r), req.catalog.model) + "/releases/"
	w.Header().Add("Link", edge.Link(all+"current", "latest-version"))
	var before *gold.Release
	if len(found) > 1 {
		before = &found[1]
		w.Header().Add("Link", edge.Link(all+strconv.FormatInt(found[1].Number, 10), "predecessor-version"))
	}
	return s.answerList(w, r, &body.Meta{Metadata: query.Metadata{Took: time.Since(start)}}, newReleaseBody(req.catalog.model, &found[0], before, req.catalog.Release))
}

func nothingPublished(c *catalog) error {
	return gold.Errorf(gold.Empty, gold.CodeNoRelease, "%s has no release yet", c.Title())
}

// releaseInPath returns the number of the release that a path names. What is none is a problem of the request's parameters; or
// says what else the path may name.
func releaseInPath(r *http.Request, req *request, or string) int64 {
	text, _ := edge.PathParam(r, "release")
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 1 || text != strconv.FormatInt(number, 10) || number > param.MaxRelease {
		req.params.Problem("release", gold.CodeInvalidValue, "expected the number of a release, such as 12%s", or)
	}
	return number
}

// answerList sends {"data": value, "meta": {…}} of something that isn't read from one release: it is never cached.
func (s *service) answerList(w http.ResponseWriter, r *http.Request, m *body.Meta, value any) error {
	text, err := appendData(nil, value)
	if err == nil {
		s.responder.SendUncached(w, r, text, m)
	}
	return err
}
