package duckdb

import (
	"goldserve/builder"
	"goldserve/gold"
)

// checkColumns binds a table's query, and checks its columns.
func (r *run) checkColumns(t *builder.Table) error {
	before := "SELECT column_name AS name FROM (DESCRIBE "
	answer, err := r.session.tell(before + t.Query.Text + "\n);")
	if err != nil {
		return r.tableError(t, len(before), err)
	}
	columns := make([]string, len(answer))
	for i, line := range answer {
		columns[i], _ = line["name"].(string)
	}
	return t.CheckColumns(columns)
}

// quoted is a name as messages show it.
func quoted(name string) string { return gold.Quoted([]string{name})[0] }
