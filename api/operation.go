package api

import (
	"net/http"
	"strings"

	"goldserve/gold"
	"goldserve/gold/query/param"
	"goldserve/openapi"
)

// operation is a row of the table of operations, which routes, index and description read.
type operation struct {
	openapi.Operation
	handle handler
	index  string // its line in the index; "": not listed
}

// handler answers a request, or returns the error to answer with, having written nothing.
type handler func(w http.ResponseWriter, r *http.Request) error

// pathNames returns the paths of one segment, without their slash.
func pathNames(operations []operation) []string {
	var names []string
	for i := range operations {
		if name := operations[i].Path[1:]; name != "" && !strings.ContainsAny(name, "/{") {
			names = append(names, name)
		}
	}
	return names
}

// limit returns what limit= may be in an answer that is of a dataset.
func limit(least int64, usual func(*gold.Dataset) int64) func(*gold.Dataset) openapi.Limit {
	return func(d *gold.Dataset) openapi.Limit {
		return openapi.Limit{Least: least, Most: param.MaxLimit(d), Usual: usual(d)}
	}
}
