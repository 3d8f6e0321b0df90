package openapi

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const (
	mediaTypeProblem = "application/problem+json"
	mediaTypeHTML    = "text/html"
	mediaTypeEvents  = "text/event-stream"
)

// Headers of answers.
var (
	anyHeaders     = []string{"X-Request-Id", "Cache-Control"}
	storeHeaders   = []string{"Server-Timing", "Vary"}
	releaseHeaders = []string{"ETag", "Content-Location", "Goldserve-Release", "Goldserve-As-Of"}
)

// responses completes the answers of an operation.
func (b *builder) responses(t *target, op *openapi3.Operation) {
	b.success(t, op)
	failures := slices.Clone(anyFailures)
	if t.Takes("format") {
		failures = append(failures, storeFailures...)
	}
	if t.Takes("release") {
		failures = append(failures, releaseFailures...)
	}
	if strings.Contains(t.Path, "{dataset}") || t.EachDataset {
		failures = append(failures, datasetFailures...)
	}
	if t.Asked != "" {
		failures = append(failures, bodyFailures...)
	}
	b.failures(op, append(failures, t.Failures...))
}

// success completes the answers that are no problems.
func (b *builder) success(t *target, op *openapi3.Operation) {
	names := slices.Clone(anyHeaders)
	if t.Takes("format") {
		names = append(names, storeHeaders...)
	}
	if t.Takes("release") {
		names = append(names, releaseHeaders...)
		if t.Asked == "" {
			b.notModified(op)
		}
	}
	ok := op.Responses.Value("200").Value
	for mediaType, annotated := range ok.Content {
		schema, example := annotated.Schema, any(nil)
		if t.Body != nil {
			schema, example = t.Body(t.model, t.dataset, annotated.Schema)
		}
		switch mediaType {
		case mediaTypeHTML:
			schema = openapi3.NewStringSchema().NewRef()
		case mediaTypeEvents:
			schema = stream(schema)
		}
		ok.Content[mediaType] = openapi3.NewMediaType().WithSchemaRef(schema)
		if example != nil {
			ok.Content[mediaType].Example = example
		}
	}
	if t.Tabular() {
		for _, f := range b.source.Formats {
			if ok.Content[f.MediaType] == nil {
				ok.Content[f.MediaType] = file(f)
			}
		}
		names = append(names, "Content-Disposition")
	}
	if t.Takes("cursor") {
		names = append(names, "Link")
	}
	if t.Takes("cursor") && t.Asked == "" {
		ok.Links = openapi3.Links{"next": &openapi3.LinkRef{Value: &openapi3.Link{
			OperationID: op.OperationID, Description: "The next page.",
			Parameters: map[string]any{"cursor": "$response.body#/meta/cursor"},
		}}}
	}
	ok.Headers = headers(names...)
}

// stream describes a text of events, the data of each of which has a schema. OpenAPI 3.1 has no word for that.
func stream(data *openapi3.SchemaRef) *openapi3.SchemaRef {
	s := openapi3.NewStringSchema()
	s.Extensions = map[string]any{"x-event-data": data}
	return s.NewRef()
}

// notModified describes the answer to clients that have the answer.
func (b *builder) notModified(op *openapi3.Operation) {
	op.Parameters = append(op.Parameters, parameterRef("If-None-Match"))
	op.Responses.Set("304", b.shared("NotModified", func() *openapi3.Response {
		r := openapi3.NewResponse().WithDescription("The client already has the answer that If-None-Match names.")
		r.Headers = headers(append(slices.Clone(anyHeaders), append(storeHeaders, releaseHeaders...)...)...)
		return r
	}))
}

// file describes a body of rows alone: text, or bytes, which have no schema.
func file(f Format) *openapi3.MediaType {
	content := openapi3.NewMediaType()
	if !f.Binary {
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
