package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/parquet"
)

// versionFiles is the format of the files of a table's version.
type versionFiles struct {
	parquetFiles
	version version
}

func (v versionFiles) open(ctx context.Context, name string, in content.Input, ds *gold.Dataset, _ []string, partition []content.Partition) (opened, error) {
	f, err := parquet.OpenOf(ctx, v.version.schema(), name, in, ds, partition)
	if err != nil {
		return nil, err
	}
	if rows := v.version.rowsOf(name); rows >= 0 && rows != f.Stored() {
		return nil, gold.Invalidf(gold.Problem{File: name, Code: gold.CodeRowCount}, "it has %d rows, and %s says %d: it is not the file that was added", f.Stored(), v.version.ledger(), rows)
	}
	deleted, err := v.version.deleted(ctx, name, in)
	if err != nil {
		return nil, err
	}
	if err := f.Delete(deleted); err != nil {
		return nil, err
	}
	return versionOpened{f, deletedText(deleted)}, nil
}

func (v versionFiles) reader(ds *gold.Dataset, chosen []int, rows int) reader {
	return versionReader{parquet.NewReader(ds, chosen, rows)}
}

// versionOpened is a data file with the rows of it that are left.
type versionOpened struct {
	*parquet.File
	deleted string // tells the rows that are not; empty: none
}

func (o versionOpened) deletedRows() string { return o.deleted }

// deletedText returns a text in which different sets of rows differ, of one in its smallest form.
func deletedText(rows *roaring.Bitmap) string {
	if rows == nil || rows.IsEmpty() {
		return ""
	}
	sum := sha256.New()
	_, _ = rows.WriteTo(sum) // a hash takes every write
	return hex.EncodeToString(sum.Sum(nil))
}

type versionReader struct{ *parquet.Reader }

func (r versionReader) Read(ctx context.Context, f opened, in content.Input, group int, fn func(b *gold.Batch, first int64) error) error {
	return r.Reader.Read(ctx, f.(versionOpened).File, in, group, fn)
}
