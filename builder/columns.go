package builder

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
)

// kept returns of a query's columns those that the table has: without those by which rows are rejected.
func (t *Table) kept(columns []gold.BuildType) []gold.BuildType {
	if t.Quarantine == nil {
		return columns
	}
	by := []string{t.Quarantine.Column, "_file", "_line"}
	return slices.DeleteFunc(slices.Clone(columns), func(c gold.BuildType) bool {
		return slices.ContainsFunc(by, func(name string) bool { return strings.EqualFold(name, c.Name) })
	})
}

// CheckColumns returns an error unless the columns that an engine says the table's query has differ in their names, and those that the header
// speaks of are among them. Engines check them before they write.
func (t *Table) CheckColumns(columns []string) error {
	wrong := func(format string, args ...any) error {
		return gold.Invalidf(gold.Problem{File: t.File, Line: t.Query.FirstLine, Column: 1, Code: gold.CodeBuildSQL}, format, args...)
	}
	has := func(columns []string, name string) bool {
		return slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, name) })
	}
	for i, c := range columns {
		if has(columns[:i], c) {
			return wrong("the query has two columns %s: give one another name with AS", gold.Quoted([]string{c})[0])
		}
	}
	lacks := func(needed ...string) string {
		missing := slices.DeleteFunc(slices.Clone(needed), func(c string) bool { return has(columns, c) })
		if len(missing) == 0 {
			return ""
		}
		are := "is"
		if len(missing) > 1 {
			are = "are"
		}
		return fmt.Sprintf("%s %s missing: it has %s", gold.Listed(missing), are, gold.Listed(columns))
	}
	if q := t.Quarantine; q != nil {
		if missing := lacks(q.Column, "_file", "_line"); missing != "" {
			return wrong("the header's quarantine needs the columns %s, _file and _line in the query (the last two are those of bronze.%s): %s", q.Column, q.Source, missing)
		}
	}
	if missing := lacks(t.PartitionBy...); missing != "" {
		return wrong("the header's partitionBy names columns of the query: %s", missing)
	}
	return nil
}
