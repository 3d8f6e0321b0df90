package api

import (
	"context"
	"net/http"
	"slices"

	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// Parameters of answers that are of a release, and of those that are of none.
var (
	releaseParameters = []string{"release", "as_of", "format"}
	formatParameters  = []string{"format"}
)

// datasetItem is one line of /datasets.
type datasetItem struct {
	Name        string            `json:"name"`
	Collection  string            `json:"collection,omitempty"`
	Endpoint    string            `json:"endpoint,omitempty"`
	URL         string            `json:"url"`
	Rows        int64             `json:"rows"`
	Key         []string          `json:"key"`
	Inferred    bool              `json:"inferred,omitempty"` // its contract was guessed from the files
	Label       map[string]string `json:"label,omitempty"`
	Description map[string]string `json:"description,omitempty"`
} // @name DatasetItem

// datasetBody is /datasets/{dataset}.
type datasetBody struct {
	datasetItem
	Fields       []fieldBody  `json:"fields"`
	LookedUp     []columnBody `json:"borrowed,omitempty"` // to filter and group by, and in rows where fields= names them
	Origin       *originBody  `json:"origin,omitempty"`
	DefaultSort  []string     `json:"default_sort"`
	DefaultLimit int64        `json:"default_limit"` // of the endpoint
	MaxLimit     int64        `json:"max_limit"`
	Metrics      []metricBody `json:"metrics,omitempty"`
	Derived      string       `json:"derived_from,omitempty"`
	Version      string       `json:"version,omitempty"` // the content's id: equal ids are equal rows
	Digest       string       `json:"digest,omitempty"`  // of the rows in any order
	// Source says where the rows were read from, and in which version; derived datasets have none.
	Source        string           `json:"source,omitempty" example:"Delta version 42 of gold/orders"`
	SourceDetails *gold.Provenance `json:"source_details,omitempty"` // the parts of source
	// Lineage says of what goldserve build made the dataset; absent where no build did.
	Lineage *gold.Lineage `json:"lineage,omitempty"`
} // @name Dataset

type fieldBody struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Scale      int      `json:"scale,omitempty"`
	Nullable   bool     `json:"nullable"`
	MultipleOf float64  `json:"multiple_of,omitempty"`
	Filters    []string `json:"filters"`
	Values     []string `json:"values,omitempty"` // the closed list
	Sortable   bool     `json:"sortable"`
	PII        bool     `json:"pii,omitempty"`
	Mask       string   `json:"mask,omitempty"`
	// ValueLabels are labels of values, by value and language.
	ValueLabels map[string]map[string]string `json:"value_labels,omitempty"`
	gold.Doc
} // @name Field

// columnBody is a field of another dataset that filters this one.
type columnBody struct {
	fieldBody
	Dataset string `json:"dataset"`
	On      string `json:"on,omitempty"` // the field that holds the other dataset's key
} // @name ReachedField

// originBody is the dataset that rows are computed from where a filter is by one of its fields.
type originBody struct {
	Dataset string       `json:"dataset"`
	Fields  []columnBody `json:"fields"`
} // @name Origin

type metricBody struct {
	Name       string   `json:"name"`
	Measure    string   `json:"measure,omitempty"`
	Over       []string `json:"over,omitempty"`    // of the ratio of two metrics
	Formula    string   `json:"formula,omitempty"` // of any other arithmetic
	Unfiltered bool     `json:"unfiltered,omitempty"`
	gold.Doc
} // @name Metric

// handleDatasets lists the datasets that have a collection; where none has one, all of them.
//
//	@ID			datasets
//	@Summary	Datasets with their rows
//	@Description	The datasets that have a collection in the BI database; if there is none, all datasets.
//	@Tags		datasets
//	@Produce	json
//	@Success	200	{array}	datasetItem	"datasets"
//	@Router		/datasets [get]
func (s *service) handleDatasets(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, jsonOnly)
	if err != nil {
		return err
	}
	if err := req.params.Err(releaseParameters...); err != nil {
		return err
	}
	items := []datasetItem{}
	open := !slices.ContainsFunc(req.catalog.Versions, func(v *gold.Version) bool { return v.Dataset.Collection != "" })
	for _, v := range req.catalog.Versions {
		if open || v.Dataset.Collection != "" {
			items = append(items, s.datasetItem(req, v))
		}
	}
	return s.answerRecord(w, r, req, &body.Meta{Metadata: query.Metadata{Count: int64(len(items))}, Counted: true, Whole: true}, items)
}

// handleDataset describes one dataset.
//
//	@ID			dataset
//	@Summary	One dataset
//	@Description	Fields, filters, key, sorts, limits, metrics, and the fields of other datasets that it can be filtered and grouped by.
//	@Tags		datasets
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Success	200	{object}	datasetBody	"the dataset"
//	@Router		/datasets/{dataset} [get]
func (s *service) handleDataset(w http.ResponseWriter, r *http.Request) error {
	return s.describe(w, r, func(req *request, v *gold.Version) any { return s.datasetBody(req, v) })
}

// handleQuality answers with the results of a dataset's rules in a release.
//
//	@ID			quality
//	@Summary	Results of the contract's rules
//	@Description	The results of the dataset's rules when the release was published.
//	@Tags		datasets
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Success	200	{array}	gold.RuleResult	"results"
//	@Router		/datasets/{dataset}/quality [get]
func (s *service) handleQuality(w http.ResponseWriter, r *http.Request) error {
	return s.describe(w, r, func(req *request, v *gold.Version) any {
		c, results := req.catalog, []gold.RuleResult{}
		if c.Release != nil {
			for _, result := range c.Release.Quality {
				if result.Dataset == v.Dataset.Name {
					results = append(results, result)
				}
			}
		}
		return results
	})
}

// describe answers with what a release knows of a dataset, its rows apart.
func (s *service) describe(w http.ResponseWriter, r *http.Request, value func(*request, *gold.Version) any) error {
	req, err := s.open(w, r, jsonOnly)
	if err != nil {
		return err
	}
	v, err := s.versionOf(r, req)
	if err != nil {
		return err
	}
	if err := req.params.Err(releaseParameters...); err != nil {
		return err
	}
	return s.answerRecord(w, r, req, &body.Meta{}, value(req, v))
}

// answerRecord answers with {"data": value, "meta": {…}} from the release's record: nothing is read.
func (s *service) answerRecord(w http.ResponseWriter, r *http.Request, req *request, m *body.Meta, value any) error {
	p := s.pending(req)
	p.Compute = func(_ context.Context, dst []byte) ([]byte, *body.Meta, error) {
		body, err := appendData(dst, value)
		return body, m, err
	}
	return s.responder.Respond(w, r, p)
}

func (s *service) datasetItem(req *request, v *gold.Version) datasetItem {
	d, prefix := &v.Dataset, s.urlPrefix(req.base, req.catalog.model)
	item := datasetItem{
		Name: d.Name, Collection: d.Collection, Endpoint: d.Endpoint, Rows: v.Rows, Key: d.Key,
		URL:   prefix + "/datasets/" + d.Name + "/rows",
		Label: d.Doc.Label, Description: d.Doc.Description,
	}
	if d.Endpoint != "" {
		item.URL = prefix + d.Endpoint
	}
	if r := req.catalog.Release; r != nil && r.Inferred != nil {
		item.Inferred = true
	}
	return item
}

func (s *service) datasetBody(req *request, v *gold.Version) datasetBody {
	d := &v.Dataset
	body := datasetBody{
		datasetItem: s.datasetItem(req, v),
		DefaultSort: []string{}, DefaultLimit: d.DefaultLimit, MaxLimit: param.MaxLimit(d),
		Version: v.ID, Digest: v.Digest, Source: v.Origin.From(), SourceDetails: v.Origin.Provenance(),
	}
	if d.DefaultLimit == 0 {
		body.DefaultLimit = body.MaxLimit
	}
	if d.Derive != nil {
		body.Derived = d.Derive.From
	}
	if r := req.catalog.Release; r != nil {
		body.Lineage = r.LineageOf(d.Name)
	}
	for i := range d.Fields {
		body.Fields = append(body.Fields, describeField(d, &d.Fields[i]))
	}
	body.addColumns(req.catalog.Wide(v))
	for _, term := range d.ShownSort() {
		body.DefaultSort = append(body.DefaultSort, term.String())
	}
	for _, metric := range d.Metrics {
		b := metricBody{Name: metric.Name, Over: metric.Over, Unfiltered: metric.Unfiltered, Doc: metric.Doc}
		if metric.Measure != nil {
			b.Measure = metric.Measure.String()
		} else if metric.Over == nil {
			b.Formula = metric.Text()
		}
		body.Metrics = append(body.Metrics, b)
	}
	return body
}

// addColumns adds the fields of other datasets that may be named.
func (b *datasetBody) addColumns(s *query.Scope) {
	if s.Derivation != nil {
		b.Origin = &originBody{Dataset: s.Derivation.Origin.Dataset.Name}
	}
	for _, r := range s.Columns {
		item := columnBody{fieldBody: describeField(r.Owner, r.Field), Dataset: r.Owner.Name}
		item.Name, item.Sortable = r.Name, item.Sortable && r.Level == query.OfRows
		if r.Join != nil {
			item.On, item.Nullable = r.Join.On, true
		}
		switch {
		case r.Level == query.OfOrigin && len(item.Filters) > 0:
			b.Origin.Fields = append(b.Origin.Fields, item)
		case r.Level == query.OfRows && r.Join != nil:
			b.LookedUp = append(b.LookedUp, item)
		}
	}
}

func describeField(d *gold.Dataset, f *gold.Field) fieldBody {
	b := fieldBody{
		Name: f.Name, Type: f.Kind.String(), Scale: f.Scale, Nullable: f.Nullable, MultipleOf: f.MultipleOf,
		Filters: param.AllowedSuffixes(f), Values: param.ValidValues(d, f.Name), Sortable: f.Sortable && f.Mask == gold.MaskNone,
		PII: f.PII, ValueLabels: f.Doc.Values, Doc: f.Doc,
	}
	if b.Filters == nil {
		b.Filters = []string{}
	}
	if f.Mask != gold.MaskNone {
		b.Mask = f.Mask.String()
	}
	return b
}
