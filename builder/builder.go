package builder

import (
	"context"
	"slices"
	"time"

	"goldserve/gold"
)

// Engine runs a build's SQL. It knows nothing of lakes: it reads the files that a program names, and writes below the program's scratch
// folder alone.
type Engine interface {
	// Version returns the engine's name and version, for records. It fails if the engine can't be had, and says how to get it.
	Version(ctx context.Context) (Version, error)
	// Run runs a program in one session, tells of each table once its files are whole, and returns what the engine used, also where it
	// failed. The error is a gold.Error that names the file and line of the SQL, or the source.
	Run(ctx context.Context, p *Program, told func(Built)) (Usage, error)
	// Reads reports whether a step can read a table as it lies in the lake, by what the record says of it: its files hold it as it was.
	Reads(t *Table, was *gold.BuiltTable) bool
	Close() error
}

// Version is an engine's name and version: {"duckdb", "1.5.6"}.
type Version struct {
	Name, Number string
	Prelude      string // a hash of the functions that the engine adds: with another one, tables may differ
}

// Usage is what an engine's own process used; an engine elsewhere leaves it zero.
type Usage struct {
	Memory    int64 // bytes at the peak
	Processor time.Duration
}

// Program is what an engine runs.
type Program struct {
	Scratch    string   // the folder for results, as the engine sees it
	Parameters []Value  // every one that the SQL may read
	Sources    []Source // those that the steps read
	Steps      []Step   // each after those that it reads
}

// Value is the value of a parameter.
type Value struct {
	Name string
	Kind gold.RawKind
	Text string // such as 365, 2025-01-31T00:00:00Z, true
}

// Source is a raw table: bronze.<Name>.
type Source struct {
	Name    string
	Columns []Column
	Files   []File
	// Numbered says that the paths of its files have a number, which is the column _number.
	Numbered bool
	Absent   []string // the optional columns that no file has
	Uneven   bool     // the types of a column differ from file to file in width, unit or scale
}

// HasText reports whether files of the source were landed, so that records of them may be unreadable.
func (s Source) HasText() bool {
	return slices.ContainsFunc(s.Files, func(f File) bool { return f.Landed })
}

// Single reports whether all rows are of one raw file.
func (s Source) Single() bool { return len(s.Files) == 1 && !s.Files[0].Bundle }

// Column is a column of a source.
type Column struct {
	Name   string
	Kind   gold.RawKind
	Stored Stored
}

// Stored is the type that a column has in the Parquet files of its source.
type Stored string

// The types of columns of Parquet files that raw kinds are read from.
const (
	StoredText      Stored = "text"
	StoredWhole     Stored = "whole" // an integer of any width
	StoredNumber    Stored = "number"
	StoredDecimal   Stored = "decimal"
	StoredTimestamp Stored = "timestamp" // without a zone, or in UTC
	StoredDate      Stored = "date"
	StoredBoolean   Stored = "boolean"
)

// File is a Parquet file of a source: a raw one, or what a text file became.
type File struct {
	Path   string // as the engine sees it
	Name   string // of the raw file, below bronze: _file
	Slice  string // the timestamp in its name, or the end of its month, as 2025-11-13T10:35:00Z; "": none: _slice
	Number int64  // in its path, where the source is numbered: _number
	Landed bool   // its columns are text, and _line is among them
	Bundle bool   // of several raw files: its rows say of which, in FileColumn and SliceColumn, as text
}

// The columns of bronze.<source> that say where a row comes from. Tables with one file for each slice begin with SliceColumn, which the files
// don't have.
const (
	FileColumn  = "_file"
	SliceColumn = "_slice"
)

// Step is a table of the program.
type Step struct {
	Table   *Table
	Present []string         // its files where it is only read, as the engine sees them, in the order of its rows; nil: it runs
	Columns []gold.BuildType // of a table that is only read, with the engine's types
	Slices  []string         // of each of Present, as 20251113T103500, where the table has one file for each slice; "": none
	Rows    int64            // of a table that is only read
}

// Table is a table that a file of SQL makes.
type Table struct {
	Stage       Stage
	Name        string
	File        string // as errors name it: sql/gold/ca_monthly.sql
	SHA256      string // of the file
	Query       Query
	Temporary   bool     // it leaves no files
	View        bool     // a temporary table that is computed wherever it is read, and not kept
	Format      string   // parquet, csv, jsonl
	Array       bool     // JSON lines become one array
	Verbatim    string   // of generate: how the file's name ends whose lines are the values of the query's only column; "": none
	Copies      []*Table // the same table in further formats
	Path        string   // of its files below the stage: orders_{slice}.csv, sales/sales_{ts}.csv; "": NAME.FORMAT
	PartitionBy []string
	PartPath    string // of generate: the file of a partition: month_{month}/users.csv; "": Hive's names
	Quarantine  *Quarantine
}

// Stage is where a table lies: bronze, silver, gold; generate's tables become files of bronze.
type Stage string

// The stages of a build, in their order.
const (
	Generate Stage = "generate"
	Bronze   Stage = "bronze"
	Silver   Stage = "silver"
	Gold     Stage = "gold"
)

// Query is the one statement of a file of SQL, without comments and with its line breaks, so that the engine's line numbers are the file's.
type Query struct {
	Text       string
	FirstLine  int         // of the file, where Text begins
	References []Reference // the tables that it reads, in the order of the text
	Parameters []string    // the parameters that it reads, sorted
	Calls      []Call      // the first of each parameter, in the order of the text
	Order      int         // the byte of Text where its last clause begins, if that is ORDER BY; else 0
}

// Call is where a query reads a parameter.
type Call struct {
	Parameter    string
	Line, Column int // of the file
}

// Reference is a table that a query names.
type Reference struct {
	Stage      Stage
	Name       string
	Start, End int    // bytes of Query.Text
	Alias      string // as written after it; "": none
	Line       int    // of the file
}

// Quarantine says which rows of a table are rejected.
type Quarantine struct {
	Column  string   // the reason; null: the row is kept
	Source  string   // whose columns the rejected rows keep
	Reasons []string // all there are, in the order of the report
}

// Built is a table that an engine has made.
type Built struct {
	Table      *Table
	Files      []string                  // below Program.Scratch: silver/achats.parquet, or gold/ca.parquet/part-00000.parquet
	Same       map[string]gold.BuildFile // those of Files that lie in the lake as they would be made, and not in Scratch
	Aged       int                       // how many files of old slices it would have beside Files
	Columns    []gold.BuildType          // of the query, with the types that files have
	Rows       int64
	RowsIn     int64            // of the source, where there is a quarantine
	Rejected   map[string]int64 // by reason
	Quarantine []string         // the files of the rejected rows, below Program.Scratch
	Seconds    float64
}
