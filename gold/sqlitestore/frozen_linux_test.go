package sqlitestore

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"goldserve/gold"
)

// readOnlyView returns a folder and the same folder as a file system that may not be written. Only the test's own
// thread sees the mount, so it may start no subtests and goroutines that read there.
func readOnlyView(t *testing.T) (folder, view string) {
	t.Helper()
	folder, view = t.TempDir(), t.TempDir()
	runtime.LockOSThread() // for good: the thread ends with the test
	for _, err := range []error{
		unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS),
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount(folder, view, "", unix.MS_BIND, ""),
		unix.Mount("", view, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""),
	} {
		if errors.Is(err, unix.EPERM) {
			t.Skipf("needs the right to mount a folder: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := unix.Unmount(view, 0); err != nil {
			t.Error(err)
		}
	})
	return folder, view
}

// twoReleases makes a store, and keeps its file as it was after the first release and after the second.
func twoReleases(t *testing.T) (first, second []byte, version gold.Version) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gold.db")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	version = mustLoad(t, s, l, d, "1", saleRows(&d, 0, 2*batchRows))
	mustPublish(t, s, l, "2011-12-09T00:00:00Z", version)
	first = mustRead(t, path)
	mustPublish(t, s, l, "2011-12-10T00:00:00Z", version, mustLoad(t, s, l, sales("more"), "2"))
	mustGiveBack(t, s, l)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return first, mustRead(t, path), version
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// overwrite writes a file as it is, as a copy does.
func overwrite(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func number(t *testing.T, s *Store) int64 {
	t.Helper()
	r, err := s.Resolve(t.Context(), gold.Selector{Model: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	return r.Number
}

func TestAFileThatMayNotBeWrittenIsServed(t *testing.T) {
	folder, view := readOnlyView(t)
	first, second, version := twoReleases(t)
	path := filepath.Join(folder, "gold.db")
	overwrite(t, path, first)
	s := mustOpen(t, filepath.Join(view, "gold.db"), Options{ReadOnly: true})
	rows := func() int {
		answer, err := s.Rows(t.Context(), gold.Query{Version: &version})
		return len(cells(t, answer, err))
	}
	if n := number(t, s); n != 1 || rows() != 2*batchRows {
		t.Errorf("release %d with %d rows", n, rows())
	}
	if st, err := s.State(t.Context(), "shop"); err != nil || st.Current.Number != 1 || len(st.Sealed) != 1 {
		t.Errorf("state %+v, %v", st, err)
	}
	if _, err := s.Acquire(t.Context(), "shop", "", 0); err == nil {
		t.Error("a lease was given")
	}

	overwrite(t, path, second)
	if n := number(t, s); n != 2 || rows() != 2*batchRows {
		t.Errorf("release %d with %d rows, after the file was replaced", n, rows())
	}
	// A publisher where it may be written, and what it leaves.
	publisher := mustOpen(t, path, Options{})
	l := mustAcquire(t, publisher, "shop")
	mustPublish(t, publisher, l, "2011-12-11T00:00:00Z", version)
	if n := number(t, s); n != 3 {
		t.Errorf("release %d beside a publisher, expected 3", n)
	}
	mustGiveBack(t, publisher, l)
	if list, err := s.Releases(t.Context(), gold.ReleaseQuery{Model: "shop"}); err != nil || len(list) != 3 {
		t.Errorf("%d releases, %v", len(list), err)
	}
}

func TestAReadThatMeetsAWriterIsRepeated(t *testing.T) {
	folder, view := readOnlyView(t)
	first, second, version := twoReleases(t)
	path := filepath.Join(folder, "gold.db")
	overwrite(t, path, first)
	s := mustOpen(t, filepath.Join(view, "gold.db"), Options{ReadOnly: true})

	asked, last := 0, int64(0)
	err := s.read(t.Context(), "count", func(c *conn) (err error) {
		if asked++; asked == 1 {
			overwrite(t, path, second)
		}
		last, err = c.number(t.Context(), `SELECT max(number) FROM _goldserve_releases`)
		return err
	})
	if err != nil || asked != 2 || last != 2 {
		t.Errorf("release %d was read in %d tries, %v", last, asked, err)
	}
	states := [][]byte{first, second}
	err = s.read(t.Context(), "count", func(*conn) error {
		asked++
		overwrite(t, path, states[asked%2])
		return errors.New("torn")
	})
	wantError(t, err, gold.Unavailable, gold.CodeStoreUnavailable)

	answer, err := s.Rows(t.Context(), gold.Query{Version: &version})
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, path, states[(asked+1)%2])
	if n := len(cells(t, answer, nil)); n != 2*batchRows {
		t.Errorf("%d rows, where the file was written before the first was out", n)
	}
	if answer, err = s.Rows(t.Context(), gold.Query{Version: &version}); err != nil {
		t.Fatal(err)
	}
	if _, err := answer.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	overwrite(t, path, states[asked%2])
	for range 2 {
		_, err = answer.Next(t.Context())
		wantError(t, err, gold.Unavailable, gold.CodeStoreUnavailable)
	}
	if err := answer.Close(); err != nil {
		t.Error(err)
	}
	if answer, err = s.Rows(t.Context(), gold.Query{Version: &version, Limit: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := answer.Next(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := answer.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, expected the end", err)
	}
}

func TestChangesBesideAFileThatMayNotBeWrittenAreNotLeftOut(t *testing.T) {
	folder, view := readOnlyView(t)
	path := filepath.Join(folder, "gold.db")
	s := mustOpen(t, filepath.Join(t.TempDir(), "gold.db"), Options{})
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	mustPublish(t, s, l, "2011-12-09T00:00:00Z", mustLoad(t, s, l, d, "1", saleRows(&d, 0, 10)))
	mustLoad(t, s, l, d, "2", saleRows(&d, 0, 20))
	for _, suffix := range []string{"", "-wal"} { // a copy that was made beside a publisher
		overwrite(t, path+suffix, mustRead(t, s.path+suffix))
	}
	_, err := Open(t.Context(), filepath.Join(view, "gold.db"), Options{ReadOnly: true})
	wantError(t, err, gold.Unavailable, gold.CodeStoreUnavailable)
	if err == nil || !strings.Contains(err.Error(), "gold.db-wal beside it holds changes") {
		t.Errorf("the message is %v", err)
	}
	patient := mustOpen(t, filepath.Join(view, "gold.db"), Options{ReadOnly: true, Patient: true})
	_, err = patient.Resolve(t.Context(), gold.Selector{Model: "shop"})
	wantError(t, err, gold.Unavailable, gold.CodeStoreUnavailable)
	// Opened and closed once where it may be written, the file has them.
	once, err := Open(t.Context(), path, Options{ReadOnly: true})
	if err == nil {
		err = once.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := number(t, patient); n != 1 {
		t.Errorf("release %d, expected 1", n)
	}
}
