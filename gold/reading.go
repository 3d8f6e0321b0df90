package gold

import (
	"encoding/json"
	"time"
)

// Reading says how the files of a source are read, where neither their names nor they themselves do.
type Reading struct {
	Format    Format `json:"format,omitempty"`    // empty: by the files' names
	Delimiter string `json:"delimiter,omitempty"` // of CSV, between values; empty: a comma, of .tsv files a tab
	Quote     string `json:"quote,omitempty"`     // of CSV, around values; empty: a double quote; none: NoQuote
	Encoding  string `json:"encoding,omitempty"`  // one of Encodings; empty: UTF-8
	// Null are texts that stand for null, besides the empty one: of CSV, and of texts where they are not quoted.
	Null []string `json:"null,omitempty"`
	// FoldNames says that the names of CSV's columns are read in lower case, and without blanks around them.
	FoldNames bool `json:"fold_names,omitempty"`
	// FileColumn is the name of a column, besides those of the files, that holds the name of each row's file; empty: there is
	// none.
	FileColumn string `json:"file_column,omitempty"`
	// Version (of a Delta table), Snapshot, Ref (of an Iceberg table) and Timestamp name a version of a table: by its number or
	// its id, by a tag or a branch, or the newest one that is not later. None: the newest.
	Version   *int64    `json:"version,omitempty"`
	Snapshot  string    `json:"snapshot,omitempty"`
	Ref       string    `json:"ref,omitempty"`
	Timestamp time.Time `json:"timestamp,omitzero"`
}

// Format is how a file holds rows.
type Format string

// The formats.
const (
	Parquet Format = "parquet"
	CSV     Format = "csv"
	NDJSON  Format = "ndjson"
	JSON    Format = "json"
	Delta   Format = "delta"   // a table, whose files are Parquet
	Iceberg Format = "iceberg" // a table, whose files are Parquet
)

// Table reports whether the format is of tables with versions, which are named by their folders.
func (f Format) Table() bool { return f == Delta || f == Iceberg }

// NoQuote is the Quote of files in which no sign quotes: each is part of a value.
const NoQuote = "none"

// Encodings are the encodings of text files.
var Encodings = []string{"utf-8", "utf-16", "utf-16le", "utf-16be", "windows-1252", "iso-8859-1", "iso-8859-15"}

// String returns the canonical form: files are read alike by readings with the same one. Empty: nothing is said.
func (r Reading) String() string {
	text, err := json.Marshal(r)
	if err != nil {
		return err.Error() // nothing in it can't be written
	}
	if string(text) == "{}" {
		return ""
	}
	return string(text)
}
