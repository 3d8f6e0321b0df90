package mysql

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"goldserve/gold"
	"goldserve/mirror"
)

// prefix begins the names of tables that are not in their place yet, or no longer.
const prefix = "_goldserve_"

// querier is a connection, or all of them.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// State reads what lies in the database.
func (t *Target) State(ctx context.Context) (*mirror.State, error) {
	s, err := t.state(ctx, t.db)
	return s, t.fail(ctx, "read the database", err)
}

func (t *Target) state(ctx context.Context, q querier) (*mirror.State, error) {
	s := &mirror.State{Tables: map[string]mirror.Found{}}
	var name, kind, comment string
	err := each(ctx, q, `SELECT table_name, table_type, table_comment FROM information_schema.tables WHERE table_schema = ?`, []any{t.schema}, []any{&name, &kind, &comment}, func() {
		found := mirror.Found{Kind: strings.ToLower(strings.TrimPrefix(kind, "BASE "))}
		if kind == "BASE TABLE" {
			found.Mark = mirror.ParseMark(comment)
		}
		if strings.HasPrefix(name, prefix) && found.Mark.Dataset != "" {
			s.Leftovers = append(s.Leftovers, name)
			return
		}
		s.Tables[name] = found
	})
	if err != nil {
		return nil, err
	}
	var r mirror.Reference
	err = each(ctx, q, `SELECT constraint_name, table_name, min(column_name), referenced_table_name, min(referenced_column_name) FROM information_schema.key_column_usage
		WHERE table_schema = ? AND referenced_table_schema = table_schema GROUP BY constraint_name, table_name, referenced_table_name HAVING count(*) = 1`,
		[]any{t.schema}, []any{&r.Name, &r.Table, &r.Column, &r.To, &r.ToColumn}, func() {
			if s.Tables[r.Table].Mark.Dataset != "" && s.Tables[r.To].Mark.Dataset != "" {
				s.References = append(s.References, r)
			}
		})
	if err != nil || s.Tables[gold.ReleaseCollection].Mark.Dataset == "" {
		return s, err
	}
	var l mirror.Line
	err = each(ctx, q, "SELECT model, dataset, collection, `rows`, `release`, as_of, published_at, version, quality, left_out FROM "+t.quoted(gold.ReleaseCollection),
		nil, []any{&l.Model, &l.Dataset, &l.Table, &l.Rows, &l.Release, &l.AsOf, &l.PublishedAt, &l.Version, &l.Quality, &l.LeftOut}, func() {
			s.Lines = append(s.Lines, l)
		})
	return s, err
}

// each scans each row of a query into the same places, and calls do.
func each(ctx context.Context, q querier, query string, args, into []any, do func()) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		do()
	}
	return rows.Err()
}

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// quoted returns a name of the database in SQL.
func (t *Target) quoted(name string) string { return quote(t.schema) + "." + quote(name) }
