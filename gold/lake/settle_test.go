package lake_test

import (
	"errors"
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

// Files of a table that no commit names yet are no change; a commit is one.
func TestTheStateOfATableChangesWithItsCommits(t *testing.T) {
	for log, names := range map[string][2]string{
		"_delta_log": {"00000000000000000000.json", "00000000000000000001.json"},
		"metadata":   {"00000-5f8c.metadata.json", "00001-77aa.gz.metadata.json"},
	} {
		folder := t.TempDir()
		write := func(name string) {
			name = filepath.Join(folder, "orders", name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o750), os.WriteFile(name, []byte(name), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		l, err := lake.Open(t.Context(), folder)
		if err != nil {
			t.Fatal(err)
		}
		state := func() string {
			s, err := l.State(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		write("data/part-0.parquet")
		write(filepath.Join(log, names[0]))
		before := state()
		write("data/part-1.parquet")
		if state() != before {
			t.Errorf("%s: a file that no commit names changes the state", log)
		}
		write(filepath.Join(log, names[1]))
		if state() == before {
			t.Errorf("%s: a commit does not change the state", log)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
