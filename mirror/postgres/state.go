package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"goldserve/gold"
	"goldserve/mirror"
)

// kinds are what PostgreSQL calls what has a name in a schema.
var kinds = map[string]string{
	"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table", "i": "index", "I": "index", "S": "sequence", "c": "type",
}

// State reads what lies in the schema.
func (t *Target) State(ctx context.Context) (*mirror.State, error) {
	s, err := t.state(ctx)
	return s, t.fail(ctx, "read the schema", err)
}

func (t *Target) state(ctx context.Context) (*mirror.State, error) {
	s := &mirror.State{Tables: map[string]mirror.Found{}}
	var name, kind, comment string
	err := t.each(ctx, `SELECT c.relname, c.relkind::text, coalesce(obj_description(c.oid, 'pg_class'), '')
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1`, []any{t.schema}, []any{&name, &kind, &comment}, func() {
		found := mirror.Found{Kind: kinds[kind]}
		if kind == "r" {
			found.Mark = mirror.ParseMark(comment)
		}
		s.Tables[name] = found
	})
	if err != nil {
		return nil, err
	}
	var r mirror.Reference
	err = t.each(ctx, `SELECT k.conname, c.relname, a.attname, f.relname, fa.attname FROM pg_constraint k
		JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid AND f.relnamespace = c.relnamespace
		JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
		JOIN pg_attribute fa ON fa.attrelid = k.confrelid AND fa.attnum = k.confkey[1]
		WHERE n.nspname = $1 AND k.contype = 'f' AND array_length(k.conkey, 1) = 1`, []any{t.schema}, []any{&r.Name, &r.Table, &r.Column, &r.To, &r.ToColumn}, func() {
		if s.Tables[r.Table].Mark.Dataset != "" && s.Tables[r.To].Mark.Dataset != "" {
			s.References = append(s.References, r)
		}
	})
	if err != nil || s.Tables[gold.ReleaseCollection].Mark.Dataset == "" {
		return s, err
	}
	var l mirror.Line
	err = t.each(ctx, "SELECT model, dataset, collection, rows, release, as_of, published_at, version, quality, left_out FROM "+t.quoted(gold.ReleaseCollection),
		nil, []any{&l.Model, &l.Dataset, &l.Table, &l.Rows, &l.Release, &l.AsOf, &l.PublishedAt, &l.Version, &l.Quality, &l.LeftOut}, func() {
			s.Lines = append(s.Lines, l)
		})
	return s, err
}

// each scans each row of a query into the same places, and calls do.
func (t *Target) each(ctx context.Context, query string, args, into []any, do func()) error {
	rows, err := t.conn.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		do()
		return nil
	})
	return err
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// quoted returns a name of the schema in SQL.
func (t *Target) quoted(name string) string { return pgx.Identifier{t.schema, name}.Sanitize() }
