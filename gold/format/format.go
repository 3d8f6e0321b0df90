package format

import (
	"fmt"
	"io"

	"goldserve/gold"
)

// Format is a format of answers and files.
type Format uint8

// The formats, in the order in which they are offered.
const (
	JSON    Format = iota // an array of objects
	NDJSON                // an object a line
	CSV                   // with a header, in one of the dialects
	Arrow                 // the IPC stream
	Parquet               // zstd
	XLSX                  // a workbook of the sheets data and about
)

// formats has for each format its name, which is also its suffix, its media type, and other media types for it.
var formats = [...]struct {
	name       string
	mediaTypes []string
	binary     bool
}{
	JSON:    {"json", []string{"application/json"}, false},
	NDJSON:  {"ndjson", []string{"application/x-ndjson", "application/ndjson", "application/jsonl"}, false},
	CSV:     {"csv", []string{"text/csv"}, false},
	Arrow:   {"arrow", []string{"application/vnd.apache.arrow.stream"}, true},
	Parquet: {"parquet", []string{"application/vnd.apache.parquet"}, true},
	XLSX:    {"xlsx", []string{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}, true},
}

// All returns every format in the order in which they are offered.
func All() []Format { return []Format{JSON, NDJSON, CSV, Arrow, Parquet, XLSX} }

// Parse returns the format of a name: json, ndjson, csv, arrow, parquet or xlsx.
func Parse(name string) (Format, bool) {
	for _, f := range All() {
		if formats[f].name == name {
			return f, true
		}
	}
	return JSON, false
}

func (f Format) String() string { return formats[f].name }

// Suffix returns the end of a path or file name of the format: .csv.
func (f Format) Suffix() string { return "." + formats[f].name }

// MediaTypes returns the format's media type without parameters, then others that clients may use.
func (f Format) MediaTypes() []string { return formats[f].mediaTypes }

// Binary reports whether bodies of the format are bytes, which no terminal shows, rather than text.
func (f Format) Binary() bool { return formats[f].binary }

// ContentType returns the media type of a body, with its parameters.
func (f Format) ContentType() string {
	if f == CSV {
		return "text/csv; charset=utf-8; header=present"
	}
	return formats[f].mediaTypes[0]
}

// Compressible reports whether a Content-Encoding makes bodies of the format smaller: the others are compressed
// already.
func (f Format) Compressible() bool { return f != Parquet && f != XLSX }

// MaxRows returns the largest number of rows that a file of the format can have, 0 for any number.
func (f Format) MaxRows() int64 {
	if f == XLSX {
		return maxSheetRows
	}
	return 0
}

// Options configure a writer.
type Options struct {
	// Fields are the columns: all or the first of every batch; further columns are left out.
	Fields []gold.Field
	// Dialect is CSV's.
	Dialect Dialect
	// LineFeed ends the lines of CSV with a line feed alone.
	LineFeed bool
	// About says where the rows come from: the metadata of Arrow (goldserve.url …) and Parquet, XLSX' sheet about.
	About []Note
}

// Note is one property of a file: url, release, as_of.
type Note struct {
	Name, Value string
}

// Writer writes batches as one file or body. Its memory does not grow with the number of rows.
type Writer interface {
	// Write writes the rows of a batch. The error is the underlying writer's, or Invalid if the format can't hold a
	// value. After an error the writer must not be used: the file stays incomplete.
	Write(b *gold.Batch) error
	// Close writes the end of the file. It does not close the underlying writer.
	Close() error
}

// Annotator is a Writer whose file has its properties at the end: XLSX and Parquet. Annotate adds what is known only
// after the last row, before Close.
type Annotator interface {
	Annotate(n Note) error
}

// New returns a writer of a format. Nothing is written before the first batch or Close.
func New(w io.Writer, f Format, o Options) (Writer, error) {
	switch f {
	case JSON:
		return newArrayWriter(w, o.Fields), nil
	case NDJSON:
		return newLineWriter(w, o.Fields), nil
	case CSV:
		return newCSVWriter(w, o), nil
	case Arrow:
		return newArrowWriter(w, o)
	case Parquet:
		return newParquetWriter(w, o)
	case XLSX:
		return newSheetWriter(w, o)
	default:
		return nil, fmt.Errorf("there is no format %d", f)
	}
}

// nullable reports whether a field has nulls: some masks leave nothing else.
func nullable(f *gold.Field) bool { return f.Nullable || f.Mask == gold.MaskNull }

// unexpectedNull is the error of a null in a non-nullable field, for formats whose schema declares that.
func unexpectedNull(f *gold.Field) error {
	return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "%s is null in a row, and its contract says that it never is", f.Name)
}
