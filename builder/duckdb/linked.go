package duckdb

import (
	"context"
	"errors"
	"io"
)

// Command is the argument with which this program runs Serve, over its standard streams.
const Command = "duckdb-session"

// Linked says whether DuckDB is part of this program. make full puts another file in this one's place.
const Linked = false

// Serve is the child's part of a session where DuckDB is part of the program, as here it isn't.
func Serve(context.Context, io.Reader, io.Writer, io.Writer) error {
	return errors.New("DuckDB is not part of this program")
}
