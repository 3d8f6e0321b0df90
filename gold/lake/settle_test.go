package lake_test

import (
	"os"
	"path/filepath"
	"testing"

	"goldserve/gold/lake"
)

// TestTheStateOfALakeChangesWithIt: whatever is done to a file, wherever it lies, and nothing else.
func TestTheStateOfALakeChangesWithIt(t *testing.T) {
	folder := t.TempDir()
	l, err := lake.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	state := func() string {
		s, err := l.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	deep := filepath.Join(folder, "sales", "year=2024", "month=1")
	must(os.MkdirAll(deep, 0o750))
	part := filepath.Join(deep, "part-0.parquet")
	before := state()
	for _, edit := range []struct {
		about string
		do    func() error
	}{
		{"a file is added", func() error { return os.WriteFile(part, []byte("a"), 0o600) }},
		{"it is written to", func() error { return os.WriteFile(part, []byte("b"), 0o600) }},
		{"it is renamed", func() error { return os.Rename(part, part+"2") }},
		{"its writer is done", func() error { return os.WriteFile(filepath.Join(folder, "sales", "_SUCCESS"), nil, 0o600) }},
		{"it is removed", func() error { return os.Remove(part + "2") }},
	} {
		must(edit.do())
		after := state()
		if after == before {
			t.Errorf("the state is the same after %s", edit.about)
		}
		if again := state(); again != after {
			t.Errorf("the state changes by itself after %s", edit.about)
		}
		before = after
	}
}
