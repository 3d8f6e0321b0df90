package sqlitestore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
)

func TestReadingAMissingFileSaysNoReleaseUntilItIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "later", "gold.db")
	reader := mustOpen(t, path, Options{ReadOnly: true})
	d := sales("sales")
	lost := &gold.Version{Dataset: d, Location: "shop__sales__0__f1"}
	for what, ask := range map[string]func() error{
		"resolve": func() error { _, err := reader.Resolve(t.Context(), gold.Selector{Model: "shop"}); return err },
		"by number": func() error {
			_, err := reader.Resolve(t.Context(), gold.Selector{Model: "shop", Number: 3})
			return err
		},
		"rows": func() error { _, err := reader.Rows(t.Context(), gold.Query{Version: lost}); return err },
		"aggregate": func() error {
			_, err := reader.Aggregate(t.Context(), gold.Aggregation{Version: lost, Measures: []gold.Measure{{}}})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) { wantError(t, ask(), gold.Empty, gold.CodeNoRelease) })
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("reading made the file: %v", err)
	}

	writer := mustOpen(t, path, Options{})
	l := mustAcquire(t, writer, "shop")
	_, err := reader.Resolve(t.Context(), gold.Selector{Model: "shop"})
	wantError(t, err, gold.Empty, gold.CodeNoRelease)
	mustPublish(t, writer, l, "2011-12-09T00:00:00Z", mustLoad(t, writer, l, d, "1", saleRows(&d, 0, 3)))
	r, err := reader.Resolve(t.Context(), gold.Selector{Model: "shop"})
	if err != nil || r.Number != 1 {
		t.Fatalf("release %v (%v), expected 1", r, err)
	}
}

func TestAReplacedFileIsReadAtOnce(t *testing.T) {
	folder := t.TempDir()
	d := sales("sales")
	var files []string
	for i, rows := range []int{3, 5} {
		path := filepath.Join(folder, string(rune('a'+i))+".db")
		s := mustOpen(t, path, Options{})
		l := mustAcquire(t, s, "shop")
		mustPublish(t, s, l, "2011-12-09T00:00:00Z", mustLoad(t, s, l, d, path, saleRows(&d, 0, rows)))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	served := filepath.Join(folder, "served.db")
	reader := mustOpen(t, served, Options{ReadOnly: true})
	for i, want := range []int64{3, 5} {
		if err := os.Rename(files[i], served); err != nil {
			t.Fatal(err)
		}
		r, err := reader.Resolve(t.Context(), gold.Selector{Model: "shop"})
		if err != nil || r.Versions[0].Rows != want {
			t.Fatalf("file %d: release %v (%v), expected one of %d rows", i, r, err, want)
		}
		if len(reader.pool.idle) != 1 {
			t.Errorf("file %d: %d connections are kept, expected 1", i, len(reader.pool.idle))
		}
	}
	if err := os.Remove(served); err != nil {
		t.Fatal(err)
	}
	// A store that vanished is not a new one.
	_, err := reader.Resolve(t.Context(), gold.Selector{Model: "shop"})
	wantError(t, err, gold.Unavailable, gold.CodeStoreUnavailable)
	_, err = reader.Releases(t.Context(), gold.ReleaseQuery{Model: "shop"})
	wantError(t, err, gold.Unavailable, gold.CodeStoreUnavailable)
	_, err = reader.State(t.Context(), "shop")
	wantError(t, err, gold.Unavailable, gold.CodeStoreUnavailable)
	_, err = reader.Rows(t.Context(), gold.Query{Version: &gold.Version{Dataset: d}})
	wantError(t, err, gold.Unavailable, gold.CodeStoreUnavailable)
	if err := os.WriteFile(served, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = reader.Releases(t.Context(), gold.ReleaseQuery{Model: "shop"})
	wantError(t, err, gold.Unavailable, gold.CodeStoreUnavailable)
}

func TestTheFileIsMadeWithTheFirstLease(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder", "that isn't # there?", "50% gold.db")
	s := mustOpen(t, path, Options{})
	if _, err := s.State(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the plan made the folder: %v", err)
	}
	mustAcquire(t, s, "shop")
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	c := s.writer.c
	for pragma, want := range map[string]int64{"page_size": 8192, "auto_vacuum": 2, "synchronous": 1} {
		if got, err := c.number(t.Context(), "PRAGMA "+pragma); err != nil || got != want {
			t.Errorf("%s is %d (%v), expected %d", pragma, got, err, want)
		}
	}
	if mode, err := c.texts(t.Context(), "PRAGMA journal_mode"); err != nil || mode[0] != "wal" {
		t.Errorf("journal_mode is %v (%v), expected wal", mode, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	newer := filepath.Join(folder, "newer.db")
	s := mustOpen(t, newer, Options{})
	mustAcquire(t, s, "shop")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	outsideExec(t, outside(t, newer), `UPDATE _goldserve_meta SET value = 3`)
	text := filepath.Join(folder, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		kind gold.ErrorKind
		code gold.Code
	}{{newer, gold.Unavailable, gold.CodeVersionSkew}, {text, gold.Internal, gold.CodeStoreFailed}} {
		for _, readOnly := range []bool{false, true} {
			_, err := Open(t.Context(), c.path, Options{ReadOnly: readOnly})
			wantError(t, err, c.kind, c.code)
			if err != nil && !strings.Contains(err.Error(), c.path) {
				t.Errorf("%v does not name %s", err, c.path)
			}
		}
	}
	_, err := Open(t.Context(), folder, Options{})
	wantError(t, err, gold.Unavailable, gold.CodeStoreUnavailable)
}

func TestAFolderThatCanNotBeMadeIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(file, "gold.db")
	s, err := Open(t.Context(), path, Options{})
	if err == nil {
		_, err = s.Acquire(t.Context(), "shop", "the test", 0)
	}
	wantError(t, err, gold.Unavailable, gold.CodeStoreUnavailable)
	if err != nil && !strings.Contains(err.Error(), path) {
		t.Errorf("%v does not name %s", err, path)
	}
}

func TestAnotherProgramsTablesStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gold.db")
	db := outside(t, path)
	outsideExec(t, db, `CREATE TABLE notes (text)`)
	outsideExec(t, db, `INSERT INTO notes VALUES ('mine')`)
	s := mustOpen(t, path, Options{})
	_, err := s.Resolve(t.Context(), gold.Selector{Model: "shop"})
	wantError(t, err, gold.Empty, gold.CodeNoRelease)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	mustPublish(t, s, l, "2011-12-09T00:00:00Z", mustLoad(t, s, l, d, "1", saleRows(&d, 0, 3)))
	if got := outsideText(t, db, `SELECT text FROM notes`); got != "mine" {
		t.Errorf("notes hold %q", got)
	}
}

func TestACopyWrittenOverTheFileIsSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gold.db")
	writer := mustOpen(t, path, Options{})
	l := mustAcquire(t, writer, "shop")
	d := sales("sales")
	mustPublish(t, writer, l, "2011-12-08T12:00:00Z", mustLoad(t, writer, l, d, "1", saleRows(&d, 0, 3_000)))
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	mustPublish(t, writer, l, "2011-12-09T12:00:00Z", mustLoad(t, writer, l, d, "2", saleRows(&d, 10_000, 5_000)))
	mustGiveBack(t, writer, l)

	reader := mustOpen(t, path, Options{ReadOnly: true})
	for _, c := range []struct {
		number int64
		rows   int
	}{{2, 5_000}, {1, 3_000}} {
		if c.number == 1 {
			if err := os.WriteFile(path, backup, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := reader.Resolve(t.Context(), gold.Selector{Model: "shop"})
		if err != nil || r.Number != c.number {
			t.Fatalf("release %+v is current (%v), expected %d", r, err, c.number)
		}
		rows, err := reader.Rows(t.Context(), gold.Query{Version: r.Version("sales")})
		if got := cells(t, rows, err); len(got) != c.rows {
			t.Errorf("release %d has %d rows, expected %d", c.number, len(got), c.rows)
		}
	}
}
