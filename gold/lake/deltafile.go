package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/delta"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
)

// DeltaVersion names a version of a Delta table.
type DeltaVersion = delta.At

// deltaTable is a Delta table at a version: its log tells the files, their rows and their columns.
type deltaTable struct {
	*delta.Snapshot
	folder string
	at     DeltaVersion
}

// totals returns the number of rows and bytes of all files, false where the log does not say.
func (d *deltaTable) totals() (rows, bytes int64, known bool) {
	for i := range d.Files {
		f := &d.Files[i]
		left := f.Rows
		if f.Vector != nil {
			left -= f.Vector.Cardinality
		}
		const most = 1 << 40 // of one file: sums stay far below what a number holds
		if f.Rows < 0 || f.Rows > most || left < 0 || left > f.Rows || f.Size < 0 || f.Size > 2*most {
			return 0, 0, false
		}
		rows += left
		bytes += f.Size
	}
	return rows, bytes, true
}

// vacuumed returns the error of a file that the log names and that is not there.
func (d *deltaTable) vacuumed(name string) error {
	return object.Refused(name, fmt.Sprintf("version %d of the Delta table %s needs the file, and it is not there: VACUUM may have removed it, or it was not copied with the log: "+
		"restore it, or name a newer version", d.Version, d.folder), nil)
}

// layout returns the text of how files have the columns that some fields are read from, where their names and types do not say
// all: other names, and the parts of lists, maps and structs. Tables that differ in it may have other rows of the same files.
func (d *deltaTable) layout(fields []gold.Field) string {
	var used []parquet.SchemaColumn
	for i := range d.Schema.Columns {
		c := &d.Schema.Columns[i]
		read := slices.ContainsFunc(fields, func(f gold.Field) bool {
			return f.Column() == c.Name || strings.HasPrefix(f.Column(), c.Name+".")
		})
		nested := c.Type.Kind == parquet.Structs || c.Type.Kind == parquet.Lists || c.Type.Kind == parquet.Maps
		if read && (nested || d.Mapping != "" && !c.Partition) {
			used = append(used, *c)
		}
	}
	if len(used) == 0 {
		return ""
	}
	text, _ := json.Marshal(used) // of names and numbers, which are always JSON
	sum := sha256.Sum256(append(text, d.Mapping...))
	return "columns " + hex.EncodeToString(sum[:])
}

// deltaFiles is the format of a Delta table's files.
type deltaFiles struct {
	parquetFiles
	snapshot *delta.Snapshot
	source   object.Source
}

// of returns the file of a name in the lake.
func (d deltaFiles) of(name string) *delta.File {
	files := d.snapshot.Files
	// Paths are sorted, and so are names, which all begin with the table's folder.
	i, _ := slices.BinarySearchFunc(files, name, func(f delta.File, name string) int { return strings.Compare(d.snapshot.Name(&f), name) })
	return &files[i]
}

func (d deltaFiles) open(ctx context.Context, name string, in content.Input, ds *gold.Dataset, _ []string, partition []content.Partition) (opened, error) {
	f, err := parquet.OpenOf(ctx, d.snapshot.Schema, name, in, ds, partition)
	if err != nil {
		return nil, err
	}
	file := d.of(name)
	if file.Rows >= 0 && file.Rows != f.Stored() {
		return nil, gold.Invalidf(gold.Problem{File: name, Code: gold.CodeRowCount}, "it has %d rows, and the log of the Delta table says %d: it is not the file that was added", f.Stored(), file.Rows)
	}
	deleted, err := d.snapshot.Deleted(ctx, file)
	if err != nil {
		return nil, err
	}
	if err := f.Delete(deleted); err != nil {
		return nil, err
	}
	return deltaOpened{f, deletedText(deleted)}, nil
}

func (d deltaFiles) reader(ds *gold.Dataset, chosen []int, rows int) reader {
	return deltaReader{parquet.NewReader(ds, chosen, rows)}
}

// deltaOpened is a data file with the rows of it that are left.
type deltaOpened struct {
	*parquet.File
	deleted string // tells the rows that are not; empty: none
}

// deletedText returns a text in which different sets of rows differ.
func deletedText(rows *roaring.Bitmap) string {
	if rows == nil || rows.IsEmpty() {
		return ""
	}
	rows.RunOptimize() // one form of each set
	sum := sha256.New()
	_, _ = rows.WriteTo(sum) // a hash takes every write
	return hex.EncodeToString(sum.Sum(nil))
}

type deltaReader struct{ *parquet.Reader }

func (r deltaReader) Read(ctx context.Context, f opened, in content.Input, group int, fn func(b *gold.Batch, first int64) error) error {
	return r.Reader.Read(ctx, f.(deltaOpened).File, in, group, fn)
}
