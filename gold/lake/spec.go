package lake

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/text"
)

// Spec says which dataset to read, and from where.
type Spec struct {
	Dataset       gold.Dataset
	Optional      []gold.Field // read too where the files have them
	Source        string       // the stem of a file or folder, its name, or a pattern of names; empty: the dataset's name
	Reading       gold.Reading // how its files are read
	NoSuccessFile bool         // a folder of parts need not hold _SUCCESS
	Manifest      *Manifest    // what the source's files must be; nil: nobody says

	recorder *witness // of the metadata that is read; nil: nobody asks
}

const extension = ".parquet"

// File returns the name that the source is expected to have in the lake.
func (s Spec) File() string {
	named, _ := text.FormatOf(s.stem())
	switch format := s.Reading.Format; {
	case isPattern(s.stem()) || named != "" || s.Reading.Format.Table():
		return s.stem()
	case format != "" && format != gold.Parquet:
		return s.stem() + "." + string(format)
	}
	return s.parquetFile()
}

// parquetFile returns the name that the source has as a Parquet file.
func (s Spec) parquetFile() string { return strings.TrimSuffix(s.stem(), extension) + extension }

func (s Spec) stem() string { return cmp.Or(s.Source, s.Dataset.Name) }

// Endings returns the endings that the names of sources may have.
func Endings() []string { return append([]string{extension}, text.Endings("")...) }

// timestamp stands in a pattern for the time that a file's name tells: the newest file is read.
const timestamp = "{ts}"

// isPattern reports whether a source is the name of several files: orders_*.csv, or orders_{ts}.csv.
func isPattern(source string) bool {
	return strings.Contains(source, timestamp) || strings.Contains(source, "*")
}

// named returns the values that all rows of a file have: those of its folders, and its name where the contract asks for it.
func (s Spec) named(file string, partition []content.Partition) []content.Partition {
	if s.Reading.FileColumn == "" {
		return partition
	}
	return append(slices.Clip(partition), content.Partition{Name: s.Reading.FileColumn, Text: path.Base(file)})
}
