package duckdb

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"

	_ "github.com/duckdb/duckdb-go/v2" // DuckDB itself
)

// Command is the argument with which this program runs Serve, over its standard streams.
const Command = "duckdb-session"

// Linked says whether DuckDB is part of this program.
const Linked = true

// Serve is the child's part of a session, where DuckDB is part of the program: it reads statements from in, a line of JSON each, writes the
// rows of each to out, as lines of JSON, and ends with the first failure, which it writes to failed.
func Serve(ctx context.Context, in io.Reader, out, failed io.Writer) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx) // settings and temporary tables are a connection's
	if err != nil {
		return err
	}
	defer conn.Close()
	lines := bufio.NewReader(in)
	answers := bufio.NewWriter(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		var statement string
		if err == nil {
			err = json.Unmarshal(line, &statement)
		}
		if err == nil {
			err = answer(ctx, conn, statement, answers)
		}
		if err == nil {
			err = answers.Flush()
		}
		if err != nil {
			fmt.Fprintln(failed, err)
			return err
		}
	}
}

func answer(ctx context.Context, conn *sql.Conn, statement string, to io.Writer) error {
	rows, err := conn.QueryContext(ctx, statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	encoder := json.NewEncoder(to)
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		row := map[string]any{}
		for i, c := range columns {
			row[c] = values[i]
		}
		if err := encoder.Encode(row); err != nil {
			return err
		}
	}
	return rows.Err()
}
