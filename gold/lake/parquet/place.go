package parquet

import "github.com/parquet-go/parquet-go/format"

// place is where a leaf of the schema lies.
type place struct {
	leaf     int      // among the leaves, as column chunks are numbered
	path     []string // from the schema's root
	depth    int      // the definition level of a value: how many of the path may be null or empty
	repeats  int      // the repetition level of a value: how many lists and maps it lies in
	physical format.Type
	size     int // bytes of a value of fixed length
}
