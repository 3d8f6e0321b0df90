package api

import (
	"net/http"
	"slices"
	"strings"

	"goldserve/api/edge"
	"goldserve/gold/query/param"
)

// indexBody is the JSON index at /.
type indexBody struct {
	Name    string       `json:"name"`
	Version string       `json:"version"`
	Models  []indexModel `json:"models"`
	Server  []indexURL   `json:"server,omitempty"` // URLs that are of no model
} // @name Index

type indexModel struct {
	Name        string            `json:"name"`
	Title       map[string]string `json:"title,omitempty"`
	Default     bool              `json:"default"`
	Release     *int64            `json:"release" extensions:"x-nullable"` // null: nothing is published
	AsOf        *instant          `json:"as_of,omitempty"`
	PublishedAt *instant          `json:"published_at,omitempty"`
	Endpoints   []indexURL        `json:"endpoints"`
} // @name IndexModel

type indexURL struct {
	URL     string   `json:"url"`
	Doc     string   `json:"doc,omitempty"`
	Filters []string `json:"filters,omitempty"` // names of parameters
} // @name IndexURL

// handleIndex answers / with what there is: models, their current releases, URLs with one line each; and /m/{model}
// with that model alone.
//
//	@ID			index
//	@Summary	Index
//	@Description	The models with their current releases, and a line about each URL. Browsers get the dashboard.
//	@Tags		server
//	@Produce	json,html
//	@Success	200	{object}	indexBody	"the index"
//	@Router		/ [get]
func (s *service) handleIndex(w http.ResponseWriter, r *http.Request) error {
	p := param.Read(r.URL.RawQuery)
	w.Header()["Vary"] = edge.Vary
	if edge.WantsPage(r) && !slices.ContainsFunc(p.Pairs, func(sent param.Pair) bool { return sent.Name == "format" }) {
		m, err := s.pageModel(r)
		if err == nil {
			s.sendPage(w, r, m)
		}
		return err
	}
	if _, err := negotiate(r, p, jsonOnly); err != nil {
		return err
	}
	models, base := s.listed(r.Context()), s.edge.Base(r)
	body := indexBody{Name: "goldserve", Version: s.version}
	if _, named := edge.PathParam(r, "model"); named {
		m, err := s.modelOf(r)
		if err != nil {
			return err
		}
		models = []*model{m}
	} else {
		for i := range s.operations {
			if o := &s.operations[i]; o.Shared && o.index != "" {
				body.Server = append(body.Server, indexURL{URL: base + o.Path, Doc: o.index})
			}
		}
	}
	if err := p.Err(formatParameters...); err != nil {
		return err
	}
	for _, m := range models {
		body.Models = append(body.Models, s.indexModel(base, m, s.observation(r.Context(), m).catalog))
	}
	return edge.SendJSON(w, http.StatusOK, body)
}

func (s *service) indexModel(base string, m *model, c *catalog) indexModel {
	item := indexModel{Name: m.contracts.Name, Title: c.Contracts.Title, Default: m == s.defaultModel}
	if c.Release != nil {
		asOf, publishedAt := instant(c.Release.AsOf), instant(c.Release.PublishedAt)
		item.Release, item.AsOf, item.PublishedAt = &c.Release.Number, &asOf, &publishedAt
	}
	prefix := s.urlPrefix(base, m)
	for _, v := range c.Versions {
		if v.Dataset.Endpoint != "" {
			item.Endpoints = append(item.Endpoints, indexURL{prefix + v.Dataset.Endpoint, describeDoc(v.Dataset.Doc), param.FilterNames(c.Wide(v))})
		}
	}
	for i := range s.operations {
		o := &s.operations[i]
		if o.Shared || o.index == "" {
			continue
		}
		entry := indexURL{URL: prefix + o.Path, Doc: o.index}
		if m != s.defaultModel {
			entry.URL = strings.TrimSuffix(entry.URL, "/")
		}
		if o.Filters != nil && !o.EachDataset { // of the model: those of a dataset are named with its endpoint
			entry.Filters = param.KPIFilterNames(c.KeyFigures())
		}
		item.Endpoints = append(item.Endpoints, entry)
	}
	return item
}
