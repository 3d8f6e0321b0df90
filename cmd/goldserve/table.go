package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxCell is the width of a table's cell in characters; what is longer is cut, which the other formats don't.
const maxCell = 60

// cell is a value as people read it.
type cell struct {
	name, text string
	number     bool
}

// printTable prints an answer with aligned columns, and on standard error what it is of.
func (a *app) printTable(ctx context.Context, e *engine, model, dataset, target string) error {
	var body bytes.Buffer
	if _, err := e.ask(ctx, target, &body); err != nil {
		return err
	}
	var answer struct {
		Data json.RawMessage
		Meta struct {
			Count, Total *int64
			Truncated    bool
			Release      int64
			AsOf         string `json:"as_of"`
			Hints        hints
			Explain      explanation
		}
	}
	if err := json.Unmarshal(body.Bytes(), &answer); err != nil {
		return fmt.Errorf("read an answer: %w", err)
	}
	rows, record, err := readRows(answer.Data, body.Bytes())
	if err != nil {
		return fmt.Errorf("read an answer: %w", err)
	}
	units := a.units(ctx, e, model, dataset, target)
	if record {
		a.printf("%s", recordText(rows[0], units))
	} else {
		a.printf("%s", tableText(rows, units))
	}
	m := &answer.Meta
	if m.Count != nil {
		_, _ = fmt.Fprintf(a.stderr, "%s", rowsText(*m.Count, m.Total))
	}
	if m.Release > 0 {
		_, _ = fmt.Fprintf(a.stderr, "release %s/%d as of %s\n", model, m.Release, m.AsOf)
	}
	if m.Truncated {
		_, _ = fmt.Fprintln(a.stderr, "there are more rows: --limit 0 gives everything")
	}
	m.Hints.print(a.stderr)
	m.Explain.print(a.stderr)
	return nil
}

// explanation is what became of each rewrite of a question, in order.
type explanation []struct {
	Rewrite, Of, Dataset, Detail string
	Applied                      bool
}

func (e explanation) print(to io.Writer) {
	for _, r := range e {
		by, outcome := "", "applied"
		if r.Dataset != "" {
			by = " by " + r.Dataset
		}
		if !r.Applied {
			outcome = "not applied: " + r.Detail
		}
		_, _ = fmt.Fprintf(to, "%s of %s%s: %s\n", r.Rewrite, r.Of, by, outcome)
	}
}

// hints are the values of a question that no row has.
type hints []struct {
	Parameter, Value string
	DidYouMean       string `json:"did_you_mean"`
}

func (h hints) print(to io.Writer) {
	for _, one := range h {
		_, _ = fmt.Fprintf(to, "no row has %s=%s: did you mean %s?\n", one.Parameter, one.Value, one.DidYouMean)
	}
}

func rowsText(count int64, total *int64) string {
	text := fmt.Sprintf("%d rows", count)
	if total != nil && *total != count {
		text += fmt.Sprintf(" of %d", *total)
	}
	return text + ", "
}

// units returns the units of columns, by name: those of a dataset's fields. They are an ornament: where they can't be
// had the table is without.
func (a *app) units(ctx context.Context, e *engine, model, dataset, target string) map[string]string {
	units := map[string]string{}
	release := ""
	if u, err := url.Parse(target); err == nil && u.Query().Has("release") {
		release = "?release=" + url.QueryEscape(u.Query().Get("release"))
	}
	var body bytes.Buffer
	if _, err := e.ask(ctx, "/m/"+url.PathEscape(model)+"/datasets/"+url.PathEscape(dataset)+release, &body); err != nil {
		return units
	}
	var described struct {
		Data struct {
			Fields, Metrics []struct{ Name, Unit string }
		}
	}
	if err := json.Unmarshal(body.Bytes(), &described); err != nil {
		return units
	}
	for _, f := range append(described.Data.Fields, described.Data.Metrics...) {
		units[f.Name] = f.Unit
	}
	return units
}

// readRows returns the rows of an answer: those of data, the one record that it is, or, where there is none, the
// answer's own members without meta.
func readRows(data json.RawMessage, whole []byte) (rows [][]cell, record bool, err error) {
	var items []json.RawMessage
	switch {
	case len(data) == 0:
		items, record = []json.RawMessage{whole}, true
	case data[0] == '[':
		err = json.Unmarshal(data, &items)
	default:
		items, record = []json.RawMessage{data}, true
	}
	for _, item := range items {
		row, rowErr := readRow(item)
		if rowErr != nil {
			return nil, false, rowErr
		}
		rows = append(rows, row)
	}
	return rows, record, err
}

// readRow returns the members of an object in their order.
func readRow(object json.RawMessage) ([]cell, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("expected an object, found %v: %w", t, err)
	}
	var row []cell
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		if text, _ := name.(string); text != "meta" {
			row = append(row, newCell(text, value))
		}
	}
	return row, nil
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
	// What a value holds must not steer the terminal.
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

// tableText aligns rows in columns: numbers to the right, all else to the left.
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

// recordText writes one row as a line for each member.
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
