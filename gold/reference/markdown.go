package reference

import (
	"fmt"
	"slices"
	"strings"
)

// markdown is a text of Markdown being written.
type markdown struct{ b strings.Builder }

// String returns what is written so far.
func (m *markdown) String() string { return m.b.String() }

func (m *markdown) heading(level int, title string) {
	if m.b.Len() > 0 {
		m.b.WriteString("\n")
	}
	fmt.Fprintf(&m.b, "%s %s\n", strings.Repeat("#", level), text(title))
}

// anchor names the place of what follows, for links of the same page.
func (m *markdown) anchor(name string) { fmt.Fprintf(&m.b, "<a id=\"%s\"></a>\n", name) }

// paragraph writes a text, if there is one, that is Markdown already.
func (m *markdown) paragraph(words string) {
	if words != "" {
		fmt.Fprintf(&m.b, "\n%s\n", words)
	}
}

func (m *markdown) items(items []string) {
	m.b.WriteString("\n")
	for _, item := range items {
		fmt.Fprintf(&m.b, "* %s\n", item)
	}
}

// table writes a table with a heading above it; nothing where it has no rows. Columns of which no row has anything are left out.
func (m *markdown) table(level int, title string, columns []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	m.heading(level, title)
	var shown []int
	for i := range columns {
		if slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
			shown = append(shown, i)
		}
	}
	m.b.WriteString("\n")
	m.line(columns, shown)
	m.b.WriteString("|" + strings.Repeat("---|", len(shown)) + "\n")
	for _, row := range rows {
		m.line(row, shown)
	}
}

func (m *markdown) line(cells []string, shown []int) {
	for _, i := range shown {
		m.b.WriteString("| " + cells[i] + " ")
	}
	m.b.WriteString("|\n")
}

// text returns a contract's text as part of a line or a cell: none of it is Markdown or HTML.
func text(words string) string {
	return escapes.Replace(strings.Join(strings.Fields(words), " "))
}

var escapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "#", `\#`, "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`)

// code returns a word as code, "" for none; in a cell, a bar in it must be escaped, too.
func code(word string) string {
	switch {
	case word == "":
		return ""
	case strings.Contains(word, "`"):
		return text(word)
	default:
		return "`" + strings.ReplaceAll(strings.Join(strings.Fields(word), " "), "|", `\|`) + "`"
	}
}

func codes(words []string) string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = code(word)
	}
	return strings.Join(all, ", ")
}

func linkTo(name, path string) string { return "[" + code(name) + "](" + path + ")" }
