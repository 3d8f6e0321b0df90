package dir

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
)

// TestAFolderOfTooManyFilesIsRefused before all of them are in memory; here with a bound of its own.
func TestAFolderOfTooManyFilesIsRefused(t *testing.T) {
	folder := t.TempDir()
	for i := range 5000 {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%04d", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	list, err := d.List(t.Context(), ".")
	if err != nil || len(list) != 5000 || list[4999].Name != "4999" || list[0].Name != "0000" {
		t.Fatal(len(list), err)
	}
	d.mostEntries = 4999
	if _, err = d.List(t.Context(), "."); gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), "it holds more than 4999 files") {
		t.Error(err)
	}
}
