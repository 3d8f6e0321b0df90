package openapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"goldserve/gold"
)

// Failure is a status with the codes of problems that have it.
type Failure struct {
	Status int
	Codes  []gold.Code
}

// SumFailures are those of operations that add up what a request names.
var SumFailures = []Failure{{400, []gold.Code{gold.CodeIntegerOverflow}}, {413, []gold.Code{gold.CodeMemoryLimit}}}

// Failures by what an operation does: parse parameters, ask the store, read a release.
var (
	anyFailures   = []Failure{{400, []gold.Code{gold.CodeInvalidParameter}}, {414, []gold.Code{gold.CodeURITooLong}}, {429, []gold.Code{gold.CodeOverloaded}}, {500, []gold.Code{gold.CodeInternal}}}
	storeFailures = []Failure{
		{406, []gold.Code{gold.CodeNotAcceptable}},
		{500, []gold.Code{gold.CodeStoreFailed}},
		{503, []gold.Code{gold.CodeStoreUnavailable, gold.CodeVersionSkew, gold.CodeOverloaded}},
		{504, []gold.Code{gold.CodeQueryTimeout}},
	}
	releaseFailures = []Failure{
		{404, []gold.Code{gold.CodeUnknownRelease, gold.CodeNoReleaseAsOf}},
		{410, []gold.Code{gold.CodeReleasePruned}},
		{500, []gold.Code{gold.CodeReleaseInconsistent}},
		{503, []gold.Code{gold.CodeNoRelease, gold.CodeDatasetEmpty}},
	}
	bodyFailures    = []Failure{{413, []gold.Code{gold.CodeBodyTooLong}}, {415, []gold.Code{gold.CodeUnsupportedMedia}}}
	datasetFailures = []Failure{{404, []gold.Code{gold.CodeUnknownDataset}}}
)

// failures adds the problems of an operation: its own, which its annotation names, and those of its kind.
func (b *builder) failures(op *openapi3.Operation, failures []Failure) {
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
		own, there := codes[f.Status]
		if there && own == nil {
			continue
		}
		for _, code := range f.Codes {
			if !slices.Contains(own, code) {
				own = append(own, code)
			}
		}
		codes[f.Status] = own
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
