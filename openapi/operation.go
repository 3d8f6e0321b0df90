package openapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"goldserve/gold"
)

// Operation is the GET of a URL, or the POST of one that a JSON body asks a question: all that the description says of it but the words and the codes of its own, which stand
// in its handler's annotation.
type Operation struct {
	ID   string // its annotation's @ID
	Path string // its annotation's @Router
	// Asked says that the parameters are members of a JSON body, whose schema this names: the method is POST.
	Asked string
	// Beside says that the body has no parameters: they stand in the query, as those of a GET do.
	Beside bool
	// Shared says that the URL is of no model; the others are below /m/{model} too.
	Shared bool
	// EachDataset says that a dataset's fields shape the parameters or the answers: the URL is described once for each.
	EachDataset bool

	// Parameters are those of the query that the handler takes, filters apart. Those named format, release, cursor and
	// dialect say what else the operation has: a store to ask, a release that answers, pages, every format of tables.
	Parameters []string
	Limit      func(*gold.Dataset) Limit // what the parameter limit may be; the dataset is nil where the URL is of none
	Filters    Filters                   // nil: none
	// NamesColumns says that the request names the answer's columns: sort and the conditions of having are about those.
	NamesColumns bool
	// Additive says that it measures by what adds up alone: sums and counts.
	Additive bool

	Body     Body      // of the answer 200; nil: as annotated
	Failures []Failure // besides those that are annotated and that follow from parameters and path
	// WholeFile says that the path has a sibling that ends in .parquet: the dataset as one file, which takes ranges.
	WholeFile bool
}

// Limit says what the parameter limit may be: from Least, where 0 is everything, to Most, and what it is where the
// request has none.
type Limit struct{ Least, Most, Usual int64 }

// Filters returns what an answer is filtered by. The dataset is nil where the URL is of none.
type Filters func(*Model, *Dataset) []Filter

// OwnFilters are those of a dataset's own rows.
func OwnFilters(_ *Model, d *Dataset) []Filter { return d.Filters }

// WideFilters are those of pages, whose rows may be computed again from another dataset.
func WideFilters(_ *Model, d *Dataset) []Filter { return d.Wide }

// FigureFilters are those of a model's key figures.
func FigureFilters(m *Model, _ *Dataset) []Filter { return m.Filters }

// Takes reports whether the query may have a parameter.
func (o *Operation) Takes(parameter string) bool { return slices.Contains(o.Parameters, parameter) }

// Method returns the method of the operation.
func (o *Operation) Method() string {
	if o.Asked != "" {
		return http.MethodPost
	}
	return http.MethodGet
}

// Tabular reports whether the answers are tables, which have every format.
func (o *Operation) Tabular() bool { return o.Takes("dialect") }

// target is one path to describe: of an operation, for a model and a dataset of it.
type target struct {
	*Operation
	path    string
	model   *Model   // nil: of none
	dataset *Dataset // nil: of none
}

// targets returns the paths that an operation has in a model.
func (o *Operation) targets(m *Model) []target {
	if !o.EachDataset {
		path := m.Prefix + o.Path
		if o.Path == "/" && m.Prefix != "" {
			path = m.Prefix
		}
		return []target{{o, path, m, nil}}
	}
	var found []target
	for i := range m.Datasets {
		d := &m.Datasets[i]
		if d.Keyless() && strings.Contains(o.Path, "{key}") {
			continue // no URL names one of its rows
		}
		path := strings.Replace(o.Path, "{dataset}", d.Name, 1)
		if below, ok := strings.CutPrefix(path, "/{endpoint}"); ok {
			if d.Endpoint == "" {
				continue
			}
			path = d.Endpoint + below
		}
		found = append(found, target{o, m.Prefix + path, m, d})
	}
	return found
}

// name gives what is described once for each model and dataset a text and an id of its own.
func (t *target) name(op *openapi3.Operation) {
	if d := t.dataset; d != nil {
		op.Summary = strings.ReplaceAll(op.Summary, "{dataset}", d.Name)
		op.Description = strings.TrimSpace(d.About + "\n\n" + op.Description)
		op.OperationID += "_" + d.Name
	}
	if t.model != nil && !t.model.Default {
		op.OperationID = t.model.Name + "_" + op.OperationID
	}
}

// rename calls the key in a path by its field, where it is one, and returns the path.
func (t *target) rename(op *openapi3.Operation) string {
	p := op.Parameters.GetByInAndName(openapi3.ParameterInPath, "key")
	if p == nil || len(t.dataset.Key) > 1 {
		return t.path
	}
	p.Name = t.dataset.Key[0]
	return strings.Replace(t.path, "{key}", "{"+p.Name+"}", 1)
}
