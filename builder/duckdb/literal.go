package duckdb

import (
	"strings"

	"goldserve/builder"
)

// text writes a string constant in one line, whatever it holds.
func text(s string) string {
	var b strings.Builder
	b.WriteString("E'")
	for i := range len(s) {
		switch c := s[i]; c {
		case '\'', '\\': // doubled: the shell, which looks for ends of statements, doesn't know of \'
			b.WriteByte(c)
			b.WriteByte(c)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "'"
}

func texts(all []string) string {
	quoted := make([]string, len(all))
	for i, s := range all {
		quoted[i] = text(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// name writes an identifier. There is no escape for a line break in one: newRun refuses such names.
func name(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func names(all []string) string {
	quoted := make([]string, len(all))
	for i, s := range all {
		quoted[i] = name(s)
	}
	return strings.Join(quoted, ", ")
}

// qualified is a table's name as SQL writes it.
func qualified(stage builder.Stage, table string) string {
	return name(string(stage)) + "." + name(table)
}
