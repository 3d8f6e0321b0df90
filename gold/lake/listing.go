package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
)

// part is a file of a folder of parts.
type part struct {
	info      object.Info
	partition []content.Partition
}

// listing is the files of a source as they are now, in the order of their names.
type listing struct {
	name    string        // of the source in the lake
	from    object.Source // that has its files; nil: the lake's
	kind    gold.SourceKind
	format  format
	version version // nil: plain files, of that format
	parts   []part
	others  []string // names of files of other kinds beside the parts, which are left alone
}

// version is a version of a table of a format whose metadata tells its files, their rows and their columns.
type version interface {
	format() gold.Format
	number() string       // of the version among those of the table
	committed() time.Time // when it was; zero: that is not known
	partitions() []string // the names of the columns by which files are partitioned
	files() int           // their number
	size() int64          // of all files, in bytes, as far as the metadata says
	identity() string     // what has the same identity has the same rows
	ledger() string       // what tells the rows of files, in words

	schema() *parquet.Schema
	mapping() string // how its files name its columns; empty: as the table

	folderOfLog() string // within the table's: what is written last of a commit lies there

	// parts returns the files, which take far more memory than what they are made of.
	parts() ([]part, error)

	// totals returns the number of rows and bytes of all files, false where the metadata does not say.
	totals() (rows, bytes int64, known bool)

	// rowsOf returns how many rows a file has, deleted ones included; -1: the metadata does not say.
	rowsOf(name string) int64

	// deleted returns the numbers, from 0, of the rows of a file that are deleted, in their smallest form, which is one of each
	// set; nil: none are. Several goroutines may have the same set.
	deleted(ctx context.Context, name string, in content.Input) (*roaring.Bitmap, error)

	// gone returns the error of a file that the metadata names and that is not there.
	gone(name string) error

	// unchanged returns source_changed where its name stands for another version by now.
	unchanged(ctx context.Context, source object.Source) error
}

// layoutOf returns the text of how files have the columns that some fields are read from, where their names and types do not say
// all: other names, and the parts of lists, maps and structs. Tables that differ in it may have other rows of the same files.
func layoutOf(v version, fields []gold.Field) string {
	columns := v.schema().Columns
	var used []parquet.SchemaColumn
	for i := range columns {
		c := &columns[i]
		read := slices.ContainsFunc(fields, func(f gold.Field) bool {
			return f.Column() == c.Name || strings.HasPrefix(f.Column(), c.Name+".")
		})
		nested := c.Type.Kind == parquet.Structs || c.Type.Kind == parquet.Lists || c.Type.Kind == parquet.Maps
		if read && (nested || v.mapping() != "" && !c.Partition) {
			used = append(used, *c)
		}
	}
	if len(used) == 0 {
		return ""
	}
	text, _ := json.Marshal(used) // of names and numbers, which are always JSON
	sum := sha256.Sum256(append(text, v.mapping()...))
	return "columns " + hex.EncodeToString(sum[:])
}
