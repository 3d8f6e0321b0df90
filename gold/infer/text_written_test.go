//go:build e2e

package infer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

const writeAsText = `
import sys, pathlib, duckdb
target = pathlib.Path(sys.argv[2])
for writer, options in {"csv": "FORMAT csv, HEADER, DELIMITER ';'", "ndjson": "FORMAT json"}.items():
    (target / writer).mkdir()
    for path in pathlib.Path(sys.argv[1]).glob("*.parquet"):
        duckdb.execute(f"COPY (FROM read_parquet('{path}')) TO '{target / writer / path.stem}.{writer}' ({options})")
`

// TestTextIsGuessedAsParquetIs: of the sample written as text, keys, relations, facts, times and personal data are those of its
// Parquet files, and so are kinds, but for how exact numbers are, and texts of days, which are dates.
func TestTextIsGuessedAsParquetIs(t *testing.T) {
	dir := t.TempDir()
	command := exec.CommandContext(t.Context(), storetest.Python(t), "-c", writeAsText, sample, dir)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		t.Fatal(err)
	}
	told := func(m *Model) map[string]string {
		guesses := map[string]string{"facts": m.Facts.Name + " over " + m.Facts.Time.Name}
		for _, d := range m.Datasets {
			var parts []string
			for _, f := range d.Fields {
				kind := f.Kind
				switch {
				case kind == gold.Decimal || kind == gold.Int:
					kind = gold.Double // whole numbers with nulls are doubles in pandas' files
				case f.Period == gold.DayPeriod:
					kind = gold.Date // which are texts in them
				}
				parts = append(parts, f.Name+" "+kind.String()+" "+f.Personal)
			}
			for _, r := range d.Relations {
				parts = append(parts, r.Field.Name+" → "+r.To.Name)
			}
			guesses[d.Name] = strings.Join(append(parts, "key "+strings.Join(names(d.Key), ", ")), "\n")
		}
		return guesses
	}
	want := told(mustInfer(t, sample))
	for _, writer := range []string{"csv", "ndjson"} {
		if diff := cmp.Diff(want, told(mustInfer(t, filepath.Join(dir, writer)))); diff != "" {
			t.Errorf("%s (-Parquet +text):\n%s", writer, diff)
		}
	}
}
