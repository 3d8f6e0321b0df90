package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"goldserve/gold"
)

// Rows answers a query.
func (s *Store) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	b, err := selectRows(&q)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, q.Version, b, q.OutFields(), q.Limit)
}

// batchRows and batchBytes limit a batch of an answer: whichever comes first.
const (
	batchRows  = 4096
	batchBytes = 32 << 20
)

// rows is an open answer. Its connection is in a read transaction until it is closed, so that a switch doesn't affect
// it.
type rows struct {
	store    *Store
	doing    string
	version  *gold.Version
	b        *builder
	tries    int  // to begin
	returned bool // a batch was returned
	c        *conn
	answer   driver.Rows
	row      []driver.Value
	batch    *gold.Batch
	took     time.Duration
	ended    bool
	failure  error
}

// open runs a statement over versions; the first row is computed on return.
func (s *Store) open(ctx context.Context, v *gold.Version, b *builder, fields []gold.Field, limit int64) (gold.Rows, error) {
	size := batchRows
	if limit > 0 && limit < batchRows {
		size = int(limit)
	}
	r := &rows{store: s, doing: "read dataset " + v.Dataset.Name, version: v, b: b, row: make([]driver.Value, len(fields)), batch: gold.NewBatch(fields, size)}
	start := time.Now()
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	r.took = time.Since(start)
	return r, nil
}

// begin runs the statement on its own connection.
func (r *rows) begin(ctx context.Context) error {
	for {
		c, err := r.store.pool.acquire(ctx)
		if errors.Is(err, errNothing) {
			return gold.NoRelease(r.version.Dataset.Model)
		}
		if err != nil {
			return r.store.fail(ctx, r.doing, err)
		}
		r.tries++
		answer, err := c.query(ctx, r.b.String(), r.b.args)
		if err == nil {
			r.c, r.answer, r.ended = c, answer, false
			return nil
		}
		if code(err) == sqlite3.SQLITE_ERROR && ctx.Err() == nil {
			err = errors.Join(missing(ctx, c, r.b.versions), err)
		}
		changed := c.changed()
		r.store.pool.release(c)
		switch {
		case !changed:
			return r.store.fail(ctx, r.doing, err)
		case r.tries >= readTries || ctx.Err() != nil:
			return r.store.fail(ctx, r.doing, changing(r.store.path))
		}
	}
}

// missing says why rows of the versions of a statement are missing: Gone if they were pruned, else Internal
// release_inconsistent; nil if all exist.
func missing(ctx context.Context, c *conn, versions []*gold.Version) error {
	for _, v := range versions {
		if err := missingVersion(ctx, c, v); err != nil {
			return err
		}
	}
	return nil
}

func missingVersion(ctx context.Context, c *conn, v *gold.Version) error {
	there, err := c.number(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", tableOf(v.Location))
	if err != nil || there > 0 {
		return err
	}
	dropped, err := c.number(ctx, "SELECT count(*) FROM _goldserve_versions WHERE location = ? AND dropped_at IS NOT NULL", v.Location)
	switch {
	case err != nil:
		return err
	case dropped > 0:
		return gold.Errorf(gold.Gone, gold.CodeReleasePruned, "the rows of dataset %s were pruned with their release; ask for a newer release", v.Dataset.Name)
	default:
		return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "the rows of dataset %s are missing: there is no table %s; publish again", v.Dataset.Name, tableOf(v.Location))
	}
}

// Next returns up to 4,096 rows.
func (r *rows) Next(ctx context.Context) (*gold.Batch, error) {
	switch {
	case r.failure != nil:
		return nil, r.failure
	case r.ended:
		return nil, io.EOF
	}
	err := r.next(ctx)
	if err != nil && !errors.Is(err, io.EOF) {
		r.failure = r.store.fail(ctx, r.doing, err)
		return nil, r.failure
	}
	if r.batch.Rows == 0 {
		return nil, io.EOF
	}
	return r.batch, nil
}

// next reads a batch, and closes the answer on an error or at the end. If a frozen file was written meanwhile, its rows
// may be a mixture of two states: if none were returned yet, the answer is started again.
func (r *rows) next(ctx context.Context) error {
	start := time.Now()
	defer func() { r.took += time.Since(start) }()
	for {
		r.batch.Reset()
		err := r.fill(ctx)
		changed := r.c.changed()
		if err != nil || changed {
			// A finished statement would restart at the next step.
			if closed := r.Close(); errors.Is(err, io.EOF) && closed != nil {
				err = closed
			}
		}
		if !changed {
			r.returned = true
			return err
		}
		r.batch.Reset()
		if r.returned || r.tries >= readTries || ctx.Err() != nil {
			return changing(r.store.path)
		}
		if err := r.begin(ctx); err != nil {
			return err
		}
	}
}

// fill reads rows into the batch until it is full; io.EOF at the end.
func (r *rows) fill(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer r.c.watch(ctx)()
	size := 0
	for r.batch.Rows < batchRows && size < batchBytes {
		if err := r.answer.Next(r.row); err != nil {
			return err
		}
		for i, v := range r.row {
			n, err := appendValue(&r.batch.Columns[i], v)
			if err != nil {
				return columnError(&r.batch.Fields[i], v, err)
			}
			size += n
		}
		r.batch.Rows++
	}
	return nil
}

// errKind means that a column's value is not of its field's kind.
var errKind = errors.New("not of the column's kind")

// appendValue appends a value of the driver and returns its bytes of text.
func appendValue(c *gold.Column, v driver.Value) (int, error) {
	switch x := v.(type) {
	case nil:
		c.AppendNull()
		return 0, nil
	case int64:
		if c.Kind != gold.Double && !c.Kind.InBytes() {
			c.Ints = append(c.Ints, x)
			return 0, nil
		}
		if c.Kind == gold.WideDecimal { // a sum of 64 bits
			c.AppendInt128(gold.Int128Of(x))
			return 0, nil
		}
	case float64:
		if c.Kind == gold.Double {
			c.Floats = append(c.Floats, x)
			return 0, nil
		}
	case string:
		switch c.Kind {
		case gold.Text:
			c.AppendText(x)
			return len(x), nil
		case gold.WideDecimal:
			if n, ok := gold.ParseSortable([]byte(x)); ok {
				c.AppendInt128(n)
				return len(x), nil
			}
		default:
		}
	}
	return 0, errKind
}

func columnError(f *gold.Field, v driver.Value, err error) error {
	return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "column %s holds a %T where its contract says %s: %w", f.Name, v, f.Kind, err)
}

// Stats returns the time spent in SQLite so far.
func (r *rows) Stats() gold.Stats { return gold.Stats{Duration: r.took} }

// Close returns the connection. If the last step failed, SQLite repeats its error, which Next has returned.
func (r *rows) Close() error {
	if r.ended {
		return nil
	}
	r.ended = true
	err := r.answer.Close()
	r.store.pool.release(r.c)
	return err
}
