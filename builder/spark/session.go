package spark

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"goldserve/gold"
)

// session is a session on a server: its settings, functions and views are nobody else's.
type session struct {
	caller   *caller
	id       string
	progress func(Progress)
	table    string // that the session works on, for progress
}

// settings make every server calculate, read and write alike, whatever its own are.
var settings = [][2]string{
	{"spark.sql.session.timeZone", "UTC"},
	{"spark.sql.ansi.enabled", "true"},
	{"spark.sql.timestampType", "TIMESTAMP_LTZ"},
	{"spark.sql.caseSensitive", "false"},
	{"spark.sql.parser.escapedStringLiterals", "false"},
	{"spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS"},
	{"spark.sql.parquet.inferTimestampNTZ.enabled", "false"}, // a timestamp without a zone is UTC, which is the session's zone
	{"spark.sql.parquet.binaryAsString", "true"},
	{"spark.sql.parquet.mergeSchema", "false"},
	{"spark.sql.legacy.parquet.nanosAsLong", "true"},
	{"spark.sql.parquet.datetimeRebaseModeInRead", "CORRECTED"},
	{"spark.sql.parquet.datetimeRebaseModeInWrite", "CORRECTED"},
	{"spark.sql.sources.partitionOverwriteMode", "static"},
	{"spark.sql.adaptive.enabled", "true"},
	{"spark.sql.adaptive.coalescePartitions.parallelismFirst", "false"}, // few files where there are few rows
	{"spark.sql.mapKeyDedupPolicy", "EXCEPTION"},
}

// begin begins a session, of which the server hears with the first call.
func (e *Engine) begin() *session {
	return &session{caller: e.caller, id: newID(), progress: e.options.Progress}
}

func (s *session) configure(ctx context.Context) error {
	set := message(nil).options(1, settings)
	return s.caller.call(ctx, "Config", s.request().message(3, message(nil).message(1, set)), func([]byte) error { return nil })
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// request encodes what all requests have alike.
func (s *session) request() message {
	user := s.caller.remote.User
	if user == "" {
		user = "goldserve"
	}
	return message(nil).text(1, s.id).message(2, message(nil).text(1, user).text(2, user))
}

// version asks for the version of Spark.
func (s *session) version(ctx context.Context) (string, error) {
	var version string
	err := s.caller.call(ctx, "AnalyzePlan", s.request().message(10, nil), func(answer []byte) error {
		found, err := inner(answer, 8)
		if err != nil {
			return err
		}
		text, err := inner(found, 1)
		version = string(text)
		return err
	})
	return version, err
}

// columns analyzes a relation, of which nothing is computed, and returns its columns.
func (s *session) columns(ctx context.Context, relation message) (columns []gold.BuildType, err error) {
	schema := message(nil).message(1, root(relation))
	err = s.caller.call(ctx, "AnalyzePlan", s.request().message(4, schema), func(answer []byte) error {
		for _, field := range []int{2, 1, 21} { // the schema, of a DataType, that is a Struct
			if answer, err = inner(answer, field); err != nil {
				return err
			}
		}
		return each(answer, func(_ int, v value) error {
			name, err := inner(v.bytes, 1)
			if err != nil {
				return err
			}
			kind, err := inner(v.bytes, 2)
			if err != nil {
				return err
			}
			of, err := typeOf(kind)
			columns = append(columns, gold.BuildType{Name: string(name), Type: of})
			return err
		})
	})
	return columns, err
}

// execute executes a plan and hands over the batches of its rows; nil: they are of no use.
func (s *session) execute(ctx context.Context, plan message, got func(arrow.RecordBatch) error) error {
	return s.caller.call(ctx, "ExecutePlan", s.request().message(3, plan), func(answer []byte) error {
		return each(answer, func(field int, v value) error {
			switch field {
			case 2: // ArrowBatch
				if got == nil {
					return nil
				}
				data, err := inner(v.bytes, 2)
				if err != nil {
					return err
				}
				return batches(data, got)
			case 18: // ExecutionProgress
				return s.told(v.bytes)
			}
			return nil
		})
	})
}

func batches(stream []byte, got func(arrow.RecordBatch) error) error {
	reader, err := ipc.NewReader(bytes.NewReader(stream))
	if err != nil {
		return fmt.Errorf("read Spark's rows: %w", err)
	}
	defer reader.Release()
	for reader.Next() {
		if err := got(reader.RecordBatch()); err != nil {
			return err
		}
	}
	if err := reader.Err(); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read Spark's rows: %w", err)
	}
	return nil
}

// Progress says how far the server is with a table: of the tasks that it knows of.
type Progress struct {
	Table       string // such as silver.achats
	Done, Tasks int64
}

func (s *session) told(m []byte) error {
	if s.progress == nil || s.table == "" {
		return nil
	}
	p := Progress{Table: s.table}
	err := each(m, func(field int, v value) error {
		if field != 1 { // StageInfo
			return nil
		}
		return each(v.bytes, func(field int, v value) error {
			switch field {
			case 2:
				p.Tasks += int64(v.number)
			case 3:
				p.Done += int64(v.number)
			}
			return nil
		})
	})
	if err == nil && p.Tasks > 0 {
		s.progress(p)
	}
	return err
}

// do executes a statement whose rows are of no use.
func (s *session) do(ctx context.Context, statement string) error {
	return s.execute(ctx, root(query(statement)), nil)
}

// ask returns the rows of a relation that has few. Its columns are text, which is null as "", or 64-bit whole numbers.
func (s *session) ask(ctx context.Context, relation message) ([][]any, error) {
	var all [][]any
	err := s.execute(ctx, root(relation), func(batch arrow.RecordBatch) error {
		for i := range int(batch.NumRows()) {
			row := make([]any, batch.NumCols())
			for j, column := range batch.Columns() {
				switch column := column.(type) {
				case *array.String:
					row[j] = strings.Clone(column.Value(i)) // the batch goes
				case *array.Int64:
					row[j] = column.Value(i)
				default:
					return fmt.Errorf("read Spark's rows: column %s is %s", batch.ColumnName(j), column.DataType())
				}
			}
			all = append(all, row)
		}
		return nil
	})
	return all, err
}

// endTimeout bounds what is said to a server at the end.
const endTimeout = 10 * time.Second

// end interrupts what runs and lets the session go, also where ctx has ended. A server that can't be reached any more ends the session by
// itself, an hour later by default.
func (s *session) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	nothing := func([]byte) error { return nil }
	_ = s.caller.call(ctx, "Interrupt", s.request().number(4, 1), nothing) // all that runs
	_ = s.caller.call(ctx, "ReleaseSession", s.request(), nothing)
}
