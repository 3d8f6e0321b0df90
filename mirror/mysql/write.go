package mysql

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/mirror"
)

// write is one run, over one connection.
type write struct {
	*Target
	conn   *sql.Conn
	state  *mirror.State
	change *mirror.Change
}

// Write carries out a change.
func (t *Target) Write(ctx context.Context, decide func(*mirror.State) (*mirror.Change, error), rows func(context.Context, *mirror.Table) (gold.Rows, error)) (left []mirror.LeftOut, err error) {
	conn, err := t.db.Conn(ctx)
	if err != nil {
		return nil, t.fail(ctx, "connect", err)
	}
	// The connection's end releases the lock.
	defer func() {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // so that it is not kept
		_ = conn.Close()
	}()
	w := &write{Target: t, conn: conn}
	left, err = w.run(ctx, decide, rows)
	return left, t.fail(ctx, "write the mirror", err)
}

func (w *write) run(ctx context.Context, decide func(*mirror.State) (*mirror.Change, error), rows func(context.Context, *mirror.Table) (gold.Rows, error)) ([]mirror.LeftOut, error) {
	if err := w.lock(ctx); err != nil {
		return nil, err
	}
	defer w.unlock(ctx)
	var there int
	if err := w.conn.QueryRowContext(ctx, "SELECT count(*) FROM information_schema.schemata WHERE schema_name = ?", w.schema).Scan(&there); err != nil {
		return nil, err
	}
	if there == 0 {
		if err := w.exec(ctx, "CREATE DATABASE "+quote(w.schema)+" CHARACTER SET utf8mb4"); err != nil {
			return nil, err
		}
	}
	if err := w.readState(ctx); err != nil {
		return nil, err
	}
	var err error
	if w.change, err = decide(w.state); err != nil || w.change == nil {
		return nil, err
	}
	if err := w.refuseForeign(ctx); err != nil {
		return nil, err
	}
	for _, table := range w.change.Load {
		if err := w.load(ctx, table, rows); err != nil {
			return nil, errors.Join(err, w.clean(context.WithoutCancel(ctx)))
		}
	}
	return w.swap(ctx)
}

// readState reads the state, without the leftovers of a killed run, which it drops.
func (w *write) readState(ctx context.Context) error {
	var err error
	if w.state, err = w.Target.state(ctx, w.conn); err != nil {
		return err
	}
	return w.dropTables(ctx, w.state.Leftovers)
}

// clean drops what this run made beside.
func (w *write) clean(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var names []string
	for _, table := range w.change.Load {
		names = append(names, fresh(table.Name))
	}
	_ = w.dropTables(ctx, names) // else the next run does
	return nil
}

// dropTables drops tables whatever refers to them.
func (w *write) dropTables(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = w.quoted(name)
	}
	if err := w.exec(ctx, "SET SESSION foreign_key_checks = 0"); err != nil {
		return err
	}
	return w.exec(ctx, "DROP TABLE IF EXISTS "+strings.Join(quoted, ", "))
}

// hash is part of names that would be too long otherwise.
func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// fresh and old are the names of a table before it is in its place, and after.
func fresh(table string) string { return prefix + "new_" + hash(table) }
func old(table string) string   { return prefix + "old_" + hash(table) }

// lock keeps other runs of the database out.
func (w *write) lock(ctx context.Context) error {
	var got sql.NullInt64
	if err := w.conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, 0)", w.lockName()).Scan(&got); err != nil {
		return err
	}
	if got.Int64 != 1 {
		return gold.Errorf(gold.Conflict, gold.CodeMirrorConflict, "another goldserve is writing the mirror %s", w.name)
	}
	return nil
}

func (w *write) lockName() string { return "goldserve_" + hash(w.schema) }

func (w *write) unlock(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = w.conn.ExecContext(ctx, "DO RELEASE_LOCK(?)", w.lockName()) // the connection's end does it too
}

func (w *write) exec(ctx context.Context, statement string) error {
	_, err := w.conn.ExecContext(ctx, statement)
	return err
}

// refuseForeign refuses a change of tables that tables of others have foreign keys to: these would follow the old ones.
func (w *write) refuseForeign(ctx context.Context) error {
	var problems []gold.Problem
	var from, to string
	err := each(ctx, w.conn, `SELECT DISTINCT concat(table_schema, '.', table_name), referenced_table_name FROM information_schema.key_column_usage WHERE referenced_table_schema = ?`,
		[]any{w.schema}, []any{&from, &to}, func() {
			schema, name, _ := strings.Cut(from, ".")
			ours := schema == w.schema && (w.state.Tables[name].Mark.Dataset != "" || strings.HasPrefix(name, prefix))
			if !ours && w.moves(to) {
				problems = append(problems, gold.Problem{Code: gold.CodeMirrorRefused, Detail: "table " + from + " has a foreign key to the table " + to + ", which is to be replaced: drop the foreign key"})
			}
		})
	if err == nil && len(problems) > 0 {
		err = gold.InvalidAll(problems)
	}
	return err
}

// moves reports whether a table is replaced or dropped.
func (w *write) moves(table string) bool {
	return slices.Contains(w.change.Drop, table) || slices.ContainsFunc(w.change.Load, func(t *mirror.Table) bool { return t.Name == table })
}

// swap puts the new tables and the new gold_release in the place of those before.
func (w *write) swap(ctx context.Context) ([]mirror.LeftOut, error) {
	c := w.change
	var kept []mirror.Reference
	var left []mirror.LeftOut
	for _, r := range c.Make {
		rows, err := w.broken(ctx, r)
		if err != nil {
			return nil, err
		}
		if rows > 0 {
			left = append(left, mirror.Broken(r, rows))
		} else {
			kept = append(kept, r)
		}
	}
	if err := w.makeLines(ctx, c.Without(left)); err != nil {
		return nil, err
	}
	for _, r := range c.Unmake {
		if err := w.patiently(ctx, "ALTER TABLE "+w.quoted(r.Table)+" DROP FOREIGN KEY "+quote(r.Name)); err != nil {
			return nil, err
		}
	}
	if err := w.rename(ctx); err != nil {
		return nil, err
	}
	for _, r := range kept {
		// The rows were compared.
		err := w.exec(ctx, "SET SESSION foreign_key_checks = 0")
		if err == nil {
			err = w.patiently(ctx, "ALTER TABLE "+w.quoted(r.Table)+" ADD CONSTRAINT "+quote("goldserve_"+hash(r.Table, r.Column, r.To))+
				" FOREIGN KEY ("+quote(r.Column)+") REFERENCES "+w.quoted(r.To)+" ("+quote(r.ToColumn)+")")
		}
		if err != nil {
			return nil, err
		}
	}
	return left, nil
}

// rename is the moment at which readers see the new tables. Those before are dropped then.
func (w *write) rename(ctx context.Context) error {
	var renames, gone []string
	away := func(name string) {
		renames = append(renames, w.quoted(name)+" TO "+w.quoted(old(name)))
		gone = append(gone, old(name))
	}
	in := func(name string) {
		if w.state.Tables[name].Kind != "" {
			away(name)
		}
		renames = append(renames, w.quoted(fresh(name))+" TO "+w.quoted(name))
	}
	for _, name := range w.change.Drop {
		away(name)
	}
	for _, table := range w.change.Load {
		in(table.Name)
	}
	in(gold.ReleaseCollection)
	if err := w.patiently(ctx, "RENAME TABLE "+strings.Join(renames, ", ")); err != nil {
		return err
	}
	return w.dropTables(ctx, gone)
}

// broken counts the rows of a table, as it will be, that break a foreign key.
func (w *write) broken(ctx context.Context, r mirror.Reference) (rows int64, err error) {
	now := func(name string) string {
		if slices.ContainsFunc(w.change.Load, func(t *mirror.Table) bool { return t.Name == name }) {
			name = fresh(name)
		}
		return w.quoted(name)
	}
	err = w.conn.QueryRowContext(ctx, "SELECT count(*) FROM "+now(r.Table)+" a LEFT JOIN "+now(r.To)+" b ON b."+quote(r.ToColumn)+" = a."+quote(r.Column)+
		" WHERE a."+quote(r.Column)+" IS NOT NULL AND b."+quote(r.ToColumn)+" IS NULL").Scan(&rows)
	return rows, err
}

// How long a run waits for those that read a table: at most lockSeconds at a time, in which those behind it in the queue wait too,
// and patience in all.
const (
	lockSeconds = 2
	pause       = 500 * time.Millisecond
	patience    = time.Minute
)

// patiently runs a statement that needs a table for itself.
func (w *write) patiently(ctx context.Context, statement string) error {
	if err := w.exec(ctx, fmt.Sprintf("SET SESSION lock_wait_timeout = %d", lockSeconds)); err != nil {
		return err
	}
	for end := time.Now().Add(cmp.Or(w.patience, patience)); ; {
		err := w.exec(ctx, statement)
		switch {
		case !is(err, lockWaitTimeout, deadlock):
			return err
		case time.Now().After(end):
			return &gold.Error{
				Kind: gold.Conflict, Code: gold.CodeMirrorConflict, Err: err,
				Message: w.name + ": queries read the mirror's tables without end, so that none can be replaced",
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// makeLines makes the new gold_release: the lines of other models as they are, and those of this one.
func (w *write) makeLines(ctx context.Context, lines []mirror.Line) error {
	name := w.quoted(fresh(gold.ReleaseCollection))
	err := w.exec(ctx, "CREATE TABLE "+name+" (model VARCHAR(255) NOT NULL, dataset VARCHAR(255) NOT NULL, collection VARCHAR(255) NOT NULL, `rows` BIGINT NOT NULL,"+
		" `release` BIGINT NOT NULL, as_of DATETIME(3) NOT NULL, published_at DATETIME(3) NOT NULL, version VARCHAR(255) NOT NULL, quality VARCHAR(255) NOT NULL,"+
		" left_out LONGTEXT NOT NULL, PRIMARY KEY (model, dataset)) "+w.options(mirror.ReleaseComment()))
	if err != nil {
		return err
	}
	for _, l := range w.state.Lines {
		if l.Model != w.change.Model {
			lines = append(lines, l)
		}
	}
	for _, l := range lines {
		_, err := w.conn.ExecContext(ctx, "INSERT INTO "+name+" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", // #nosec G202 -- the name is quoted
			l.Model, l.Dataset, l.Table, l.Rows, l.Release, millis(l.AsOf), millis(l.PublishedAt), l.Version, l.Quality, l.LeftOut)
		if err != nil {
			return err
		}
	}
	return nil
}

func millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// options are those of every table.
func (w *write) options(comment string) string {
	return "ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE " + w.collation + " COMMENT " + literal(comment)
}

// literal is a text in SQL, without escapes: see sql_mode in parse.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
