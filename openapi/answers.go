package openapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"goldserve/gold"
)

const (
	mediaTypeJSON    = "application/json"
	mediaTypeProblem = "application/problem+json"
	mediaTypeHTML    = "text/html"
)

// failure is a status with the codes of problems that have it.
type failure struct {
	status int
	codes  []gold.Code
}

// Failures by what an operation does: parse parameters, ask the store, read a release.
var (
	anyFailures   = []failure{{400, []gold.Code{gold.CodeInvalidParameter}}, {414, []gold.Code{gold.CodeURITooLong}}, {429, []gold.Code{gold.CodeOverloaded}}, {500, []gold.Code{gold.CodeInternal}}}
	storeFailures = []failure{
		{406, []gold.Code{gold.CodeNotAcceptable}},
		{500, []gold.Code{gold.CodeStoreFailed}},
		{503, []gold.Code{gold.CodeStoreUnavailable, gold.CodeVersionSkew, gold.CodeOverloaded}},
		{504, []gold.Code{gold.CodeQueryTimeout}},
	}
	releaseFailures = []failure{
		{404, []gold.Code{gold.CodeUnknownRelease, gold.CodeNoReleaseAsOf}},
		{410, []gold.Code{gold.CodeReleasePruned}},
		{500, []gold.Code{gold.CodeReleaseInconsistent}},
		{503, []gold.Code{gold.CodeNoRelease, gold.CodeDatasetEmpty}},
	}
	datasetFailures = []failure{{404, []gold.Code{gold.CodeUnknownDataset}}}
	sumFailures     = []failure{{400, []gold.Code{gold.CodeIntegerOverflow}}, {413, []gold.Code{gold.CodeMemoryLimit}}}
)

// Headers of answers.
var (
	anyHeaders     = []string{"X-Request-Id", "Cache-Control"}
	storeHeaders   = []string{"Server-Timing", "Vary"}
	releaseHeaders = []string{"ETag", "Content-Location", "Goldserve-Release", "Goldserve-As-Of"}
)

// responses completes the answers of an operation.
func (b *builder) responses(t *target, id string, op *openapi3.Operation) {
	store := slices.Contains(b.source.Parameters[id], "format")
	release := slices.Contains(b.source.Parameters[id], "release")
	b.success(t, id, op, store, release)
	failures := slices.Clone(anyFailures)
	if store {
		failures = append(failures, storeFailures...)
	}
	if release {
		failures = append(failures, releaseFailures...)
	}
	if strings.Contains(t.template, "{dataset}") || t.dataset != nil {
		failures = append(failures, datasetFailures...)
	}
	if id == "aggregate" || id == "concentration" || id == "kpis" {
		failures = append(failures, sumFailures...)
	}
	b.failures(op, failures)
}

// success completes the answers that are no problems.
func (b *builder) success(t *target, id string, op *openapi3.Operation, store, release bool) {
	names := slices.Clone(anyHeaders)
	if store {
		names = append(names, storeHeaders...)
	}
	if release {
		names = append(names, releaseHeaders...)
		b.notModified(op)
	}
	ok := op.Responses.Value("200").Value
	for mediaType, annotated := range ok.Content {
		schema, example := b.body(t, id, annotated.Schema)
		if mediaType == mediaTypeHTML {
			schema = openapi3.NewStringSchema().NewRef()
		}
		ok.Content[mediaType] = openapi3.NewMediaType().WithSchemaRef(schema)
		if example != nil {
			ok.Content[mediaType].Example = example
		}
	}
	if b.table(id) {
		for _, f := range b.source.Formats {
			if ok.Content[f.MediaType] == nil {
				ok.Content[f.MediaType] = file(f)
			}
		}
		names = append(names, "Content-Disposition")
	}
	if slices.Contains(b.source.Parameters[id], "cursor") {
		names = append(names, "Link")
		ok.Links = openapi3.Links{"next": &openapi3.LinkRef{Value: &openapi3.Link{
			OperationID: op.OperationID, Description: "The next page.",
			Parameters: map[string]any{"cursor": "$response.body#/meta/cursor"},
		}}}
	}
	ok.Headers = headers(names...)
}

// notModified describes the answer to clients that have the answer.
func (b *builder) notModified(op *openapi3.Operation) {
	op.Parameters = append(op.Parameters, parameterRef("If-None-Match"))
	op.Responses.Set("304", b.shared("NotModified", func() *openapi3.Response {
		r := openapi3.NewResponse().WithDescription("The client has the answer: If-None-Match names it.")
		r.Headers = headers(append(slices.Clone(anyHeaders), append(storeHeaders, releaseHeaders...)...)...)
		return r
	}))
}

// file describes a body of rows alone: text, or bytes, which have no schema.
func file(f Format) *openapi3.MediaType {
	content := openapi3.NewMediaType()
	if f.Name == "csv" || f.Name == "ndjson" {
		content = content.WithSchema(openapi3.NewStringSchema())
	}
	return content
}

func headers(names ...string) openapi3.Headers {
	found := openapi3.Headers{}
	for _, name := range names {
		found[name] = &openapi3.HeaderRef{Ref: "#/components/headers/" + name}
	}
	return found
}

// shared returns a reference to a response that many operations have, made at its first use.
func (b *builder) shared(name string, make func() *openapi3.Response) *openapi3.ResponseRef {
	if b.doc.Components.Responses[name] == nil {
		b.doc.Components.Responses[name] = &openapi3.ResponseRef{Value: make()}
	}
	return &openapi3.ResponseRef{Ref: "#/components/responses/" + name}
}

// failures adds the problems of an operation: its own, which its annotation names, and those of its kind.
func (b *builder) failures(op *openapi3.Operation, failures []failure) {
	codes := map[int][]gold.Code{}
	for status, r := range op.Responses.Map() {
		if n, err := strconv.Atoi(status); err == nil && n >= 400 && r.Value != nil {
			if !isProblem(r.Value.Content) {
				codes[n] = nil // a body of the handler's own
				r.Value.Headers = headers(anyHeaders...)
				continue
			}
			for code := range strings.SplitSeq(*r.Value.Description, ", ") {
				codes[n] = append(codes[n], gold.Code(code))
			}
		}
	}
	for _, f := range failures {
		own, there := codes[f.status]
		if there && own == nil {
			continue
		}
		for _, code := range f.codes {
			if !slices.Contains(own, code) {
				own = append(own, code)
			}
		}
		codes[f.status] = own
	}
	for status, list := range codes {
		if list != nil {
			name := strconv.Itoa(status) + "." + joined(list, "-")
			op.Responses.Set(strconv.Itoa(status), b.shared(name, func() *openapi3.Response { return problem(status, list) }))
		}
	}
}

// joined writes codes in one text.
func joined(codes []gold.Code, separator string) string {
	words := make([]string, len(codes))
	for i, code := range codes {
		words[i] = string(code)
	}
	return strings.Join(words, separator)
}

// isProblem reports whether an annotated body is the one shape of errors; swag gives it every media type of the operation.
func isProblem(content openapi3.Content) bool {
	for _, c := range content {
		return c.Schema.Ref == "#/components/schemas/ProblemDetails"
	}
	return false
}

// problem describes an error body with the codes that it can have.
func problem(status int, codes []gold.Code) *openapi3.Response {
	own := openapi3.NewObjectSchema().
		WithProperty("status", &openapi3.Schema{Const: status}).
		WithProperty("code", enum(codes))
	schema := openapi3.NewSchema()
	schema.AllOf = openapi3.SchemaRefs{schemaRef("ProblemDetails"), own.NewRef()}
	r := openapi3.NewResponse().WithDescription(http.StatusText(status) + ": " + joined(codes, ", "))
	r.Content = openapi3.NewContentWithSchema(schema, []string{mediaTypeProblem})
	r.Content[mediaTypeHTML] = openapi3.NewMediaType().WithSchema(openapi3.NewStringSchema()) // for browsers
	names := anyHeaders
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		names = append(slices.Clone(names), "Retry-After")
	}
	r.Headers = headers(names...)
	return r
}

// body returns the schema of a 200's body, and an example; nil: none.
func (b *builder) body(t *target, id string, annotated *openapi3.SchemaRef) (*openapi3.SchemaRef, any) {
	switch id {
	case "rows", "endpoint":
		row := schemaRef(t.model.component(t.dataset.Name, "row"))
		data := openapi3.NewArraySchema()
		data.Items = row
		return envelope(data.NewRef()), t.dataset.page()
	case "row", "endpoint_row":
		return envelope(schemaRef(t.model.component(t.dataset.Name, "row"))), t.dataset.one()
	case "values":
		return envelope(list(b.valueCount()).NewRef()), nil
	case "concentration":
		return envelope(list(group()).NewRef()), nil
	case "aggregate":
		return groups(), nil
	case "kpis":
		return figures(t.model.Figures), nil
	case "schema", "index", "livez", "readyz", "health", "version", "openapi_json", "openapi_yaml", "docs", "events", "problems", "problem":
		return annotated, nil
	default:
		return envelope(annotated), nil
	}
}

// envelope is {"data": …, "meta": …}.
func envelope(data *openapi3.SchemaRef) *openapi3.SchemaRef {
	return openapi3.NewObjectSchema().WithPropertyRef("data", data).WithPropertyRef("meta", schemaRef("Meta")).
		WithRequired([]string{"data", "meta"}).NewRef()
}

func (d *Dataset) page() any {
	if d.Example == nil {
		return nil
	}
	return map[string]any{"data": []any{d.Example}, "meta": map[string]any{"count": 1, "truncated": false, "query_ms": 0.2, "total_ms": 0.4}}
}

func (d *Dataset) one() any {
	if d.Example == nil {
		return nil
	}
	return map[string]any{"data": d.Example, "meta": map[string]any{"query_ms": 0.2, "total_ms": 0.4}}
}

// anyValue is a value of some field.
func anyValue() *openapi3.Schema {
	return openapi3.NewSchema().WithTypes(openapi3.TypeString, openapi3.TypeNumber, openapi3.TypeBoolean, openapi3.TypeNull)
}

func (b *builder) valueCount() *openapi3.Schema {
	return openapi3.NewObjectSchema().WithProperty("value", anyValue()).
		WithProperty("count", openapi3.NewInt64Schema().WithMin(0)).WithRequired([]string{"value", "count"})
}

// groups describes the answer of an aggregate: its columns are named by the request.
func groups() *openapi3.SchemaRef {
	answer := envelope(list(group()).NewRef())
	answer.Value.WithProperty("totals", group())
	return answer
}

func group() *openapi3.Schema { return openapi3.NewObjectSchema().WithAdditionalProperties(anyValue()) }

// figures describes the answer of /kpis.
func figures(figures []Figure) *openapi3.SchemaRef {
	answer, earlier := openapi3.NewObjectSchema(), openapi3.NewObjectSchema()
	names := []string{"meta"}
	for _, f := range figures {
		s := openapi3.NewSchema().WithTypes(openapi3.TypeNumber, openapi3.TypeNull)
		s.Title, s.Description = plain(f.Label), describe(&f.Doc)
		annotate(s, &f.Doc)
		answer.WithProperty(f.Name, s)
		earlier.WithProperty(f.Name, openapi3.NewSchema().WithTypes(openapi3.TypeNumber, openapi3.TypeNull))
		names = append(names, f.Name)
	}
	answer.WithProperty("previous", earlier).WithProperty("change", earlier).WithPropertyRef("meta", schemaRef("Meta"))
	return answer.WithRequired(names).NewRef()
}

// rowSchema adds the schema of a dataset's rows: what fields= leaves out is missing, what it looks up is there besides.
func (b *builder) rowSchema(m *Model, d *Dataset) error {
	row := openapi3.NewObjectSchema()
	if err := json.Unmarshal(d.Schema, row); err != nil {
		return fmt.Errorf("read the schema of %s: %w", d.Name, err)
	}
	row.Required, row.SchemaDialect, row.Extensions = nil, "", nil
	for _, f := range d.LookedUp {
		s := openapi3.NewSchema()
		if err := json.Unmarshal(f.Schema, s); err != nil {
			return fmt.Errorf("read the schema of %s: %w", f.Name, err)
		}
		s.Description = strings.TrimSpace(s.Description + " Of " + f.Dataset + ", where fields= names it.")
		row.WithProperty(f.Name, s)
	}
	b.doc.Components.Schemas[m.component(d.Name, "row")] = row.NewRef()
	return nil
}

// annotate adds what JSON Schema has no word for.
func annotate(s *openapi3.Schema, d *gold.Doc) {
	for key, value := range map[string]string{"x-unit": d.Unit, "x-format": d.Format} {
		if value != "" {
			if s.Extensions == nil {
				s.Extensions = map[string]any{}
			}
			s.Extensions[key] = value
		}
	}
}

// plain returns a text in English, else "".
func plain(byLanguage map[string]string) string { return byLanguage["en"] }

// describe returns what a contract says of something, its unit included.
func describe(d *gold.Doc) string {
	text := strings.TrimSpace(plain(d.Description))
	if text == "" {
		text = plain(d.Label)
	}
	if d.Unit != "" {
		text = strings.TrimSpace(text + " Unit: " + d.Unit + ".")
	}
	return text
}
