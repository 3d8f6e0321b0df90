package builder

import (
	"context"
	"time"

	"goldserve/gold"
)

// Lander finds the raw files of sources, and makes of them what engines read. Package landing has the one that there is.
type Lander interface {
	// Find lists the files of sources in bronze, and hashes those whose tokens it doesn't remember: where nothing changed it costs a
	// listing. sources are all of a model, in any order; so are the results.
	//
	// It returns Invalid build_source_missing, for all sources at once, and the errors of where bronze lies.
	Find(ctx context.Context, sources []gold.RawSource) ([]Raw, error)

	// Check holds all rows of sources that were found against what the sources expect of them, in the order of their slices. It returns the
	// sources without the slices that break an expectation of severity error, and without later ones, and all that was found. It remembers
	// what it found: files that are as they were aren't read again. Freshness is not its matter.
	//
	// It returns the errors of files that can't be read, as Land does.
	Check(ctx context.Context, found []Raw) ([]Raw, []gold.Finding, error)

	// Land returns what an engine reads of sources that were found: their Parquet files as they are, and what other files become,
	// which is written where it isn't there as it was written before. told may be nil; it is called from one goroutine.
	//
	// It returns Invalid build_schema (also where no file has a row), file_invalid and file_unsupported, Unavailable source_changed and
	// source_unreadable, and build_failed where _landed can't be written.
	Land(ctx context.Context, found []Raw, told func(Landed)) ([]Source, error)

	// Unchanged returns Unavailable source_changed where the files in bronze aren't those that were found: called once the engine has
	// read them, and before anything is replaced.
	Unchanged(ctx context.Context, found []Raw) error

	// Carry removes raw files of slices that are older than an age beside the newest slice, once the rows that they became when they were
	// landed lie in the lake for good: Find, Land and all else go on as if they were there. It returns the files. An age of 0 keeps all.
	Carry(ctx context.Context, found []Raw, age time.Duration) ([]CarriedFiles, error)

	// Tidy removes what was landed of files that are in none of the sources, which must be all of the model.
	Tidy(ctx context.Context, found []Raw) error
}

// Raw is what bronze holds of a source.
type Raw struct {
	Source gold.RawSource
	ID     string    // a SHA-256: with the same one, bronze.<name> has the same rows
	Files  []RawFile // those that were removed, and then the others in the order of their names
	Left   []RawFile // raw files that are there though their rows are carried
	Absent []string  // the optional columns that no file has, once they were landed
}

// RawFile is a file of a source.
type RawFile struct {
	Name   string // below bronze
	Bytes  int64
	Token  string // of the version that was hashed, as bronze's listing has it
	SHA256 string // of its bytes; of a table, of what its version is made of
	Slice  string // the timestamp in its name, or the end of its month, as 2025-11-13T10:35:00Z; "": none
	Number int64  // in its path, where its source has slices with numbers
	Table  bool   // it is a folder, a version of a Delta or Iceberg table
	// Carried says where its rows are, once the raw file was removed; nil: it is there.
	Carried *Carried
}

// Carried is where the rows of a raw file are that was removed, and what it held.
type Carried struct {
	Bundle, SHA256 string // a file with the rows of several
	Rows, Broken   int64
	Lacks          []string // optional columns, of JSON all
}

// CarriedFiles are raw files of a source that were removed.
type CarriedFiles struct {
	Source string
	Files  []RawFile
}

// Landed tells of a source that was landed.
type Landed struct {
	Source  string
	Files   int   // that engines read
	Written int   // of them, now
	Rows    int64 // of those that were written
	Broken  int64 // of them, those that couldn't be read: their fields are null
	Seconds float64
}
