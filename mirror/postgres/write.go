package postgres

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"goldserve/gold"
	"goldserve/mirror"
)

// write is one run: a transaction.
type write struct {
	*Target
	tx     pgx.Tx
	state  *mirror.State
	change *mirror.Change
	fresh  map[string]string // the name of the new table beside each that is loaded, until it is swapped
}

// Write carries out a change in one transaction.
func (t *Target) Write(ctx context.Context, decide func(*mirror.State) (*mirror.Change, error), rows func(context.Context, *mirror.Table) (gold.Rows, error)) ([]mirror.LeftOut, error) {
	tx, err := t.conn.Begin(ctx)
	if err != nil {
		return nil, t.fail(ctx, "begin", err)
	}
	w := &write{Target: t, tx: tx, fresh: map[string]string{}}
	left, err := w.run(ctx, decide, rows)
	if err == nil && w.change != nil {
		err = tx.Commit(ctx)
		if err == nil {
			return left, nil
		}
	}
	_ = tx.Rollback(context.WithoutCancel(ctx)) // the connection's end rolls it back too
	return nil, t.fail(ctx, "write the mirror", err)
}

func (w *write) run(ctx context.Context, decide func(*mirror.State) (*mirror.Change, error), rows func(context.Context, *mirror.Table) (gold.Rows, error)) ([]mirror.LeftOut, error) {
	if err := w.exec(ctx, "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = 0"); err != nil {
		return nil, err
	}
	if err := w.lock(ctx); err != nil {
		return nil, err
	}
	var err error
	if w.state, err = w.Target.state(ctx); err != nil {
		return nil, err
	}
	if w.change, err = decide(w.state); err != nil || w.change == nil {
		return nil, err
	}
	if err := w.makeSchema(ctx); err != nil {
		return nil, err
	}
	for _, table := range w.change.Load {
		if err := w.load(ctx, table, rows); err != nil {
			return nil, err
		}
	}
	return w.swap(ctx)
}

// lock keeps other runs of the schema out until the transaction ends.
func (w *write) lock(ctx context.Context) error {
	h := fnv.New32a()
	_, _ = h.Write([]byte(w.schema))
	const goldserve = 0x676f6c64
	var got bool
	if err := w.tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock($1, $2)", int32(goldserve), int32(h.Sum32())).Scan(&got); err != nil {
		return err
	}
	if !got {
		return gold.Errorf(gold.Conflict, gold.CodeMirrorConflict, "another goldserve is writing the mirror %s", w.name)
	}
	return nil
}

// makeSchema makes the schema where there is none: a user who may only use it need not be allowed to.
func (w *write) makeSchema(ctx context.Context) error {
	var there bool
	err := w.tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", w.schema).Scan(&there)
	if err != nil || there {
		return err
	}
	return w.exec(ctx, "CREATE SCHEMA "+quote(w.schema))
}

// load makes the table beside the one that it replaces, and fills it.
func (w *write) load(ctx context.Context, table *mirror.Table, open func(context.Context, *mirror.Table) (gold.Rows, error)) error {
	fresh := "_goldserve_" + table.Mark.Fingerprint
	w.fresh[table.Name] = fresh
	columns := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		columns[i] = quote(c.Name) + " " + typeOf(&c)
		if !c.Nullable {
			columns[i] += " NOT NULL"
		}
	}
	if err := w.exec(ctx, "CREATE TABLE "+w.quoted(fresh)+" ("+strings.Join(columns, ", ")+")"); err != nil {
		return err
	}
	rows, err := open(ctx, table)
	if err != nil {
		return err
	}
	// Nobody sees the table before the transaction ends, so that its rows need not be looked at again to be frozen.
	encoded := newEncoder(ctx, table, rows)
	_, err = w.conn.PgConn().CopyFrom(ctx, encoded, "COPY "+w.quoted(fresh)+" FROM STDIN (FORMAT binary, FREEZE)")
	encoded.stop() // where the connection broke, something may still read from it
	if encoded.failed != nil {
		err = encoded.failed // of which the server says only that the client gave up
	}
	if err != nil {
		return fmt.Errorf("dataset %s: %w", table.Dataset, err)
	}
	if len(table.Key) > 0 {
		key := make([]string, len(table.Key))
		for i, name := range table.Key {
			key[i] = quote(name)
		}
		// The index of the table before has a name too.
		name := mirror.Cut(table.Name, maxName-22) + "_key_" + table.Mark.Fingerprint
		if err := w.exec(ctx, "ALTER TABLE "+w.quoted(fresh)+" ADD CONSTRAINT "+quote(name)+" PRIMARY KEY ("+strings.Join(key, ", ")+")"); err != nil {
			return err
		}
	}
	return w.exec(ctx, w.comments(fresh, table))
}

// comments returns the statements that comment a table and its columns.
func (w *write) comments(name string, table *mirror.Table) string {
	statements := []string{"COMMENT ON TABLE " + w.quoted(name) + " IS " + literal(table.Mark.Comment(table.Comment, 1<<20))}
	for _, c := range table.Columns {
		text := "NULL"
		if c.Comment != "" {
			text = literal(c.Comment)
		}
		statements = append(statements, "COMMENT ON COLUMN "+w.quoted(name)+"."+quote(c.Name)+" IS "+text)
	}
	return strings.Join(statements, "; ")
}

// literal is a text in SQL.
func literal(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return " E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

// typeOf returns the type of a column. Times are instants, durations are seconds.
func typeOf(c *mirror.Column) string {
	switch c.Kind {
	case gold.Bool:
		return "boolean"
	case gold.Int:
		return "bigint"
	case gold.Double:
		if c.Single {
			return "real"
		}
		return "double precision"
	case gold.Decimal:
		return fmt.Sprintf("numeric(%d,%d)", gold.NarrowDigits, c.Scale)
	case gold.WideDecimal:
		return fmt.Sprintf("numeric(%d,%d)", cmp.Or(c.Precision, gold.MaxDigits), c.Scale)
	case gold.Date:
		return "date"
	case gold.Time:
		return "timestamp(3) with time zone"
	case gold.Duration:
		return fmt.Sprintf("numeric(19,%d)", gold.DurationScale)
	case gold.Text, gold.Null:
	}
	return "text"
}

// exec runs statements that return nothing.
func (w *write) exec(ctx context.Context, statements string) error {
	_, err := w.conn.PgConn().Exec(ctx, statements).ReadAll()
	return err
}

// swap puts the new tables in the place of those before, and writes gold_release.
func (w *write) swap(ctx context.Context) ([]mirror.LeftOut, error) {
	c := w.change
	if err := w.awaitReaders(ctx); err != nil {
		return nil, err
	}
	for _, r := range w.state.References {
		moves := slices.Contains(c.Drop, r.Table) || slices.Contains(c.Drop, r.To) || w.fresh[r.Table] != "" || w.fresh[r.To] != ""
		if !moves {
			continue
		}
		if err := w.exec(ctx, "ALTER TABLE "+w.quoted(r.Table)+" DROP CONSTRAINT "+quote(r.Name)); err != nil {
			return nil, err
		}
	}
	for _, name := range c.Drop {
		if err := w.drop(ctx, name); err != nil {
			return nil, err
		}
	}
	for _, table := range c.Load {
		if err := w.replace(ctx, table); err != nil {
			return nil, err
		}
	}
	left, err := w.makeReferences(ctx)
	if err != nil {
		return nil, err
	}
	return left, w.writeLines(ctx, c.Without(left))
}

// makeReferences makes the foreign keys that the rows keep.
func (w *write) makeReferences(ctx context.Context) ([]mirror.LeftOut, error) {
	var left []mirror.LeftOut
	for _, r := range w.change.Make {
		// PostgreSQL names the constraint.
		err := w.attempt(ctx, "ALTER TABLE "+w.quoted(r.Table)+" ADD FOREIGN KEY ("+quote(r.Column)+") REFERENCES "+w.quoted(r.To)+" ("+quote(r.ToColumn)+")")
		switch {
		case is(err, foreignKeyBroken):
			var rows int64
			err = w.tx.QueryRow(ctx, "SELECT count(*) FROM "+w.quoted(r.Table)+" a WHERE a."+quote(r.Column)+" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "+
				w.quoted(r.To)+" b WHERE b."+quote(r.ToColumn)+" = a."+quote(r.Column)+")").Scan(&rows)
			if err != nil {
				return nil, err
			}
			left = append(left, mirror.Broken(r, rows))
		case err != nil:
			return nil, err
		}
	}
	return left, nil
}

// attempt runs statements that may fail without ending the transaction.
func (w *write) attempt(ctx context.Context, statements string) error {
	if err := w.exec(ctx, "SAVEPOINT attempt"); err != nil {
		return err
	}
	err := w.exec(ctx, statements)
	if err != nil {
		if back := w.exec(ctx, "ROLLBACK TO SAVEPOINT attempt"); back != nil {
			return back
		}
		return err
	}
	return w.exec(ctx, "RELEASE SAVEPOINT attempt")
}

// writeLines writes the model's lines of gold_release.
func (w *write) writeLines(ctx context.Context, lines []mirror.Line) error {
	name := w.quoted(gold.ReleaseCollection)
	if w.state.Tables[gold.ReleaseCollection].Kind == "" {
		err := w.exec(ctx, "CREATE TABLE "+name+` (model text NOT NULL, dataset text NOT NULL, collection text NOT NULL, rows bigint NOT NULL,
			release bigint NOT NULL, as_of timestamp(3) with time zone NOT NULL, published_at timestamp(3) with time zone NOT NULL,
			version text NOT NULL, quality text NOT NULL, left_out text NOT NULL, PRIMARY KEY (model, dataset)); COMMENT ON TABLE `+name+" IS "+literal(mirror.ReleaseComment()))
		if err != nil {
			return err
		}
	}
	if _, err := w.tx.Exec(ctx, "DELETE FROM "+name+" WHERE model = $1", w.change.Model); err != nil {
		return err
	}
	for _, l := range lines {
		_, err := w.tx.Exec(ctx, "INSERT INTO "+name+" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
			l.Model, l.Dataset, l.Table, l.Rows, l.Release, l.AsOf, l.PublishedAt, l.Version, l.Quality, l.LeftOut)
		if err != nil {
			return err
		}
	}
	return nil
}
