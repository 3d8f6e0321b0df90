package duckdb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"goldserve/builder"
)

// harmless are the table functions that a query may call: the others read files, or tables that the graph wouldn't know of.
var harmless = []string{"range", "generate_series", "unnest", "repeat", "json_each", "json_tree"}

// oneQuery returns an error unless DuckDB's own parser finds one query in a table's SQL, which reads the tables that the program knows of
// and no others, and unless the shell takes no line of it for a command.
func (r *run) oneQuery(t *builder.Table) error {
	at := 0
	for line := range strings.Lines(t.Query.Text) {
		if strings.HasPrefix(line, ".") {
			return sqlError(t, at, "a line begins with a dot, which DuckDB's shell would take for a command: begin it with a space, or write the text in another way")
		}
		at += len(line)
	}
	if i := strings.IndexFunc(t.Query.Text, func(c rune) bool { return c == 0 || c == utf8.RuneError }); i >= 0 {
		return sqlError(t, i, "the SQL is not text in UTF-8")
	}
	if at := unlike(t.Query.Text); at >= 0 {
		return sqlError(t, at, "DuckDB's shell doesn't read this as its parser does: write texts as '…' with '' for a quote, names as \"…\", and no comment inside a comment")
	}
	answer, err := r.session.tell("SELECT json_serialize_sql(" + text(t.Query.Text) + ") AS parsed;")
	if err != nil {
		return r.tableError(t, -1, err)
	}
	if len(answer) != 1 {
		return sqlError(t, -1, "DuckDB's parser gave no answer")
	}
	parsed, _ := answer[0]["parsed"].(map[string]any)
	if parsed["error"] != false {
		message := fmt.Sprint(parsed["error_message"])
		if strings.HasPrefix(message, "Only SELECT") {
			message = "a table's SQL is one query: SELECT, WITH or FROM"
		}
		return sqlError(t, parserByte(t.Query.Text, parsed["position"]), "%s", message)
	}
	statements, _ := parsed["statements"].([]any)
	if len(statements) != 1 {
		return sqlError(t, -1, "a table's SQL is one query, here are %d", len(statements))
	}
	return reads(t, statements[0])
}

// unlike returns the byte from which on the shell, which must know where a statement ends, would take text of the SQL for something else
// than the parser; -1: nowhere. The shell knows '…', "…", -- and /* … */, and neither E'\”, $$…$$ nor comments in comments.
func unlike(sql string) int {
	backslashes, quoted := false, -1 // whether the text that ends at byte quoted is E'…'
	for at := 0; at < len(sql); {
		rest, length := sql[at:], 1
		switch {
		case rest[0] == '$' || rest[0] == '`':
			return at
		case rest[0] == '\'' || rest[0] == '"':
			if at != quoted { // else it goes on after ''
				backslashes = at > 0 && (sql[at-1] == 'e' || sql[at-1] == 'E')
			}
			inside := strings.IndexByte(rest[1:], rest[0])
			if backslashes && inside > 0 && rest[inside] == '\\' {
				return at
			}
			length = inside + 2
			quoted = at + length
		case strings.HasPrefix(rest, "--"):
			length = strings.IndexByte(rest, '\n') + 1
		case strings.HasPrefix(rest, "/*"):
			inside := strings.Index(rest[2:], "*/")
			if inside >= 0 && strings.Contains(rest[2:2+inside], "/*") {
				return at
			}
			length = inside + 4
			if inside < 0 {
				length = 0
			}
		}
		if length < 1 || length == 1 && (rest[0] == '\'' || rest[0] == '"') {
			return -1 // it has no end, as the parser will say
		}
		at += length
	}
	return -1
}

// parserByte returns the byte of a position that the parser counts in characters, or -1.
func parserByte(sql string, position any) int {
	n := -1
	if _, err := fmt.Sscan(fmt.Sprint(position), &n); err != nil || n < 0 {
		return -1
	}
	for at := range sql {
		if n == 0 {
			return at
		}
		n--
	}
	return len(sql)
}

// reads returns an error where a parsed query reads what the table doesn't refer to.
func reads(t *builder.Table, node any) error {
	switch n := node.(type) {
	case []any:
		for _, v := range n {
			if err := reads(t, v); err != nil {
				return err
			}
		}
	case map[string]any:
		if err := readsOne(t, n); err != nil {
			return err
		}
		for _, v := range n {
			if err := reads(t, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func readsOne(t *builder.Table, n map[string]any) error {
	at := -1
	if location, ok := n["query_location"].(json.Number); ok {
		if v, err := location.Int64(); err == nil {
			at = int(v)
		}
	}
	said := func(key string) string { s, _ := n[key].(string); return s }
	switch n["type"] {
	case "BASE_TABLE":
		schema, table := said("schema_name"), said("table_name")
		if strings.ContainsAny(table, "/:") {
			return sqlError(t, at, "a query reads tables, not the file %q: declare it as a source", table)
		}
		if schema == "" && said("catalog_name") == "" {
			return nil // a WITH's; the binder refuses others
		}
		if said("catalog_name") == "" && slices.ContainsFunc(t.Query.References, func(ref builder.Reference) bool {
			return strings.EqualFold(string(ref.Stage), schema) && strings.EqualFold(ref.Name, table)
		}) {
			return nil
		}
		return sqlError(t, at, "%s.%s is not a table that this query may read: bronze, silver and gold hold them", schema, table)
	case "TABLE_FUNCTION":
		function, _ := n["function"].(map[string]any)
		called, _ := function["function_name"].(string)
		if !slices.Contains(harmless, strings.ToLower(called)) {
			return sqlError(t, at, "a query reads tables, not %s(…): declare the files as a source", called)
		}
	}
	return nil
}
