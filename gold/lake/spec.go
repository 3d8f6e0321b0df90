package lake

import (
	"cmp"
	"strings"

	"goldserve/gold"
)

// Spec says which dataset to read, and from where.
type Spec struct {
	Dataset       gold.Dataset
	Optional      []gold.Field // read too where the files have them
	Source        string       // the stem of a file or folder, or its name with .parquet; empty: the dataset's name
	NoSuccessFile bool         // a folder of parts need not hold _SUCCESS
	Manifest      *Manifest    // what the source's files must be; nil: nobody says
}

const extension = ".parquet"

// File returns the name that the source has in the lake unless it is a folder without the extension.
func (s Spec) File() string { return strings.TrimSuffix(s.stem(), extension) + extension }

func (s Spec) stem() string { return cmp.Or(s.Source, s.Dataset.Name) }
