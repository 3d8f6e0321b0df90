package gold

import "time"

// Build says what a model's SQL builds its gold from, as model.yaml declares it.
type Build struct {
	Parameters []Parameter // in the order of the file
	Sources    []RawSource // in the order of the file
	Generate   []Parameter // of the SQL that makes raw files
	Retention  BuildRetention
	Folders    BuildFolders `json:",omitzero"`
}

// BuildFolders are the names of the folders of a lake's stages, and of the lake where nothing else names one. "": bronze, silver, gold, lake.
type BuildFolders struct{ Lake, Bronze, Silver, Gold string }

// BuildRetention says how long files stay whose names have the time of a slice, by its age beside the newest slice. 0: they stay.
type BuildRetention struct {
	Bronze time.Duration // raw files, whose rows stay
	Silver time.Duration // files of tables that have one for each slice
	Gold   time.Duration // files of earlier builds
}

// Parameter is a value that a model's SQL reads as a function without arguments.
type Parameter struct {
	Name        string
	Kind        RawKind
	Default     string // as written; "": none, which only an instant may lack: it is the time of the build
	Min, Max    string // as written; "": no bound
	Description string
	Required    bool // it has no default, and must be set
}

// RawSource is a table of raw files.
type RawSource struct {
	Name    string
	Files   []string // patterns of paths below bronze
	Columns []RawColumn
	Reading Reading   // as the contract of a dataset declares it; the zero Reading is guessed
	Slice   *RawSlice // nil: the paths of files have no number
	Expect  []Expectation
	Dropped []string // columns that files have and nothing reads
}

// RawSlice says where the paths of a source's files have the number of their slice. Sources with the same Name are of the same slices.
type RawSlice struct {
	Name       string // of a folder or, without its endings, of a file: month_{n}
	FirstMonth string // the parameter, a date, in whose month number 0 lies; "": the numbers are no months
	Optional   bool   // a slice may lack files of the source
	Frozen     bool   // the files of a slice that was built don't change, and no slice is left out
}

// RawColumn is a column that a raw source must have.
type RawColumn struct {
	Name string
	Kind RawKind
	Mask Mask // how the text is masked before anything else sees it
	// Optional says that a file may lack the column: its values are null there.
	Optional bool `json:",omitempty"`
}

// RawKind is what the text of a raw column, or of a parameter, means. Text that means nothing of the kind is null.
type RawKind string

// The kinds of raw columns and parameters.
const (
	RawText    RawKind = "text"    // trimmed; blank is null
	RawWhole   RawKind = "whole"   // a whole number of 64 bits
	RawNumber  RawKind = "number"  // a double
	RawMoney   RawKind = "money"   // a decimal of 18 digits, 4 of them after the point
	RawInstant RawKind = "instant" // a timestamp in UTC
	RawDate    RawKind = "date"
	RawBoolean RawKind = "boolean"
)
