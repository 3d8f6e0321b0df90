//go:build unix

package place

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAPipeIsNotReadFrom(t *testing.T) {
	f := newFolder(t, t.TempDir())
	if err := unix.Mkfifo(f.at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(t.Context(), "pipe"); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("got %v", err)
	}
	if _, err := f.Hash(t.Context(), "pipe"); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("got %v", err)
	}
}
