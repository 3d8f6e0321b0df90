package sqlitestore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
)

// Each case makes SQLite itself report the error.
func TestErrorsTellWhatToDo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gold.db")
	open := func(t *testing.T) *conn {
		t.Helper()
		c, err := openConn(path, making)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	mustExec := func(t *testing.T, c *conn, statement string) {
		t.Helper()
		if err := c.exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, open(t), "CREATE TABLE things (id INTEGER PRIMARY KEY, text)")
	for _, c := range []struct {
		name string
		fail func(t *testing.T) error
		kind gold.ErrorKind
		code gold.Code
		says string
	}{
		{"a locked file", func(t *testing.T) error {
			mustExec(t, open(t), "BEGIN EXCLUSIVE")
			return open(t).exec(t.Context(), "INSERT INTO things VALUES (1, '')")
		}, gold.Unavailable, gold.CodeStoreUnavailable, "locked"},
		{"a file that may not be written", func(t *testing.T) error {
			c := open(t)
			mustExec(t, c, "PRAGMA query_only = 1")
			return c.exec(t.Context(), "INSERT INTO things VALUES (1, '')")
		}, gold.Unavailable, gold.CodeStoreUnavailable, "writable"},
		{"a folder that isn't there", func(*testing.T) error {
			_, err := openConn(filepath.Join(path, "no", "gold.db"), making)
			return err
		}, gold.Unavailable, gold.CodeStoreUnavailable, "can't be opened"},
		{"a full disk", func(t *testing.T) error {
			c := open(t)
			mustExec(t, c, "PRAGMA max_page_count = 3")
			return c.exec(t.Context(), "INSERT INTO things VALUES (1, zeroblob(1000000))")
		}, gold.Internal, gold.CodeStoreFailed, "free some space"},
		{"a defect", func(t *testing.T) error { return open(t).exec(t.Context(), "SELECT nothing") }, gold.Internal, gold.CodeStoreFailed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Store{path: path}
			err := s.fail(t.Context(), "read dataset sales", c.fail(t))
			wantError(t, err, c.kind, c.code)
			if err != nil && (!strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "read dataset sales: ")) {
				t.Errorf("the message is %q, expected one with %s and %q", err, path, c.says)
			}
		})
	}
}

func TestADamagedFileIsNamed(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	v := mustLoad(t, s, l, d, "1", saleRows(&d, 0, 1000))
	mustPublish(t, s, l, "2011-12-09T00:00:00Z", v)
	mustGiveBack(t, s, l)
	damage(t, s.path)
	_, err := s.Aggregate(t.Context(), gold.Aggregation{Version: &v, Measures: []gold.Measure{{Func: gold.Sum, Field: "amount"}}})
	wantError(t, err, gold.Internal, gold.CodeStoreFailed)
	if err != nil && (!strings.Contains(err.Error(), s.path) || !strings.Contains(err.Error(), "damaged")) {
		t.Errorf("the message is %q", err)
	}
}

func TestACancelledContextIsNoFailureOfTheStore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newStore(t).Acquire(ctx, "shop", "the test", 0)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, expected %v", err, context.Canceled)
	}
}

// damage overwrites the second half of a file, and with it the rows.
func damage(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, int(info.Size()/2)), info.Size()/2); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
