package lake

import (
	"cmp"
	"strings"

	"goldserve/gold"
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
}

const extension = ".parquet"

// File returns the name that the source is expected to have in the lake.
func (s Spec) File() string {
	named, _ := text.FormatOf(s.stem())
	switch format := s.Reading.Format; {
	case isPattern(s.stem()) || named != "" || s.Reading.Format == gold.Delta:
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
