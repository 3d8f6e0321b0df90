package duckdb

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

// checkColumns binds a table's query, and returns an error unless its columns have names of their own, and those that the header speaks of
// are among them.
func (r *run) checkColumns(t *builder.Table) error {
	before := "SELECT column_name AS name FROM (DESCRIBE "
	answer, err := r.session.tell(before + t.Query.Text + "\n);")
	if err != nil {
		return r.tableError(t, len(before), err)
	}
	columns := make([]string, len(answer))
	for i, line := range answer {
		columns[i], _ = line["name"].(string)
		same := func(c string) bool { return strings.EqualFold(c, columns[i]) }
		if slices.ContainsFunc(columns[:i], same) {
			return sqlError(t, -1, "the query has two columns %s: give one another name with AS", quoted(columns[i]))
		}
	}
	lacks := func(needed ...string) string {
		missing := slices.DeleteFunc(slices.Clone(needed), func(c string) bool {
			return slices.ContainsFunc(columns, func(has string) bool { return strings.EqualFold(c, has) })
		})
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
			return sqlError(t, -1, "the header's quarantine needs the columns %s, _file and _line in the query (the last two are those of bronze.%s): %s", q.Column, q.Source, missing)
		}
	}
	if missing := lacks(t.PartitionBy...); missing != "" {
		return sqlError(t, -1, "the header's partitionBy names columns of the query: %s", missing)
	}
	return nil
}

// quoted is a name as messages show it.
func quoted(name string) string { return gold.Quoted([]string{name})[0] }
