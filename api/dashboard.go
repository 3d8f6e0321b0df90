package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"goldserve/gold"
	"goldserve/gold/dashboard"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
)

// dashboardBody is /dashboard: all that the page needs to know before it asks for figures.
type dashboardBody struct {
	Model     dashboardModel    `json:"model"`
	Models    []dashboardLink   `json:"models"`
	Quality   checks            `json:"quality"`
	Benchmark bool              `json:"benchmark"` // benchmark.json is there, beside the page
	Facts     string            `json:"facts,omitempty"`
	AsOfField string            `json:"as_of_field,omitempty"` // of the facts, that a period is of
	Covers    *dashboardSpan    `json:"covers,omitempty"`      // the time that facts have values of AsOfField in
	KPIs      []string          `json:"kpis"`
	Metrics   []dashboardMetric `json:"metrics"`
	Datasets  []datasetBody     `json:"datasets"` // those that the layout names
	Layout    dashboard.Layout  `json:"layout"`
} // @name Dashboard

type dashboardModel struct {
	Name     string            `json:"name"`
	Title    map[string]string `json:"title,omitempty"`
	Currency string            `json:"currency,omitempty"` // of money
	Locale   string            `json:"locale,omitempty"`   // BCP 47

	Timezone        string `json:"timezone,omitempty"`          // of the release's periods; UTC where there is none
	WeekStart       string `json:"week_start,omitempty"`        // a day such as sunday; monday where there is none
	FiscalYearStart int    `json:"fiscal_year_start,omitempty"` // a month from 1
} // @name DashboardModel

// dashboardSpan is a time with its first and last instant.
type dashboardSpan struct {
	From instant `json:"from"`
	To   instant `json:"to"`
} // @name DashboardSpan

// dashboardLink leads to the page of a model.
type dashboardLink struct {
	Name  string            `json:"name"`
	Title map[string]string `json:"title,omitempty"`
	URL   string            `json:"url"`
} // @name DashboardLink

type dashboardMetric struct {
	Name       string  `json:"name"`
	Dataset    string  `json:"dataset"`
	Formula    string  `json:"formula"` // sum(amount), revenue / orders
	Unfiltered bool    `json:"unfiltered,omitempty"`
	Snapshot   bool    `json:"snapshot,omitempty"` // its dataset has no time: it is as of the release
	MultipleOf float64 `json:"multiple_of,omitempty"`
	gold.Doc
} // @name DashboardMetric

// handleDashboard answers with what the dashboard of a model shows, and where.
//
//	@ID			dashboard
//	@Summary	What the dashboard shows
//	@Description	The model, its metrics and datasets with labels and units, and the layout of the widgets. The page at /ui renders it.
//	@Tags		figures
//	@Produce	json
//	@Success	200	{object}	dashboardBody	"the dashboard"
//	@Failure	503	{object}	edge.Problem	"no_release"
//	@Router		/dashboard [get]
func (s *service) handleDashboard(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, jsonOnly)
	if err != nil {
		return err
	}
	if err := req.params.Err(releaseParameters...); err != nil {
		return err
	}
	c := req.catalog
	if c.Release == nil {
		return nothingPublished(c)
	}
	shown := s.dashboardBody(r.Context(), req)
	// The other models, and the layout and the title of a release that records none are the program's, not the release's: its
	// text is part of what is asked, and nobody caches it for ever.
	text, err := json.Marshal(shown)
	if err != nil {
		return fmt.Errorf("encode the dashboard: %w", err)
	}
	req.pinned = false
	p := s.pending(req)
	p.Compute = func(_ context.Context, dst []byte) ([]byte, *body.Meta, error) {
		return append(append(append(dst, `{"data":`...), text...), ",\n"...), &body.Meta{}, nil
	}
	p.Question.Text("dashboard", string(text))
	return s.responder.Respond(w, r, p)
}

func (s *service) dashboardBody(ctx context.Context, req *request) dashboardBody {
	c, contracts := req.catalog, req.catalog.Contracts
	body := dashboardBody{
		Model:   dashboardModel{Name: contracts.Name, Title: contracts.Title, Currency: c.currency(), Locale: contracts.Locale},
		Quality: newChecks(c.Release), Benchmark: s.assets.files[benchmarkFile] != nil,
		KPIs: append([]string{}, c.KPIs...), Metrics: []dashboardMetric{}, Datasets: []datasetBody{},
	}
	body.Model.Timezone, body.Model.FiscalYearStart = c.Calendar.Timezone, c.Calendar.FiscalYearStart
	if c.Calendar.WeekStart != 0 {
		body.Model.WeekStart = c.Calendar.WeekStart.String()
	}
	for _, m := range s.listed(ctx) {
		body.Models = append(body.Models, dashboardLink{m.contracts.Name, m.title(), s.urlPrefix(req.base, m) + uiPath})
	}
	facts := c.ByName[c.Facts]
	if facts != nil {
		body.Facts = c.Facts
		if c.Axis(facts) != nil {
			body.AsOfField, body.Covers = contracts.AsOf.Field, covers(facts, contracts.AsOf.Field, c.Calendar)
		}
	}
	layout := req.catalog.layout()
	body.Layout = layout.Within(c.Facts, c.KPIs, func(name string) *gold.Dataset {
		if v := c.ByName[name]; v != nil {
			return &v.Dataset
		}
		return nil
	})
	named := body.Layout.Datasets()
	for _, v := range c.Versions {
		d := &v.Dataset
		if d.Name != c.Facts && !slices.Contains(named, d.Name) && !slices.ContainsFunc(d.Metrics, func(m gold.Metric) bool { return slices.Contains(c.KPIs, m.Name) }) {
			continue
		}
		body.Datasets = append(body.Datasets, s.datasetBody(req, v))
		for i := range d.Metrics {
			body.Metrics = append(body.Metrics, c.dashboardMetric(v, &d.Metrics[i]))
		}
	}
	return body
}

// covers returns the time that a version has values of a field in; of days, to the last instant of the last one. It is
// nil if the version's record doesn't have it.
func covers(v *gold.Version, field string, c gold.Calendar) *dashboardSpan {
	first, last := v.Measures["min("+field+")"], v.Measures["max("+field+")"]
	switch {
	case first.Kind() == gold.Time && last.Kind() == gold.Time:
		return &dashboardSpan{instant(first.Time()), instant(last.Time())}
	case first.Kind() == gold.Date && last.Kind() == gold.Date:
		days := query.DaysSpan(c, first.Int(), last.Int())
		return &dashboardSpan{instant(gold.NewTime(days.First).Time()), instant(gold.NewTime(days.Last).Time())}
	default:
		return nil
	}
}

func (c *catalog) dashboardMetric(v *gold.Version, m *gold.Metric) dashboardMetric {
	axis := c.Contracts.AsOf
	found := c.Narrow(v).Find(axis.Field)
	return dashboardMetric{
		Name: m.Name, Dataset: v.Dataset.Name, Formula: m.Text(), Unfiltered: m.Unfiltered, MultipleOf: m.MultipleOf, Doc: m.Doc,
		Snapshot: found == nil || found.Owner.Name != axis.Dataset,
	}
}
