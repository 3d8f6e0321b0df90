package builder

import (
	"fmt"

	"goldserve/gold"
)

// PlaceError says of a query with a quarantine that it gives a row of its source, at a line of a file, n times instead of once. A place that is
// no row's, or null, is given although there is none.
func (t *Table) PlaceError(file, line any, n int64) error {
	place := fmt.Sprintf("%v, line %v of it", file, line)
	if file == nil || line == nil {
		place = "a row whose _file or _line is null"
	}
	times := gold.Counted(n, "time")
	if n == 0 {
		times = "not at all"
	}
	return gold.Invalidf(gold.Problem{File: t.File, Line: t.Query.FirstLine, Column: 1, Code: gold.CodeBuildSQL},
		"the query gives %s %s: a query with a quarantine must give each row of bronze.%s exactly once, with a reason or without, and pass _file and _line through unchanged", place, times, t.Quarantine.Source)
}
