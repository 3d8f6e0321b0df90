package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
	"goldserve/openapi"
)

//	@title			goldserve
//	@version		1
//	@description	Gold tables of a data lake over HTTP, read only. Every answer names the release that it was read from; `release=` and `as_of=` ask for an earlier one. Everything of a model is also under `/m/{model}/…`, described by `/m/{model}/openapi.json`. HEAD is answered wherever GET is. Parameters that start with `_` are ignored; unknown, repeated or mistyped ones are refused with status 400, all at once, each with the nearest valid word. A field's bare name is short for `field__eq`. Browsers (`Accept: text/html`) get errors as a page.
//	@contact.name	The goldserve maintainers
//	@license.name	Apache 2.0
//	@license.url	https://www.apache.org/licenses/LICENSE-2.0
//
//	@tag.name			endpoints
//	@tag.description	Datasets under their own names.
//	@tag.name			figures
//	@tag.description	Key figures, aggregates, and distinct values.
//	@tag.name			rows
//	@tag.description	Rows of every dataset.
//	@tag.name			datasets
//	@tag.description	What datasets there are, and what their contracts say.
//	@tag.name			releases
//	@tag.description	What was published, and when.
//	@tag.name			scores
//	@tag.description	Scores of posted rows, and the models that compute them.
//	@tag.name			server
//	@tag.description	The program itself.

// handleOpenAPI answers /openapi.json.
//
//	@ID				openapi_json
//	@Summary		This description
//	@Description	OpenAPI 3.1, for the datasets of the answering release.
//	@Tags			server
//	@Produce		json
//	@Success		200	{object}	map[string]any	"the description"
//	@Router			/openapi.json [get]
func (s *service) handleOpenAPI(w http.ResponseWriter, r *http.Request) error {
	return s.answerDescription(w, r, nil, edge.Offer{Format: format.JSON, MediaTypes: []string{edge.TypeJSON, "application/vnd.oai.openapi+json"}})
}

// handleOpenAPIYAML answers /openapi.yaml.
//
//	@ID				openapi_yaml
//	@Summary		This description as YAML
//	@Description	The same as /openapi.json.
//	@Tags			server
//	@Produce		application/yaml
//	@Success		200	{object}	map[string]any	"the description"
//	@Router			/openapi.yaml [get]
func (s *service) handleOpenAPIYAML(w http.ResponseWriter, r *http.Request) error {
	return s.answerDescription(w, r, openapi.YAML, edge.Offer{Format: format.JSON, MediaTypes: []string{"application/yaml", "application/vnd.oai.openapi", "text/yaml"}})
}

// answerDescription answers with the description of every URL, or of those under /m/{model} for the one that the path
// names. write, if it isn't nil, turns its JSON into another form.
func (s *service) answerDescription(w http.ResponseWriter, r *http.Request, write func([]byte) ([]byte, error), form edge.Offer) error {
	req, err := s.openDescription(w, r, form)
	if err != nil {
		return err
	}
	if err := req.params.Err(releaseParameters...); err != nil {
		return err
	}
	_, named := edge.PathParam(r, "model")
	catalogs := []*catalog{req.catalog}
	if !named {
		catalogs = s.catalogs(r.Context(), req.catalog)
	}
	p := s.pending(req)
	p.Compute = func(ctx context.Context, dst []byte) ([]byte, *body.Meta, error) {
		body, err := s.description(ctx, req.base, catalogs, named)
		if err == nil && write != nil {
			body, err = write(body)
		}
		return append(dst, body...), nil, err
	}
	p.Question.Text("openapi", form.MediaTypes[0])
	for _, c := range catalogs {
		p.Question.Text(c.model.contracts.Name, string(c.announced.Identity[:]))
	}
	return s.responder.Respond(w, r, p)
}

// openDescription is open, also where there is no default model: the description of all is of no release then.
func (s *service) openDescription(w http.ResponseWriter, r *http.Request, form edge.Offer) (*request, error) {
	if _, named := edge.PathParam(r, "model"); named || s.defaultModel != nil {
		return s.open(w, r, []edge.Offer{form})
	}
	req, err := s.read(w, r, []edge.Offer{form}, param.Read(r.URL.RawQuery))
	req.catalog = newCatalog(&model{}, nil, false)
	for _, name := range []string{"release", "as_of"} {
		if _, given := req.params.Take(name); given {
			req.params.Problem(name, gold.CodeUnknownParameter, "a release is one model's: use /m/{model}%s", r.URL.Path)
		}
	}
	return req, err
}

// catalogs returns one for each model: that of the request, and the current ones of the others.
func (s *service) catalogs(ctx context.Context, asked *catalog) []*catalog {
	models := s.listed(ctx)
	all := make([]*catalog, len(models))
	for i, m := range models {
		if all[i] = asked; m != asked.model {
			all[i] = s.observation(ctx, m).catalog
		}
	}
	return all
}

// description describes the URLs of catalogs below a base path; named, only those of the model that each is of, under its own prefix.
func (s *service) description(ctx context.Context, base string, catalogs []*catalog, named bool) ([]byte, error) {
	source := openapi.Source{Base: base, Codes: codesOf(gold.Meanings()), Dialects: format.DialectNames(), Shared: !named}
	for _, f := range format.All() {
		source.Formats = append(source.Formats, openapi.Format{Name: f.String(), MediaType: f.MediaTypes()[0], Binary: f.Binary()})
	}
	for i := range s.operations {
		source.Operations = append(source.Operations, s.operations[i].Operation)
	}
	for _, c := range catalogs {
		m, err := s.describeModel(ctx, c)
		if err != nil {
			return nil, err
		}
		if m.Prefix = s.urlPrefix("", c.model); named {
			m.Prefix = "/m/" + c.model.contracts.Name
		}
		m.Default = named || m.Prefix == ""
		source.Models = append(source.Models, m)
	}
	return openapi.Document(source)
}

// describeModel says what questions about a release may name, with examples of its rows.
func (s *service) describeModel(ctx context.Context, c *catalog) (openapi.Model, error) {
	m := openapi.Model{Name: c.model.contracts.Name}
	samples := map[string]*sample{}
	for _, v := range c.Versions {
		example, err := s.sample(ctx, v)
		if err != nil {
			return m, err
		}
		samples[v.Dataset.Name] = example
	}
	for _, v := range c.Versions {
		d, err := describeDataset(c, v, samples)
		if err != nil {
			return m, err
		}
		m.Datasets = append(m.Datasets, d)
	}
	seen := map[string]bool{}
	for _, k := range c.KeyFigures() {
		if k.Version == nil {
			continue
		}
		m.Figures = append(m.Figures, openapi.Figure{Name: k.Name, Kind: k.Metric.Kind(&k.Version.Dataset), Doc: k.Metric.Doc})
		for _, f := range describeFilters(k.Scope.Columns, samples) {
			if !k.Metric.Unfiltered && !seen[f.Name] {
				seen[f.Name] = true
				m.Filters = append(m.Filters, f)
			}
		}
	}
	return m, nil
}

func describeDataset(c *catalog, v *gold.Version, samples map[string]*sample) (openapi.Dataset, error) {
	narrow, wide, own := c.Narrow(v), c.Wide(v), samples[v.Dataset.Name]
	d := openapi.Dataset{
		Dataset: &v.Dataset, About: describeDoc(v.Dataset.Doc), Example: own.row, ExampleKey: own.key,
		Filters: describeFilters(narrow.Columns, samples), Wide: describeFilters(wide.Columns, samples),
		Sorts: param.Sortable(narrow), Groups: param.Groupable(narrow), Calendar: c.Calendar,
	}
	for _, m := range v.Dataset.Metrics {
		if !query.Unfiltered(&v.Dataset, &m) {
			d.Measured = append(d.Measured, m.Name)
		}
	}
	for i := range narrow.Columns {
		r := &narrow.Columns[i]
		if param.Listable(r.Field) {
			d.Values = append(d.Values, r.Name)
		}
		if r.Join == nil {
			continue
		}
		f := *r.Field
		f.Nullable = true
		schema, err := json.Marshal(fieldSchema(r.Owner, &f))
		if err != nil {
			return d, fmt.Errorf("describe %s: %w", r.Name, err)
		}
		d.LookedUp = append(d.LookedUp, openapi.LookedUp{Name: r.Name, Field: r.Field, Dataset: r.Owner.Name, Schema: schema})
	}
	var err error
	d.Schema, err = rowSchema(wide)
	return d, err
}

func describeFilters(fields []query.Column, samples map[string]*sample) []openapi.Filter {
	var filters []openapi.Filter
	for _, r := range fields {
		f := openapi.Filter{
			Name: r.Name, Field: r.Field, Dataset: r.Owner.Name, Operators: param.AllowedOps(r.Field),
			Bare: !slices.Contains(param.ParameterNames, r.Name), Valid: param.ValidValues(r.Owner, r.Field.Name),
			Patterns: r.Owner.Patterns(r.Field.Name), Calendar: r.Calendar,
		}
		f.Periods, _ = r.Owner.PeriodOf(r.Field)
		if own := samples[r.Owner.Name]; own != nil {
			f.Example = own.values[r.Field.Name]
		}
		filters = append(filters, f)
	}
	return filters
}

// sample is what examples are made of: the first row of a dataset, and for each field the first value that isn't null.
type sample struct {
	row    json.RawMessage // nil: the dataset has no rows
	key    string          // as a path has it, decoded
	values map[string]gold.Value
}

// sampleRows is how many rows are looked at for values.
const sampleRows = 20

// sample reads the first rows of a version, personal data left out.
func (s *service) sample(ctx context.Context, v *gold.Version) (*sample, error) {
	found := &sample{values: map[string]gold.Value{}}
	if v.Rows == 0 || v.Location == "" {
		return found, nil
	}
	d := &v.Dataset
	var shown []string
	for i := range d.Fields {
		if !d.Fields[i].PII || slices.Contains(d.Key, d.Fields[i].Name) {
			shown = append(shown, d.Fields[i].Name)
		}
	}
	q := gold.Query{Version: v, Fields: shown, Sort: d.TotalSort(d.DefaultSort), Limit: sampleRows}
	_, err := query.EachBatch(ctx, func() (gold.Rows, error) { return s.reader.Rows(ctx, q) }, func(b *gold.Batch) error {
		for row := range b.Rows {
			for i, name := range shown {
				if value := b.Columns[i].Value(row); found.values[name].IsNull() {
					found.values[name] = value
				}
			}
			if found.row == nil {
				found.row = format.NewJSONEncoder(b.Fields).AppendRow(nil, b, row)
				found.key = keyText(d, found.values)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read examples of %s: %w", d.Name, err)
	}
	return found, nil
}

// keyText writes the key of a row as a path has it, decoded.
func keyText(d *gold.Dataset, values map[string]gold.Value) string {
	fields := d.KeyFields()
	if len(fields) == 1 {
		return values[fields[0].Name].Format(fields[0].Scale)
	}
	items := make([]string, len(fields))
	for i, f := range fields {
		items[i] = values[f.Name].Format(f.Scale)
	}
	return param.JoinList(items)
}
