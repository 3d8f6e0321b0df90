package place

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func newFolder(t *testing.T, path string) *Folder {
	t.Helper()
	f, err := NewFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func write(t *testing.T, name string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(name), 0o750)
	if err == nil {
		err = os.WriteFile(name, []byte("x"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestNothingOutsideAFolderIsChanged: neither by a name nor by a link.
func TestNothingOutsideAFolderIsChanged(t *testing.T) {
	at := t.TempDir()
	gold, out, from := filepath.Join(at, "gold"), filepath.Join(at, "out"), filepath.Join(at, "from")
	write(t, filepath.Join(gold, "a.parquet"))
	write(t, filepath.Join(out, "victim"))
	if err := os.Symlink(out, filepath.Join(gold, "link")); err != nil {
		t.Fatal(err)
	}
	f := newFolder(t, gold)
	for _, name := range []string{"../out/victim", "link/victim", "", ".", "..", "/victim", "x/../../out/victim", "./a.parquet", "a.parquet/"} {
		write(t, from)
		if e, err := f.Put(t.Context(), name, from); err == nil {
			t.Errorf("%q was written: %+v", name, e)
		}
		if err := f.Remove(t.Context(), name); err == nil {
			t.Errorf("%q was removed", name)
		}
		if _, err := f.Read(t.Context(), name); err == nil {
			t.Errorf("%q was read", name)
		}
		if _, err := f.Hash(t.Context(), name); err == nil {
			t.Errorf("%q was hashed", name)
		}
	}
	for _, name := range []string{filepath.Join(out, "victim"), filepath.Join(gold, "a.parquet")} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
	if err := f.Remove(t.Context(), "a.parquet"); err != nil {
		t.Error(err)
	}
	write(t, from)
	if e, err := f.Put(t.Context(), "b/part", from); err != nil || e.Bytes != 1 {
		t.Errorf("%+v: %v", e, err)
	}
	if err := os.RemoveAll(gold); err != nil { // as somebody may while builds wait for changes
		t.Fatal(err)
	}
	write(t, from)
	if e, err := f.Put(t.Context(), "b/part", from); err != nil || e.Bytes != 1 {
		t.Errorf("in a folder that is another: %+v: %v", e, err)
	}
}

func TestOnlyRegularFilesOfABoundedSizeAreRead(t *testing.T) {
	f := newFolder(t, t.TempDir())
	write(t, f.at("small"))
	if text, err := f.Read(t.Context(), "small"); err != nil || string(text) != "x" {
		t.Errorf("%q: %v", text, err)
	}
	write(t, f.at("huge"))
	if err := os.Truncate(f.at("huge"), maxSmall+1); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(t.Context(), "huge"); err == nil || !strings.Contains(err.Error(), "at most 67.1 MB are read: remove it") {
		t.Errorf("got %v", err)
	}
	if err := os.Mkdir(f.at("folder"), 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(t.Context(), "folder"); err == nil || !strings.Contains(err.Error(), "is a folder, and a file belongs there") {
		t.Errorf("got %v", err)
	}
}
