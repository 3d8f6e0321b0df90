package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// maxCell is the maximum width of a table's cell in characters; longer texts are cut, in tables only.
const maxCell = 60

// cell is a value as text for people.
type cell struct {
	name, text string
	number     bool
}

// printTable prints an answer with aligned columns, and its summary on standard error.
func (a *app) printTable(ctx context.Context, q *question) error {
	var rows [][]cell
	m, err := q.read(ctx, func(fields []gold.Field) (func(*gold.Batch) error, error) {
		return func(b *gold.Batch) error {
			for i := range b.Rows {
				row := make([]cell, len(fields))
				for k := range fields {
					row[k] = newCell(fields[k].Name, format.AppendValue(nil, b.Columns[k].Value(i), &fields[k]))
				}
				rows = append(rows, row)
			}
			return nil
		}, nil
	})
	if err != nil {
		return err
	}
	said := summary{Truncated: m.Truncated, Release: q.catalog.Release.Number, AsOf: gold.Instant(q.catalog.Release.AsOf)}
	if q.rows {
		a.printf("%s", tableText(rows, q.units()))
		said.Count, said.Total = &m.Count, m.Total
	} else {
		a.printf("%s", recordText(rows[0], q.units()))
	}
	a.printSummary(&said, q.catalog.Contracts.Name)
	a.printHints(m)
	if q.params.Explain {
		for _, r := range m.Rewrites {
			a.printRewrite(r)
		}
	}
	return nil
}

// summary is the information about a table that is printed beside it.
type summary struct {
	Count, Total *int64
	Truncated    bool
	Release      int64
	AsOf         string `json:"as_of"`
}

func (a *app) printSummary(s *summary, model string) {
	if s.Count != nil {
		_, _ = fmt.Fprintf(a.stderr, "%s", rowsText(*s.Count, s.Total))
	}
	if s.Release > 0 {
		_, _ = fmt.Fprintf(a.stderr, "release %s/%d as of %s\n", model, s.Release, s.AsOf)
	}
	if s.Truncated {
		a.printMore()
	}
}

// printRewrite prints the outcome of a rewrite.
func (a *app) printRewrite(r query.Outcome) {
	by, outcome := "", "applied"
	if r.Dataset != "" {
		by = " by " + r.Dataset
	}
	if r.Reason != query.Applied {
		outcome = "not applied: " + r.Text()
	}
	_, _ = fmt.Fprintf(a.stderr, "%s of %s%s: %s\n", r.Rewrite, r.Of, by, outcome)
}

func rowsText(count int64, total *int64) string {
	text := gold.Counted(count, "row")
	if total != nil && *total != count {
		text += fmt.Sprintf(" of %d", *total)
	}
	return text + ", "
}

func newCell(name string, value json.RawMessage) cell {
	c := cell{name: name, text: string(value)}
	switch {
	case c.text == "null":
		c.text = ""
	case value[0] == '"':
		_ = json.Unmarshal(value, &c.text) // it was decoded before
	case value[0] == '-' || value[0] >= '0' && value[0] <= '9':
		c.number = true
	}
	// A value must not control the terminal.
	c.text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, c.text)
	if utf8.RuneCountInString(c.text) > maxCell {
		c.text = string([]rune(c.text)[:maxCell-1]) + "…"
	}
	return c
}

func titleOf(name string, units map[string]string) string {
	if unit := units[name]; unit != "" {
		name += " (" + unit + ")"
	}
	return name
}

// tableText aligns rows in columns: numbers to the right, everything else to the left.
func tableText(rows [][]cell, units map[string]string) string {
	if len(rows) == 0 {
		return ""
	}
	columns := len(rows[0])
	widths, numbers := make([]int, columns), make([]bool, columns)
	titles := make([]cell, columns)
	for i, c := range rows[0] {
		titles[i] = cell{text: titleOf(c.name, units)}
		widths[i] = utf8.RuneCountInString(titles[i].text)
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].text))
			numbers[i] = numbers[i] || row[i].number
		}
	}
	var b strings.Builder
	line := func(row []cell) {
		var text strings.Builder
		for i, c := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text))
			if i > 0 {
				text.WriteString("  ")
			}
			if numbers[i] {
				text.WriteString(padding + c.text)
			} else {
				text.WriteString(c.text + padding)
			}
		}
		b.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
	line(titles)
	for _, row := range rows {
		line(row)
	}
	return b.String()
}

// recordText writes one row as one line per member.
func recordText(row []cell, units map[string]string) string {
	width := 0
	for _, c := range row {
		width = max(width, utf8.RuneCountInString(titleOf(c.name, units)))
	}
	var b strings.Builder
	for _, c := range row {
		title := titleOf(c.name, units)
		b.WriteString(title + strings.Repeat(" ", width-utf8.RuneCountInString(title)+2) + c.text + "\n")
	}
	return b.String()
}
