package dir

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

func mustOpen(t *testing.T, folder string) *Dir {
	t.Helper()
	d, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// TestATokenIsOfOneVersion: each of these leaves the file's time of modification as it was, but for the one that changes it.
// The time of change shows them all; a rename and back, which it shows too, costs no more than another look at the content.
func TestATokenIsOfOneVersion(t *testing.T) {
	at := time.Date(2011, 12, 9, 12, 50, 0, 123456789, time.UTC)
	for name, c := range map[string]struct {
		change func(t *testing.T, path string)
		same   bool
	}{
		"nothing":           {func(*testing.T, string) {}, true},
		"read":              {func(t *testing.T, path string) { _, _ = os.ReadFile(path) }, true},
		"renamed and back":  {func(t *testing.T, path string) { _, _ = os.Rename(path, path+".x"), os.Rename(path+".x", path) }, runtime.GOOS == "windows"},
		"longer":            {func(t *testing.T, path string) { write(t, path, "abcd") }, false},
		"other bytes":       {func(t *testing.T, path string) { write(t, path, "xyz") }, runtime.GOOS == "windows"},
		"a nanosecond away": {func(t *testing.T, path string) { at = at.Add(1) }, false},
		"another file": {func(t *testing.T, path string) {
			write(t, path+".new", "abc")
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path, d, was := filepath.Join(folder, "x"), mustOpen(t, folder), at
			defer func() { at = was }()
			write(t, path, "abc")
			look := func() object.Info {
				t.Helper()
				info, err := d.Stat(t.Context(), "x")
				if err == nil && !info.Modified.Equal(at) {
					if err = os.Chtimes(path, at, at); err == nil {
						info, err = d.Stat(t.Context(), "x")
					}
				}
				if err != nil {
					t.Fatal(err)
				}
				return info
			}
			before := look()
			open, err := d.Open(t.Context(), before)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = open.Close() }()
			time.Sleep(20 * time.Millisecond) // the clock of a file system ticks a few hundred times a second
			c.change(t, path)
			after := look()
			if (after.Token == before.Token) != c.same {
				t.Errorf("token %s, and then %s", before.Token, after.Token)
			}
			listed, err := d.List(t.Context(), ".")
			if diff := cmp.Diff([]object.Info{after}, listed); diff != "" || err != nil {
				t.Errorf("listed (-want +got): %v\n%s", err, diff)
			}
			again, err := d.Open(t.Context(), before)
			if c.same != (err == nil) || !c.same && gold.CodeOf(err) != gold.CodeSourceChanged {
				t.Errorf("opened as it was: %v", err)
			}
			if err == nil {
				_ = again.Close()
			}
			if held, err := open.Stat(t.Context()); err != nil || name == "longer" && held.Token == before.Token {
				t.Errorf("the open file is %v, %v", held, err)
			}
		})
	}
}

func TestLinksAreFollowedWithinTheFolder(t *testing.T) {
	folder, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(folder, "a", "x"), "abc")
	write(t, filepath.Join(outside, "secret"), "abc")
	for link, to := range map[string]string{"file": "a/x", "folder": "a", "nothing": "nowhere", "out": filepath.Join(outside, "secret")} {
		if err := os.Symlink(to, filepath.Join(folder, link)); err != nil {
			t.Skip(err)
		}
	}
	d := mustOpen(t, folder)
	list, err := d.List(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, info := range list {
		text := info.Name
		for word, is := range map[string]bool{" folder": info.Folder, " link": info.Link} {
			if is {
				text += word
			}
		}
		if info.Token == "" {
			text += " unknown"
		}
		got = append(got, text)
	}
	if want := []string{"a folder", "file link", "folder link", "nothing link unknown", "out link unknown"}; !cmp.Equal(want, got) {
		t.Errorf("listed %q, want %q", got, want)
	}
	target, err := d.Stat(t.Context(), "a/x")
	if link, e := d.Stat(t.Context(), "file"); errors.Join(err, e) != nil || link.Token != target.Token {
		t.Errorf("a link has the token %s, and its file %s: %v %v", link.Token, target.Token, err, e)
	}
	if info, err := d.Stat(t.Context(), "folder"); err != nil || !info.Folder {
		t.Errorf("a link to a folder: %v, %v", info, err)
	}
	for _, name := range []string{"nothing", "out"} {
		_, err := d.Stat(t.Context(), name)
		_, opened := d.Open(t.Context(), object.Info{Name: name})
		for _, err := range []error{err, opened} {
			if gold.KindOf(err) != gold.Invalid || gold.CodeOf(err) != gold.CodeSourceUnreadable || object.Absent(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := d.Stat(t.Context(), "missing"); !object.Absent(err) {
		t.Errorf("what is not there: %v", err)
	}
	if _, err := d.Open(t.Context(), object.Info{Name: "missing"}); gold.CodeOf(err) != gold.CodeSourceChanged || !strings.Contains(err.Error(), "removed") {
		t.Errorf("what is not there any more: %v", err)
	}
}

func TestCallsEndWithTheirContext(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "x"), "abc")
	d := mustOpen(t, folder)
	open, err := d.Open(t.Context(), object.Info{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = open.Close() }()
	var b [3]byte
	if n, err := open.ReadAt(t.Context(), b[:], 0); err != nil || string(b[:n]) != "abc" {
		t.Errorf("read %q, %v", b[:n], err)
	}
	if n, err := open.ReadAt(t.Context(), b[:], 1); n != 2 || gold.CodeOf(err) != gold.CodeSourceUnreadable {
		t.Errorf("read %d bytes beyond the end, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"list":      func() error { _, err := d.List(ctx, "."); return err },
		"stat":      func() error { _, err := d.Stat(ctx, "x"); return err },
		"open":      func() error { _, err := d.Open(ctx, object.Info{Name: "x"}); return err },
		"read":      func() error { _, err := open.ReadAt(ctx, b[:], 0); return err },
		"stat open": func() error { _, err := open.Stat(ctx); return err },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
