package sqlitestore

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"goldserve/gold"
)

// sales is a dataset with one field of each kind.
func sales(name string) gold.Dataset {
	return gold.Dataset{
		Model: "shop", Name: name, Collection: "gold_" + name, Key: []string{"id"},
		Fields: []gold.Field{
			{Name: "id", Kind: gold.Int},
			{Name: "product", Kind: gold.Text, Nullable: true},
			{Name: "amount", Kind: gold.Double, Nullable: true},
			{Name: "price", Kind: gold.Decimal, Scale: 2, Nullable: true},
			{Name: "sold", Kind: gold.Time, Nullable: true},
			{Name: "day", Kind: gold.Date, Nullable: true},
			{Name: "paid", Kind: gold.Bool, Nullable: true},
		},
		BI:        []gold.BIField{{Name: "month_date", From: "day"}},
		Indexes:   []gold.Index{{{Field: "sold"}, {Field: "id"}}},
		BIIndexes: []gold.Index{{{Field: "product"}}},
	}
}

// saleRows returns rows from id first on.
func saleRows(d *gold.Dataset, first, n int) *gold.Batch {
	b := gold.NewBatch(d.Stored(), n)
	for i := first; i < first+n; i++ {
		day := int64(15000 + i%400)
		b.AppendRow(gold.NewInt(int64(i)), gold.NewText(fmt.Sprintf("PRODUCT %03d", i%97)), gold.NewDouble(float64(i)/100), gold.NewDecimal(int64(i)),
			gold.NewTime(day*86_400_000+int64(i%86400)*1000), gold.NewDate(day), gold.NewBool(i%2 == 0), gold.NewTime(day*86_400_000))
	}
	return b
}

func mustOpen(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func newStore(t testing.TB) *Store {
	t.Helper()
	return mustOpen(t, filepath.Join(t.TempDir(), "gold.db"), Options{})
}

func mustAcquire(t testing.TB, s *Store, model string) gold.Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), model, "the test", 0)
	if err != nil {
		t.Fatal(err)
	}
	return *l
}

func mustGiveBack(t testing.TB, s *Store, l gold.Lease) {
	t.Helper()
	if err := s.Release(t.Context(), l, nil); err != nil {
		t.Fatal(err)
	}
}

func id(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// mustLoad seals a version of a dataset with the rows of batches.
func mustLoad(t testing.TB, s *Store, l gold.Lease, d gold.Dataset, version string, batches ...*gold.Batch) gold.Version {
	t.Helper()
	return mustSeal(t, s, gold.Load{Lease: l, Dataset: d, ID: id(version)}, batches...)
}

// mustSeal loads and seals a version, of its batches and the rows of the one that it extends.
func mustSeal(t testing.TB, s *Store, l gold.Load, batches ...*gold.Batch) gold.Version {
	t.Helper()
	loader, err := s.Load(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	if l.Extends != nil {
		rows = int(l.Extends.Rows)
	}
	for _, b := range batches {
		if err := loader.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		rows += b.Rows
	}
	v, err := loader.Seal(t.Context(), gold.Version{Rows: int64(rows)})
	if err != nil {
		t.Fatal(err)
	}
	return *v
}

// mustPublish makes versions the current release.
func mustPublish(t testing.TB, s *Store, l gold.Lease, asOf string, versions ...gold.Version) *gold.Release {
	t.Helper()
	at, err := time.Parse(time.RFC3339, asOf)
	if err != nil {
		t.Fatal(err)
	}
	st, err := s.State(t.Context(), l.Model)
	if err != nil {
		t.Fatal(err)
	}
	publication := gold.Publication{Lease: l, Release: &gold.Release{AsOf: at, Versions: versions}}
	if st.Current != nil {
		publication.From = st.Current.Number
	}
	r, err := s.Publish(t.Context(), publication)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wantError checks an error's kind and code.
func wantError(t *testing.T, err error, kind gold.ErrorKind, code gold.Code) {
	t.Helper()
	if err == nil || gold.KindOf(err) != kind || gold.CodeOf(err) != code {
		t.Errorf("got %v (%s %s), expected %s %s", err, gold.KindOf(err), gold.CodeOf(err), kind, code)
	}
}

// cells reads every row of an answer as text.
func cells(t *testing.T, rows gold.Rows, err error) [][]string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	_, err = gold.EachBatch(t.Context(), rows, func(b *gold.Batch) error {
		for i := range b.Rows {
			var line []string
			for c, v := range b.Row(i, nil) {
				line = append(line, v.Format(b.Fields[c].Scale))
			}
			all = append(all, line)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// outside opens the file as any other program would.
func outside(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// outsideText returns the one value that a query of another program gives.
func outsideText(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var text sql.NullString
	if err := db.QueryRowContext(t.Context(), query).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text.String
}

func outsideExec(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
