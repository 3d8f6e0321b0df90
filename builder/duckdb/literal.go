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

// globs are the characters that DuckDB takes for a pattern in the path of a file that it reads.
const globs = "*?["

// literal is a path as DuckDB reads it, so that it stands for the one file of that name.
func literal(path string) string {
	if !strings.ContainsAny(path, globs) {
		return path
	}
	var b strings.Builder
	for i := range len(path) {
		if strings.IndexByte(globs, path[i]) >= 0 {
			b.WriteString("[" + path[i:i+1] + "]")
		} else {
			b.WriteByte(path[i])
		}
	}
	return b.String()
}

// literals are paths that are read, as a list.
func literals(paths []string) string {
	all := make([]string, len(paths))
	for i, p := range paths {
		all[i] = literal(p)
	}
	return texts(all)
}

// plain takes patterns of literal for the paths that they stand for, in what DuckDB says.
func plain(paths []string) *strings.Replacer {
	var pairs []string
	for _, p := range paths {
		if l := literal(p); l != p {
			pairs = append(pairs, l, p)
		}
	}
	return strings.NewReplacer(pairs...)
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
