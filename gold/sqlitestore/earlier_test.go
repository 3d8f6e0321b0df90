package sqlitestore

import (
	"compress/gzip"
	"database/sql/driver"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// copyEarlier returns the path of a copy of the store that goldserve 0.1.0 wrote.
func copyEarlier(t *testing.T) string {
	t.Helper()
	packed, err := os.Open("testdata/store-0.1.0.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }()
	file, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "gold.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEarlierStore(t *testing.T) {
	path := copyEarlier(t)
	storetest.Earlier(t, func(t *testing.T) gold.Store { return mustOpen(t, path, Options{}) })
	if got := outsideText(t, outside(t, path), `SELECT group_concat(name || ' ' || value) FROM _goldserve_meta`); got != "format 2,reader 2" {
		t.Errorf("the layout is %s, expected format 2,reader 2", got)
	}
}

func TestManyReleases(t *testing.T) {
	path := copyEarlier(t)
	storetest.Many(t, mustOpen(t, path, Options{}), func(t *testing.T, like, first, last int64) {
		db := outside(t, path)
		numbers := fmt.Sprintf(`WITH RECURSIVE n(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM n WHERE n < %d) `, first, last)
		for _, insert := range []string{
			`INSERT INTO _goldserve_releases SELECT model, n, as_of, published_at, n % 50 = 0 OR n % 2 = 0 AND n > (SELECT max(n) FROM n) - 120, published_at, published_at, replace(record, '"number":' || number, '"number":' || n)
				FROM n, _goldserve_releases WHERE number = %[1]d`,
			`INSERT INTO _goldserve_contents SELECT model, n, dataset, CASE dataset WHEN 'ca_country' THEN 'retail__ca_country__gone__f' || n ELSE location END
				FROM n, _goldserve_contents WHERE number = %[1]d`,
			`INSERT INTO _goldserve_versions SELECT 'retail__ca_country__gone__f' || n, 'retail', 'ca_country', hex(randomblob(32)), n, 1, 1, NULL FROM n`,
			`INSERT INTO _goldserve_keys SELECT model, hex(randomblob(32)), n FROM n, _goldserve_keys WHERE number = %[1]d`,
			// Earlier prunes have left stubs of all but the newest hundreds.
			`UPDATE _goldserve_releases SET record = json_set(record, '$.summary', json('{"datasets":4,"rows":1}')) WHERE number IN (SELECT n FROM n) AND number < (SELECT max(n) FROM n) - 500 AND withdrawn = 0`,
			`INSERT INTO _goldserve_attempts (model, fence, record) SELECT model, n, record FROM n, (SELECT * FROM _goldserve_attempts WHERE number = 1)`,
		} {
			outsideExec(t, db, numbers+strings.ReplaceAll(insert, "%[1]d", strconv.FormatInt(like, 10)))
		}
		outsideExec(t, db, fmt.Sprintf(`UPDATE _goldserve_pointers SET last = %d, fence = %d`, last, last))
		outsideExec(t, db, `PRAGMA wal_checkpoint(TRUNCATE)`)
	})
}

// TestReleasesAreReadAsTheyAreAskedFor: however many there are, none is read to be sorted or cut away.
func TestReleasesAreReadAsTheyAreAskedFor(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "gold.db"), Options{})
	l, err := s.Acquire(t.Context(), "retail", "test", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Release(t.Context(), *l, nil); err != nil {
		t.Fatal(err)
	}
	for _, q := range []gold.ReleaseQuery{{}, {Kept: true}, {Key: "k"}, {Key: "k", Kept: true}} {
		q.Model = "retail"
		var steps []string
		err := s.read(t.Context(), "explain", func(c *conn) error {
			query, args, _, err := selected(t.Context(), c, q)
			if err != nil {
				return err
			}
			return c.each(t.Context(), "EXPLAIN QUERY PLAN "+query, append(args, int64(9)), func(row []driver.Value) error {
				steps = append(steps, text(row[3]))
				return nil
			})
		})
		if got := strings.Join(steps, "; "); err != nil || len(steps) == 0 || strings.Contains(got, "TEMP B-TREE") || strings.Contains(got, "SCAN") {
			t.Errorf("%+v: %s, %v", q, got, err)
		}
	}
}
