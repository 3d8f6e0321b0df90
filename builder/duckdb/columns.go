package duckdb

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

// column is a column of a query.
type column struct{ name, kind string } // kind is the type as DuckDB writes it: STRUCT(a HUGEINT, b INTEGER[])

// columns binds a table's query, and returns its columns, which it has checked.
func (r *run) columns(t *builder.Table) ([]column, error) {
	before := "SELECT column_name AS name, column_type AS type FROM (DESCRIBE "
	answer, err := r.session.tell(before + t.Query.Text + "\n);")
	if err != nil {
		return nil, r.tableError(t, len(before), err)
	}
	all, names := make([]column, len(answer)), make([]string, len(answer))
	for i, line := range answer {
		names[i], _ = line["name"].(string)
		kind, _ := line["type"].(string)
		all[i] = column{names[i], kind}
	}
	return all, t.CheckColumns(names)
}

// In DuckDB's name of a type: quoted names and values of its parts, and types that aren't Parquet's (names of parts have a space after them).
var (
	wide   = regexp.MustCompile(`'(?:[^']|'')*'|"(?:[^"]|"")*"|\bU?HUGEINT(?:[,)\[]|$)`)
	coarse = regexp.MustCompile(`'(?:[^']|'')*'|"(?:[^"]|"")*"|\b(?:UNION\(|(?:INTERVAL|BIGNUM)(?:[,)\[]|$))`)
)

// narrowed returns the type that files have of a query's: of whole numbers BIGINT is the widest.
func narrowed(kind string) string {
	return wide.ReplaceAllStringFunc(kind, func(found string) string {
		if found[0] == '\'' || found[0] == '"' {
			return found
		}
		return "BIGINT" + strings.TrimLeft(found, "UHGEINT")
	})
}

// exactly selects all columns of the query that follows but some, with types that files keep: of whole numbers BIGINT is the widest, as in
// Spark, because Parquet's next is a double. It returns "" where that is the query itself.
func exactly(t *builder.Table, columns []column, but ...string) (string, error) {
	var casts []string
	for _, c := range columns {
		if slices.ContainsFunc(but, func(b string) bool { return strings.EqualFold(b, c.name) }) {
			continue
		}
		for _, found := range coarse.FindAllString(c.kind, -1) {
			if keepsTypes(t) && found[0] != '\'' && found[0] != '"' {
				return "", sqlError(t, -1, "the column %s has the type %s, whose values a Parquet file can't keep exactly: convert it to a number or a text with CAST", quoted(c.name), c.kind)
			}
		}
		kind := narrowed(c.kind)
		if kind == c.kind {
			continue
		}
		said := fmt.Sprintf("the column %s has a value of more than 64 bits, which is the most for whole numbers (CAST it to DECIMAL(38, 0) or DOUBLE): ", quoted(c.name))
		casts = append(casts, fmt.Sprintf("CASE WHEN CAST(TRY_CAST(%[1]s AS %[2]s) AS %[3]s) IS NOT DISTINCT FROM %[1]s THEN TRY_CAST(%[1]s AS %[2]s) ELSE error(%[4]s || CAST(%[1]s AS VARCHAR)) END AS %[1]s",
			name(c.name), kind, c.kind, text(said)))
	}
	if len(but) == 0 && len(casts) == 0 {
		return "", nil
	}
	selected := "SELECT *"
	if len(but) > 0 {
		selected += " EXCLUDE (" + names(but) + ")"
	}
	if len(casts) > 0 {
		selected += " REPLACE (" + strings.Join(casts, ", ") + ")"
	}
	return selected + " FROM (", nil
}

// quoted is a name as messages show it.
func quoted(name string) string { return gold.Quoted([]string{name})[0] }
