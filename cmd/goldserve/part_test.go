package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestWhatAKilledRunLeftIsInNobodysWay, and a failure leaves nothing.
func TestWhatAKilledRunLeftIsInNobodysWay(t *testing.T) {
	folder := t.TempDir()
	a, b := filepath.Join(folder, "a"), filepath.Join(folder, "b")
	files := func() (names []string) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	if err := errors.Join(os.WriteFile(a+".part", nil, 0o600), writeWhole(whole{a, []byte("1")}, whole{b, []byte("2")})); err != nil {
		t.Fatal(err)
	}
	var inside []string
	fails := (&app{}).write(a, func(out io.Writer) error {
		_, err := out.Write([]byte("3"))
		inside = files()
		return errors.Join(err, io.ErrUnexpectedEOF)
	})
	if !errors.Is(fails, io.ErrUnexpectedEOF) || len(inside) != 4 {
		t.Errorf("%v, files %v", fails, inside)
	}
	if err := writeWhole(whole{a, []byte("3")}, whole{filepath.Join(folder, "none", "b"), []byte("4")}); exitCode(err) != exitUsage {
		t.Errorf("into a folder that is not there: %v", err)
	}
	if names := files(); len(names) != 3 || mustRead(t, a) != "1" || mustRead(t, b) != "2" {
		t.Errorf("files %v, a is %s", names, mustRead(t, a))
	}
}
