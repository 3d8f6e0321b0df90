package mirror_test

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"net/url"
	"strings"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx of database/sql

	"goldserve/gold"
	"goldserve/gold/storetest"
	"goldserve/mirror"
	"goldserve/mirror/mysql"
	"goldserve/mirror/postgres"
)

// lake is a gold.Reader of rows in memory, by version.
type lake struct {
	gold.Reader
	rows map[string]*gold.Batch
	slow func() // called before each answer; nil: nothing is
}

func (l *lake) Rows(_ context.Context, q gold.Query) (gold.Rows, error) {
	if l.slow != nil {
		l.slow()
	}
	return gold.RowsOf(l.rows[q.Version.ID], gold.Stats{}, nil), nil
}

// dataset is one of a release that is being made.
type dataset struct {
	gold.Dataset
	rows [][]gold.Value
}

// release makes a release of datasets; equal rows are equal versions.
func (l *lake) release(number int64, datasets ...dataset) *gold.Release {
	r := &gold.Release{Model: "shop", Number: number, AsOf: time.UnixMilli(1_700_000_000_123 + number), PublishedAt: time.UnixMilli(1_700_000_100_456 + number)}
	for _, d := range datasets {
		d.Model = "shop"
		b := gold.NewBatch(d.Fields, len(d.rows))
		h := fnv.New64a()
		for _, row := range d.rows {
			b.AppendRow(row...)
			_, _ = fmt.Fprintf(h, "%v|", row)
		}
		id := fmt.Sprintf("%s-%016x", d.Name, h.Sum64())
		l.rows[id] = b
		r.Versions = append(r.Versions, gold.Version{Dataset: d.Dataset, ID: id, Rows: int64(len(d.rows))})
	}
	return r
}

func newLake() *lake { return &lake{rows: map[string]*gold.Batch{}} }

// server is a schema of a test, on one of the two kinds of servers.
type server struct {
	kind, address, schema string
	db                    *sql.DB // for looking at it
}

// eachServer runs a test on a fresh schema of each kind.
func eachServer(t *testing.T, test func(t *testing.T, s *server)) {
	t.Run("postgres", func(t *testing.T) { test(t, newServer(t, "postgres")) })
	t.Run("mysql", func(t *testing.T) { test(t, newServer(t, "mysql")) })
}

func newServer(tb testing.TB, kind string) *server {
	tb.Helper()
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s %d", tb.Name(), time.Now().UnixNano())
	s := &server{kind: kind, schema: fmt.Sprintf("t_%08x", h.Sum32())}
	var err error
	drop := "DROP DATABASE IF EXISTS " + s.schema
	if kind == "postgres" {
		s.address = storetest.Postgres(tb)
		drop = "DROP SCHEMA IF EXISTS " + s.schema + " CASCADE"
		s.db, err = sql.Open("pgx", s.address)
	} else {
		s.address = storetest.MySQL(tb)
		s.db, err = sql.Open("mysql", s.dsn(tb))
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if _, err := s.db.ExecContext(context.Background(), drop); err != nil {
			tb.Error(err)
		}
		_ = s.db.Close()
	})
	return s
}

func (s *server) dsn(tb testing.TB) string {
	tb.Helper()
	u, err := url.Parse(s.address)
	if err != nil {
		tb.Fatal(err)
	}
	c := mysqldriver.NewConfig()
	c.User, c.Net, c.Addr = u.User.Username(), "tcp", u.Host
	c.Passwd, _ = u.User.Password()
	c.MultiStatements = true
	return c.FormatDSN()
}

// open opens the schema as a mirror.
func (s *server) open(tb testing.TB) mirror.Target {
	tb.Helper()
	target, err := s.openAt(tb.Context(), s.address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = target.Close() })
	return target
}

func (s *server) openAt(ctx context.Context, address string) (mirror.Target, error) {
	if s.kind == "postgres" {
		return postgres.Open(ctx, address, s.schema)
	}
	return mysql.Open(ctx, address, s.schema)
}

// exec runs statements in which {s} stands for the schema.
func (s *server) exec(tb testing.TB, statement string) {
	tb.Helper()
	if _, err := s.db.ExecContext(tb.Context(), strings.ReplaceAll(statement, "{s}", s.schema)); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

// text returns an answer as one text: columns by |, rows by lines.
func (s *server) text(tb testing.TB, query string) string {
	tb.Helper()
	text, err := s.tryText(tb.Context(), query)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return text
}

func (s *server) tryText(ctx context.Context, query string) (string, error) {
	rows, err := s.db.QueryContext(ctx, strings.ReplaceAll(query, "{s}", s.schema))
	if err != nil {
		return "", err
	}
	defer rows.Close() //nolint:errcheck // it was only read
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var lines []string
	for rows.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		parts := make([]string, len(columns))
		for i, v := range values {
			if parts[i] = v.String; !v.Valid {
				parts[i] = "NULL"
			}
		}
		lines = append(lines, strings.Join(parts, "|"))
	}
	return strings.Join(lines, "\n"), rows.Err()
}

// mirrored mirrors a release.
func (s *server) mirrored(tb testing.TB, l *lake, r *gold.Release, datasets ...string) *mirror.Report {
	tb.Helper()
	report, err := mirror.Run(tb.Context(), mirror.Request{Reader: l, Release: r, Target: s.open(tb), Datasets: datasets})
	if err != nil {
		tb.Fatal(err)
	}
	return report
}

func wantText(tb testing.TB, got, want string) {
	tb.Helper()
	if got != want {
		tb.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func text(s string) gold.Value { return gold.NewText(s) }
func num(n int64) gold.Value   { return gold.NewInt(n) }

// countries and orders are related: an order's country is one of the countries.
func countries(names ...string) dataset {
	d := dataset{Dataset: gold.Dataset{
		Name: "countries", Collection: "countries", Key: []string{"name"}, Fields: []gold.Field{{Name: "name", Kind: gold.Text}, {Name: "people", Kind: gold.Int, Nullable: true}},
		Doc: gold.Doc{Description: map[string]string{"en": `Where it's sold: "everywhere" \o/`}},
	}}
	for i, name := range names {
		d.rows = append(d.rows, []gold.Value{text(name), num(int64(i))})
	}
	return d
}

func orders(of ...string) dataset {
	d := dataset{Dataset: gold.Dataset{
		Name: "orders", Collection: "shop_orders", Key: []string{"id"},
		Fields:  []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "country", Kind: gold.Text, Nullable: true}, {Name: "amount", Kind: gold.Decimal, Scale: 2, Doc: gold.Doc{Label: map[string]string{"en": "Amount"}, Unit: "EUR"}}},
		Lookups: []gold.Lookup{{Dataset: "countries", On: "country", Key: "name", Fields: []string{"people"}}},
	}}
	for i, country := range of {
		d.rows = append(d.rows, []gold.Value{num(int64(i)), text(country), gold.NewDecimal(int64(i*100 + 5))})
	}
	return d
}
