package openapi

import (
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"goldserve/gold"
)

const mediaTypeParquet = "application/vnd.apache.parquet"

// fileFailures are those of requests for a part of a file.
var fileFailures = []Failure{{412, []gold.Code{gold.CodePreconditionFailed}}, {416, []gold.Code{gold.CodeRangeNotSatisfiable}}}

// wholeFile describes the URL of a dataset as one Parquet file, which takes ranges. It has a path of its own: among the
// answers of its rows, parts of a file would be one more type of each for clients that are made of the description.
func (b *builder) wholeFile(t *target, rows *openapi3.Operation) {
	op := &openapi3.Operation{
		OperationID: "file", Summary: "{dataset} as one Parquet file", Tags: rows.Tags,
		Description: "The complete dataset. pandas, Polars and DuckDB read it from its URL and request only the ranges that they need. With other parameters of its rows, the file has the selected rows, without ranges.",
		Parameters:  openapi3.Parameters{parameterRef("release"), parameterRef("as_of"), parameterRef("Range")},
		Responses:   openapi3.NewResponsesWithCapacity(8),
	}
	t.name(op)
	b.notModified(op)
	names := append(slices.Clone(anyHeaders), append(storeHeaders, releaseHeaders...)...)
	for status, about := range map[string]string{"200": "The file.", "206": "The bytes that Range asks for."} {
		r := openapi3.NewResponse().WithDescription(about)
		r.Content = openapi3.Content{mediaTypeParquet: openapi3.NewMediaType()}
		r.Headers = headers(append(slices.Clone(names), "Content-Disposition")...)
		if status == "206" {
			r.Headers = headers(append(slices.Clone(names), "Content-Disposition", "Content-Range")...)
		}
		op.Responses.Set(status, b.shared("File."+status, func() *openapi3.Response { return r }))
	}
	b.failures(op, slices.Concat(anyFailures, storeFailures, releaseFailures, datasetFailures, fileFailures))
	b.doc.AddOperation(t.path+".parquet", http.MethodGet, op)
}
