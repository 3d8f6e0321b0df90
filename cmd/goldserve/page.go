package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"goldserve/api"
)

// printPage answers a path of the API that the engine doesn't handle, such as /releases, through the API's handler.
func (a *app) printPage(ctx context.Context, q *queryFlags, form string, c api.Config, target string) error {
	c.Timeout = a.queryTime(form)
	server, err := api.New(c)
	if err != nil {
		return err
	}
	text, err := server.Ask(ctx, target)
	if err != nil {
		return err
	}
	var answer struct {
		Data json.RawMessage
		Meta summary
	}
	err = json.Unmarshal(text, &answer)
	if form == tableFormat {
		if err != nil {
			return fmt.Errorf("read an answer: %w", err)
		}
		return a.printPageTable(text, answer.Data, &answer.Meta, c.DefaultModel)
	}
	if err := a.write(q.output, func(out io.Writer) error { _, err := out.Write(text); return err }); err != nil {
		return err
	}
	if answer.Meta.Truncated {
		a.printMore()
	}
	return nil
}

// printPageTable prints the content of a page with aligned columns.
func (a *app) printPageTable(text, data []byte, said *summary, model string) error {
	rows, record, err := readRows(data, text)
	if err != nil {
		return fmt.Errorf("read an answer: %w", err)
	}
	if record {
		a.printf("%s", recordText(rows[0], nil))
	} else {
		a.printf("%s", tableText(aligned(rows), nil))
	}
	a.printSummary(said, model)
	return nil
}

// readRows returns the rows of an answer: those of data; or the one record that data is; or, without data, the answer's
// own members except meta.
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

// aligned gives objects that lack members the columns of all objects.
func aligned(rows [][]cell) [][]cell {
	var columns []cell
	for _, row := range rows {
		for _, c := range row {
			if !slices.ContainsFunc(columns, func(other cell) bool { return other.name == c.name }) {
				columns = append(columns, cell{name: c.name})
			}
		}
	}
	all := make([][]cell, len(rows))
	for i, row := range rows {
		all[i] = slices.Clone(columns)
		for _, c := range row {
			all[i][slices.IndexFunc(columns, func(other cell) bool { return other.name == c.name })] = c
		}
	}
	return all
}
