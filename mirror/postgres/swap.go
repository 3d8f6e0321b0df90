package postgres

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/mirror"
)

// How long a run waits for those that read a table: at most lockTime at a time, in which those behind it in the queue wait too,
// and patience in all. lockTime is less than the server takes to find a deadlock (1 s), which may end the reader.
const (
	lockTime = "800ms"
	pause    = 500 * time.Millisecond
	patience = time.Minute
)

// awaitReaders locks the tables that change.
func (w *write) awaitReaders(ctx context.Context) error {
	var names []string
	add := func(name string) {
		if w.state.Tables[name].Mark.Dataset != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for name := range w.fresh {
		add(name)
	}
	for _, name := range w.change.Drop {
		add(name)
	}
	for _, r := range slices.Concat(w.state.References, w.change.Make) {
		if slices.Contains(names, r.Table) || slices.Contains(names, r.To) || slices.Contains(w.change.Make, r) {
			add(r.Table)
			add(r.To)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names) // two that lock in one order don't wait for each other
	tables := make([]string, len(names))
	for i, name := range names {
		tables[i] = w.quoted(name)
	}
	if err := w.exec(ctx, "SET LOCAL lock_timeout = '"+lockTime+"'"); err != nil {
		return err
	}
	for end := time.Now().Add(cmp.Or(w.patience, patience)); ; {
		err := w.attempt(ctx, "LOCK TABLE "+strings.Join(tables, ", ")+" IN ACCESS EXCLUSIVE MODE")
		switch {
		case !is(err, lockNotAvailable, deadlock):
			return err
		case time.Now().After(end):
			return &gold.Error{
				Kind: gold.Conflict, Code: gold.CodeMirrorConflict, Err: err,
				Message: w.name + ": queries read the tables " + strings.Join(names, ", ") + " without end, so that none can be replaced",
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// replace puts a new table in the place of the one before, if there is one.
func (w *write) replace(ctx context.Context, table *mirror.Table) error {
	fresh, name := w.fresh[table.Name], table.Name
	if w.state.Tables[name].Kind == "" {
		return w.exec(ctx, "ALTER TABLE "+w.quoted(fresh)+" RENAME TO "+quote(name))
	}
	dependent, err := w.dependents(ctx, name)
	if err != nil {
		return err
	}
	if len(dependent) > 0 {
		return w.refill(ctx, table, dependent)
	}
	grants, err := w.grants(ctx, name)
	if err != nil {
		return err
	}
	return w.exec(ctx, "DROP TABLE "+w.quoted(name)+"; ALTER TABLE "+w.quoted(fresh)+" RENAME TO "+quote(name)+strings.Join(grants, ""))
}

// drop drops a table on which nothing depends.
func (w *write) drop(ctx context.Context, name string) error {
	dependent, err := w.dependents(ctx, name)
	if err != nil {
		return err
	}
	if len(dependent) > 0 {
		return gold.Errorf(gold.Invalid, gold.CodeMirrorRefused, "%s: the release no longer has the table %s, but %s depends on it: drop that first", w.name, name, strings.Join(dependent, ", "))
	}
	return w.exec(ctx, "DROP TABLE "+w.quoted(name))
}

// dependents returns what else depends on a table: views, and foreign keys of tables that are not ours.
func (w *write) dependents(ctx context.Context, name string) ([]string, error) {
	var found []string
	var what string
	err := w.each(ctx, `SELECT DISTINCT CASE v.relkind WHEN 'm' THEN 'materialized view ' WHEN 'v' THEN 'view ' ELSE 'a rule of ' END || v.oid::regclass::text
		FROM pg_depend d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid JOIN pg_class v ON v.oid = r.ev_class
		WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::regclass AND v.oid <> d.refobjid
		UNION SELECT 'table ' || k.conrelid::regclass::text FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = $1::regclass AND k.conrelid <> k.confrelid
		ORDER BY 1`, []any{w.quoted(name)}, []any{&what}, func() { found = append(found, what) })
	return found, err
}

// grants returns the statements that let those who could use a table use another one of its name.
func (w *write) grants(ctx context.Context, name string) ([]string, error) {
	var grants []string
	var privilege, grantee string
	var grantable bool
	err := w.each(ctx, `SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, a.is_grantable
		FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = $1::regclass AND a.grantee <> c.relowner`, []any{w.quoted(name)}, []any{&privilege, &grantee, &grantable}, func() {
		text := "; GRANT " + privilege + " ON " + w.quoted(name) + " TO " + grantee
		if grantable {
			text += " WITH GRANT OPTION"
		}
		grants = append(grants, text)
	})
	return grants, err
}

// refill puts the rows of a new table into the one before, since something depends on that: its columns must be the same.
func (w *write) refill(ctx context.Context, table *mirror.Table, dependent []string) error {
	shape := `SELECT coalesce((SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull, ', ' ORDER BY attnum)
			FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped), '')
		|| coalesce((SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'p'), '')`
	var before, after string
	fresh := w.fresh[table.Name]
	if err := w.tx.QueryRow(ctx, shape, w.quoted(table.Name)).Scan(&before); err != nil {
		return err
	}
	if err := w.tx.QueryRow(ctx, shape, w.quoted(fresh)).Scan(&after); err != nil {
		return err
	}
	foreign := slices.ContainsFunc(dependent, func(what string) bool { return strings.HasPrefix(what, "table ") })
	switch {
	case foreign:
		return gold.Errorf(gold.Invalid, gold.CodeMirrorRefused, "%s: %s has a foreign key to the table %s, which is to be replaced: drop the foreign key", w.name, strings.Join(dependent, ", "), table.Name)
	case before != after:
		return gold.Errorf(gold.Invalid, gold.CodeMirrorRefused, "%s: the columns of %s change, but %s depends on it: drop that, mirror again, and make it anew", w.name, table.Name, strings.Join(dependent, ", "))
	}
	return w.exec(ctx, "TRUNCATE "+w.quoted(table.Name)+"; INSERT INTO "+w.quoted(table.Name)+" SELECT * FROM "+w.quoted(fresh)+
		"; DROP TABLE "+w.quoted(fresh)+"; "+w.comments(table.Name, table))
}
