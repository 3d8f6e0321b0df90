package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// engine is the driver with this package's functions. It is created once, because the driver never forgets a registered
// function.
var engine = sync.OnceValues(func() (*sqlite.Driver, error) {
	d := &sqlite.Driver{}
	return d, registerFunctions(d)
})

// driverConn is what the driver's connections can do.
type driverConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
}

// statement is what the driver's prepared statements can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// conn is one connection; one goroutine at a time uses it.
type conn struct {
	driverConn
	handle     uintptr // the sqlite3*, for interrupts
	statements map[string]statement
	frozen     *frozen // if the file is read as immutable
	stale      bool    // the frozen file has changed
}

// changed reports whether what was read since the connection was acquired may be a mixture of two states of its file.
func (c *conn) changed() bool {
	c.stale = c.stale || c.frozen != nil && c.frozen.changed()
	return c.stale
}

// mode says how a file is opened.
type mode string

const (
	reading   mode = "mode=rw" // WAL writes beside the file
	making    mode = "mode=rwc"
	immutable mode = "mode=ro&immutable=1"
)

// maxStatements limits the cached prepared statements of a connection.
const maxStatements = 64

// openConn opens a file.
func openConn(path string, as mode) (*conn, error) {
	d, err := engine()
	if err != nil {
		return nil, err
	}
	// Without dqs=0 a misspelt name in quotes would be taken for a text.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + string(as) + "&_dqs=0&_error_rc=1"
	opened, err := d.Open(dsn)
	if err != nil {
		return nil, err
	}
	dc, ok := opened.(driverConn)
	handle := reflect.Indirect(reflect.ValueOf(opened)).FieldByName("db")
	if !ok || handle.Kind() != reflect.Uintptr {
		return nil, errors.Join(errors.New("the SQLite driver is not the version that goldserve was written for"), opened.Close())
	}
	return &conn{driverConn: dc, handle: uintptr(handle.Uint()), statements: map[string]statement{}}, nil
}

// Close closes the connection and its statements.
func (c *conn) Close() error {
	c.forget()
	return c.driverConn.Close()
}

// trim closes the prepared statements if there are too many. No answer may be open.
func (c *conn) trim() {
	if len(c.statements) > maxStatements {
		c.forget()
	}
}

// forget closes the prepared statements. An error here repeats one that the statement's last use has returned.
func (c *conn) forget() {
	for _, st := range c.statements {
		_ = st.Close()
	}
	clear(c.statements)
}

// watch interrupts the running statement when the context is done. The caller calls stop when the statement has ended.
//
// The driver's own watch ends with a statement's first row, costs a goroutine per call, and is not accessible; hence
// the handle. SQLite clears an interrupt when the next statement starts, so it is repeated until stop.
func (c *conn) watch(ctx context.Context) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	quit, ended := make(chan struct{}), make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(ended)
		for {
			sqlite3.Xsqlite3_interrupt(nil, c.handle)
			select {
			case <-quit:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	return func() {
		if !cancel() {
			close(quit)
			<-ended
		}
	}
}

// exec runs statements that return no rows.
func (c *conn) exec(ctx context.Context, sql string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer c.watch(ctx)()
	_, err := c.ExecContext(context.Background(), sql, named(args))
	return err
}

// prepared returns a cached prepared statement.
func (c *conn) prepared(sql string) (statement, error) {
	if st, ok := c.statements[sql]; ok {
		return st, nil
	}
	st, err := c.prepare(sql)
	if err == nil {
		c.statements[sql] = st
	}
	return st, err
}

func (c *conn) prepare(sql string) (statement, error) {
	made, err := c.PrepareContext(context.Background(), sql)
	if err != nil {
		return nil, err
	}
	st, ok := made.(statement)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a statement of the SQLite driver is a %T", made), made.Close())
	}
	return st, nil
}

// query starts a statement with one result; its first row is computed on return.
func (c *conn) query(ctx context.Context, sql string, args []driver.NamedValue) (driver.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer c.watch(ctx)()
	st, err := c.prepared(sql)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(context.Background(), args)
}

// each calls visit for every row of a small result. The row is valid during the call.
func (c *conn) each(ctx context.Context, sql string, args []any, visit func(row []driver.Value) error) (err error) {
	rows, err := c.query(ctx, sql, named(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	defer c.watch(ctx)()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := visit(row); err != nil {
			return err
		}
	}
}

// first returns the first row of a result, or nil if there is none.
func (c *conn) first(ctx context.Context, sql string, args ...any) ([]driver.Value, error) {
	var found []driver.Value
	err := c.each(ctx, sql, args, func(row []driver.Value) error {
		if found == nil {
			found = append(found, row...)
		}
		return nil
	})
	return found, err
}

// number returns the integer in the first column of the first row, or 0.
func (c *conn) number(ctx context.Context, sql string, args ...any) (int64, error) {
	row, err := c.first(ctx, sql, args...)
	if err != nil || row == nil {
		return 0, err
	}
	return integer(row[0]), nil
}

// texts returns the first column of every row.
func (c *conn) texts(ctx context.Context, sql string, args ...any) ([]string, error) {
	var all []string
	err := c.each(ctx, sql, args, func(row []driver.Value) error {
		all = append(all, text(row[0]))
		return nil
	})
	return all, err
}

// named numbers arguments for the driver: int64, float64, string or nil.
func named(args []any) []driver.NamedValue {
	values := make([]driver.NamedValue, len(args))
	for i, a := range args {
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return values
}

// integer returns an integer column's value, 0 for NULL.
func integer(v driver.Value) int64 {
	n, _ := v.(int64)
	return n
}

// text returns a text column's value, "" for NULL.
func text(v driver.Value) string {
	s, _ := v.(string)
	return s
}
