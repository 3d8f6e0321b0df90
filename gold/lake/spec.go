package lake

import (
	"strings"

	"goldserve/gold"
)

// Spec says which dataset to read, and from where.
type Spec struct {
	Dataset       gold.Dataset
	Optional      []gold.Field // read too where the files have them
	Source        string       // the file's stem; empty: the dataset's name
	NoSuccessFile bool         // a folder of parts need not hold _SUCCESS
	Manifest      *Manifest    // what the source's files must be; nil: nobody says
}

const extension = ".parquet"

// File returns the name of the source in the lake.
func (s Spec) File() string {
	if s.Source != "" {
		return strings.TrimSuffix(s.Source, extension) + extension
	}
	return s.Dataset.Name + extension
}
