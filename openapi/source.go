package openapi

import (
	"encoding/json"

	"goldserve/gold"
)

// Source is what a document is made of.
type Source struct {
	Base       string // what stands before every URL, without a slash at its end
	Operations []Operation
	Models     []Model
	Formats    []Format // of tables
	Dialects   []string // of CSV
	Codes      []string // of problems
	Shared     bool     // URLs that are of no model are described too
}

// Format is a form of tables.
type Format struct {
	Name, MediaType string
	Binary          bool // bytes rather than text
}

// Model is one model with what its current release, or the contracts on disk, say.
type Model struct {
	Name     string
	Default  bool   // its names need no prefix
	Prefix   string // of its URLs: "", or "/m/" and its name
	Datasets []Dataset
	Figures  []Figure // of /kpis
	Filters  []Filter // of /kpis
}

// Dataset is one dataset and what questions about it may name.
type Dataset struct {
	*gold.Dataset
	About      string          // one line
	Schema     json.RawMessage // JSON Schema of one row
	Example    json.RawMessage // a row of the release; nil: none
	ExampleKey string          // the key of that row, as a path has it
	Filters    []Filter        // of its own rows
	Wide       []Filter        // of pages, whose rows may be computed again from another dataset
	LookedUp   []LookedUp      // fields of other datasets that rows may have besides
	Sorts      []string
	Values     []string // fields whose values can be listed
	Groups     []string // fields to group by
	Calendar   gold.Calendar
	Measured   []string // metrics that aggregates may have
}

// Filter is a field with what it may be compared with.
type Filter struct {
	Name      string
	Field     *gold.Field
	Dataset   string          // whose contract declares the field
	Operators []gold.Op       // that are spelled in parameters
	Bare      bool            // the name alone means eq
	Valid     []string        // the closed list of values; nil: open
	Periods   gold.PeriodUnit // what its texts are
	Calendar  gold.Calendar   // of the periods that it is compared with
	Patterns  []string        // that all its texts have
	Example   gold.Value
}

// LookedUp is a field of another dataset that rows may have.
type LookedUp struct {
	Name    string
	Field   *gold.Field
	Dataset string
	Schema  json.RawMessage
}

// Figure is one figure of /kpis.
type Figure struct {
	Name string
	Kind gold.Kind
	gold.Doc
}
