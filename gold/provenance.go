package gold

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Provenance says where the rows of a version were read from, and which version of it that was. It holds no secrets.
type Provenance struct {
	Kind    SourceKind `json:"kind" swaggertype:"string" enums:"file,folder,pattern,newest,delta,iceberg"`
	Format  Format     `json:"format" swaggertype:"string" example:"delta"`
	Place   string     `json:"place" example:"s3://lake/gold/orders"`      // of the file, the folder or the table
	Pattern string     `json:"pattern,omitempty" example:"sales_{ts}.csv"` // of the names of files, where the contract has one
	Version string     `json:"version,omitempty" example:"42"`             // of a table that has versions
	Files   int        `json:"files"`                                      // that hold its rows
	Bytes   int64      `json:"bytes"`                                      // of them
	// Modified is when the newest of them, or the table's version, was written; absent: the lake does not tell.
	Modified time.Time `json:"modified,omitzero" validate:"optional" example:"2026-01-31T10:00:00Z"`
} // @name Provenance

// SourceKind is how the files of a dataset's source are found.
type SourceKind string

// The kinds of sources.
const (
	OneFile      SourceKind = "file"
	FolderOf     SourceKind = "folder"  // of parts
	PatternOf    SourceKind = "pattern" // of names: all files that match it
	NewestOf     SourceKind = "newest"  // the newest file whose name matches the pattern
	DeltaTable   SourceKind = "delta"
	IcebergTable SourceKind = "iceberg"
)

// String says it in words: "Delta version 42 of s3://lake/gold/orders", "gold/orders_*.csv, 3 files, 12 MB".
func (p *Provenance) String() string {
	switch {
	case p.Kind == IcebergTable && p.Version == "":
		return "Iceberg table without a snapshot, " + p.Place
	case p.Kind == IcebergTable:
		return fmt.Sprintf("Iceberg snapshot %s of %s", p.Version, p.Place)
	case p.Version != "":
		return fmt.Sprintf("%s version %s of %s", strings.ToUpper(string(p.Format[:1]))+string(p.Format[1:]), p.Version, p.Place)
	}
	text := p.Place
	switch p.Kind {
	case NewestOf:
		text += ", the newest of " + p.Pattern
	case FolderOf, PatternOf:
		text += ", " + Counted(p.Files, "file")
	case OneFile, DeltaTable, IcebergTable:
	}
	return text + ", " + RoundedBytes(p.Bytes)
}

// Sources say where the rows of each dataset were read from, as far as it is known; those that are derived are not among them.
func (r *Release) Sources() map[string]*Provenance {
	sources := map[string]*Provenance{}
	for i := range r.Versions {
		if p := r.Versions[i].Origin.Provenance(); p != nil {
			sources[r.Versions[i].Dataset.Name] = p
		}
	}
	return sources
}

// RoundedBytes writes a number of bytes in few digits: 12.3 MB.
func RoundedBytes(n int64) string {
	if n < 1000 {
		return Counted(n, "byte")
	}
	units := []string{"kB", "MB", "GB", "TB"}
	value, unit := float64(n)/1000, 0
	for value >= 999.5 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	digits := 0
	if value < 99.95 {
		digits = 1
	}
	return strings.TrimSuffix(strconv.FormatFloat(value, 'f', digits, 64), ".0") + " " + units[unit]
}
