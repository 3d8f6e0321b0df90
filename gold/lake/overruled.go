package lake

import (
	"cmp"
	"slices"
	"strings"

	"goldserve/gold/lake/content"
)

// Overruled tells of a file whose own column differs from the value that the name of its folder gives: a=5. The
// folder's counts, as for Spark, DuckDB, pyarrow and Polars.
type Overruled struct {
	Field string
	File  string
	Rows  int64 // that hold another value, or one that can't be read
}

// overruledColumns puts together what the readers noted, by file and field.
func overruledColumns(readers []reader) []Overruled {
	rows := map[content.FileColumn]int64{}
	for _, r := range readers {
		for c, n := range r.Overruled() {
			rows[c] += n
		}
	}
	var all []Overruled
	for c, n := range rows {
		all = append(all, Overruled{Field: c.Field, File: c.File, Rows: n})
	}
	slices.SortFunc(all, func(a, b Overruled) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Field, b.Field))
	})
	return all
}
