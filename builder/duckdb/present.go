package duckdb

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"goldserve/builder"
	"goldserve/gold"
)

// exact are the types whose values CSV holds as they were: read as the type, a text that copy wrote is the value.
var exact = regexp.MustCompile(`^(BOOLEAN|U?(TINYINT|SMALLINT|INTEGER|BIGINT)|DOUBLE|DECIMAL\([0-9]+,[0-9]+\)|VARCHAR|DATE|TIMESTAMP)$`)

// records says how long a record of CSV may be: a buffer, which is as large as DuckDB would have it, for records of 2 MB at most.
const records = "max_line_size = 33554432, buffer_size = 33554432"

// Reads implements builder.Engine: of Parquet files, and of CSV whose columns have types that text doesn't change.
func (e *Engine) Reads(t *builder.Table, was *gold.BuiltTable) bool {
	columns := inFiles(t, was.Columns)
	switch {
	case len(t.PartitionBy) > 0 || len(was.Files) == 0:
		return false
	case keepsTypes(t):
		return true
	case t.Format != "csv" || len(columns) < 2: // an empty line, a null alone, is no record
		return false
	case t.Sliced() && was.Columns[0].Type != "TIMESTAMP":
		return false
	}
	return !slices.ContainsFunc(columns, func(c gold.BuildType) bool { return !exact.MatchString(c.Type) })
}

// inFiles returns the columns that a table's files have.
func inFiles(t *builder.Table, columns []gold.BuildType) []gold.BuildType {
	if t.Sliced() && len(columns) > 0 {
		return columns[1:] // names of files say the slice
	}
	return columns
}

// presentText makes a table of the CSV files that a table has in the lake. Their rows are counted, as text that was cut short is text too.
func (r *run) presentText(s builder.Step) error {
	t := s.Table
	types := make([]string, 0, len(s.Columns))
	for _, c := range inFiles(t, s.Columns) {
		types = append(types, name(c.Name)+": "+text(c.Type))
	}
	slice := ""
	if t.Sliced() {
		of := make([]string, len(s.Slices))
		for i, name := range s.Slices {
			of[i] = "NULL"
			if at, err := time.Parse(builder.SliceName, name); err == nil {
				of[i] = text(at.Format(time.DateTime))
			}
		}
		slice = "CAST([" + strings.Join(of, ", ") + "] AS TIMESTAMP[])[CAST(file_index AS BIGINT) + 1] AS " + builder.SliceColumn + ", "
	}
	as := qualified(t.Stage, t.Name)
	_, err := r.session.tell("CREATE TABLE " + as + " AS SELECT " + slice + "* FROM read_csv(" + literals(s.Present) +
		`, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, hive_partitioning = false, ` + records + ", columns = {" +
		strings.Join(types, ", ") + "});")
	if err != nil {
		return r.tableError(t, -1, err)
	}
	rows, err := r.count(t, as)
	if err == nil && rows != s.Rows {
		err = gold.Errorf(gold.Internal, gold.CodeBuildEngine, "%s.%s has %s in the lake, and DuckDB read %d of them: build it again", t.Stage, t.Name, gold.Counted(s.Rows, "row"), rows)
	}
	return err
}
