package lake

import (
	"cmp"
	"context"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/parquet"
	"goldserve/gold/lake/text"
)

// format decodes files of one kind. The files of a table are of one.
type format interface {
	// open reads what a file says about itself, and checks it against a dataset. A field that is among optional need not be
	// there. Problems of the schema are returned together, in one error.
	open(ctx context.Context, name string, in content.Input, d *gold.Dataset, optional []string, partition []content.Partition) (opened, error)

	// columns returns the columns of a file, as a contract without loss would hold them.
	columns(ctx context.Context, name string, in content.Input) ([]content.Column, error)

	// sniff returns how a file is read, as far as its name does not tell.
	sniff(ctx context.Context, name string, in content.Input) (gold.Reading, error)

	// reading returns the canonical text of how a file is read: with the same one and the same bytes, it has the same rows.
	reading(name string) string

	// reader returns a reader of the chosen fields of a dataset, by their places, in batches of so many rows at most.
	reader(d *gold.Dataset, chosen []int, rows int) reader
}

// opened is what a file says about itself, checked against a dataset. Its rows lie in groups, which are numbered from 0 and
// can be read side by side.
type opened interface {
	Rows() int64
	Groups() int
	GroupRows(group int) int64

	// Lacks returns the problem that the file does not have an optional field; nil: it has it, or the field is not optional. A
	// reader gives null for what the file lacks.
	Lacks(field string) *gold.Problem

	// Overrules reports whether the partition gives the values of a field that is one of the file's columns too;
	// OverrulesColumn asks by the name that the partition gives it.
	Overrules(field string) bool
	OverrulesColumn(name string) bool
}

// reader decodes one group after the other, of files of one format. It belongs to one goroutine.
type reader interface {
	// Read decodes a group and passes its batches on, each with the file's number of its first row, from 1. The batch is valid
	// until fn returns.
	Read(ctx context.Context, f opened, in content.Input, group int, fn func(b *gold.Batch, first int64) error) error

	// What all groups that were read had: rows that were passed on, values that lost digits and that became null, by field,
	// and rows that a folder's name overrules.
	Rows() int64
	Lossy() map[string]int64
	Coerced() map[string]content.Coerced
	Overruled() map[content.FileColumn]int64

	Close()
}

// formatName returns the format of a file: by its name, unless the contract says another.
func formatName(name string, r gold.Reading) gold.Format {
	named, _ := text.FormatOf(name)
	return cmp.Or(r.Format, named, gold.Parquet)
}

func formatOf(name string, r gold.Reading) format {
	if r.Format = formatName(name, r); r.Format == gold.Parquet {
		return parquetFiles{}
	}
	return textFiles{r}
}

// parquetFiles is the format of Parquet files.
type parquetFiles struct{}

func (parquetFiles) open(ctx context.Context, name string, in content.Input, d *gold.Dataset, optional []string, partition []content.Partition) (opened, error) {
	f, err := parquet.Open(ctx, name, in, d, optional, partition)
	if err != nil {
		return nil, err // rather than an interface that holds nil
	}
	return f, nil
}

func (parquetFiles) columns(ctx context.Context, name string, in content.Input) ([]content.Column, error) {
	return parquet.Columns(ctx, name, in)
}

func (parquetFiles) sniff(context.Context, string, content.Input) (gold.Reading, error) {
	return gold.Reading{}, nil
}

func (parquetFiles) reading(string) string { return "" }

func (parquetFiles) reader(d *gold.Dataset, chosen []int, rows int) reader {
	return parquetReader{parquet.NewReader(d, chosen, rows)}
}

type parquetReader struct{ *parquet.Reader }

func (r parquetReader) Read(ctx context.Context, f opened, in content.Input, group int, fn func(b *gold.Batch, first int64) error) error {
	return r.Reader.Read(ctx, f.(*parquet.File), in, group, fn)
}

// textFiles is the format of text files, read in one way.
type textFiles struct{ as gold.Reading }

func (t textFiles) open(ctx context.Context, name string, in content.Input, d *gold.Dataset, optional []string, partition []content.Partition) (opened, error) {
	f, err := text.Open(ctx, name, in, t.as, d, optional, partition)
	if err != nil {
		return nil, err // rather than an interface that holds nil
	}
	return f, nil
}

func (t textFiles) columns(ctx context.Context, name string, in content.Input) ([]content.Column, error) {
	return text.Columns(ctx, name, in, t.as)
}

func (t textFiles) sniff(ctx context.Context, name string, in content.Input) (gold.Reading, error) {
	return text.Sniff(ctx, name, in)
}

func (t textFiles) reading(name string) string { return text.Reading(name, t.as) }

func (t textFiles) reader(d *gold.Dataset, chosen []int, rows int) reader {
	return textReader{text.NewReader(d, chosen, rows)}
}

type textReader struct{ *text.Reader }

func (r textReader) Read(ctx context.Context, f opened, in content.Input, group int, fn func(b *gold.Batch, first int64) error) error {
	return r.Reader.Read(ctx, f.(*text.File), in, group, fn)
}
