//go:build !windows

package dir

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"goldserve/gold"
)

// TestAPipeIsNotWaitedFor: to open a pipe without a writer would last for ever.
func TestAPipeIsNotWaitedFor(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(folder, "x"), 0o600); err != nil {
		t.Skip(err)
	}
	d := mustOpen(t, folder)
	info, err := d.Stat(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open(t.Context(), info); gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("opened: %v", err)
	}
}
