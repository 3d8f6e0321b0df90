package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"goldserve/gold"
	"goldserve/mirror"
)

// DefaultSchema is the schema of who names none.
const DefaultSchema = "gold"

// maxName is the number of bytes of a name in PostgreSQL, which cuts longer ones silently.
const maxName = 63

// Target is a schema of a PostgreSQL database, over one connection.
type Target struct {
	conn   *pgx.Conn
	schema string
	name   string
	// patience is how long a run waits for those that read a table at most; 0: patience of the package.
	patience time.Duration
}

var _ mirror.Target = (*Target)(nil)

// Expected is what an address looks like.
const Expected = "postgres://USER:PASSWORD@HOST:5432/DATABASE" // #nosec G101 -- the words stand for a user and a password

// Open connects to the database of an address, with the settings of PostgreSQL's own programs for what it does not say
// (PGPASSWORD, ~/.pgpass …). Invalid mirror_refused if the address or the schema's name is none; Unavailable mirror_unavailable.
func Open(ctx context.Context, address, schema string) (*Target, error) {
	if schema == "" {
		schema = DefaultSchema
	}
	if len(schema) > maxName {
		return nil, gold.Errorf(gold.Invalid, gold.CodeMirrorRefused, "the schema's name has %d bytes: PostgreSQL takes %d", len(schema), maxName)
	}
	config, err := pgx.ParseConfig(address)
	if err != nil { // its text may hold the password
		return nil, gold.Errorf(gold.Invalid, gold.CodeMirrorRefused, "the mirror's address can't be read: expected %s", Expected)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	// Nothing that a pooler between can't pass on.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) {}
	t := &Target{
		schema: schema,
		name:   fmt.Sprintf("postgres://%s/%s (schema %s)", net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))), config.Database, schema),
	}
	if t.conn, err = pgx.ConnectConfig(ctx, config); err != nil {
		return nil, t.fail(ctx, "connect", err)
	}
	return t, nil
}

func (t *Target) String() string { return t.name }

// Close closes the connection.
func (t *Target) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := t.conn.Close(ctx); err != nil {
		return fmt.Errorf("close %s: %w", t.name, err)
	}
	return nil
}

// Check returns the names that PostgreSQL would cut.
func (t *Target) Check(table *mirror.Table) []gold.Problem {
	var problems []gold.Problem
	if n := len(table.Name); n > maxName {
		problems = append(problems, gold.Problem{Code: gold.CodeMirrorRefused, Detail: fmt.Sprintf("dataset %s: the collection's name has %d bytes, and PostgreSQL takes %d: name a shorter one in the contract (collection)", table.Dataset, n, maxName)})
	}
	for _, c := range table.Columns {
		if n := len(c.Name); n > maxName {
			problems = append(problems, gold.Problem{Field: c.Name, Code: gold.CodeMirrorRefused, Detail: fmt.Sprintf("dataset %s: the name has %d bytes, and PostgreSQL takes %d: give the field a shorter one in the contract, and the file's as physicalName", table.Dataset, n, maxName)})
		}
	}
	return problems
}

// The classes and codes of PostgreSQL's errors that are told apart (appendix A of its manual).
const (
	lockNotAvailable = "55P03"
	deadlock         = "40P01"
	foreignKeyBroken = "23503"
)

// is reports whether an error is one of PostgreSQL's with one of these codes.
func is(err error, codes ...string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains(codes, pg.Code)
}

// fail returns the error of an operation.
func (t *Target) fail(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if own := mirror.Own(ctx, err); own != nil {
		return own
	}
	kind, code := gold.Unavailable, gold.CodeMirrorUnavailable
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code[:2] {
		case "08", "28", "3D", "57": // connection, login, no such database, shutdown
		case "22", "23", "2B", "42", "0A", "54", "0L", "0P":
			kind, code = gold.Invalid, gold.CodeMirrorRefused
		default:
			kind, code = gold.Internal, gold.CodeMirrorFailed
		}
		return &gold.Error{Kind: kind, Code: code, Message: fmt.Sprintf("%s: %s: %s (SQLSTATE %s)", t.name, doing, pg.Message, pg.Code), Err: mirror.Told{Err: err, Text: pg.Message}}
	}
	return &gold.Error{Kind: kind, Code: code, Message: fmt.Sprintf("%s: %s: %s", t.name, doing, inOneLine(err)), Err: mirror.Told{Err: err, Text: inOneLine(err)}}
}

// inOneLine returns what an error says, of several attempts to connect each once.
func inOneLine(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}
