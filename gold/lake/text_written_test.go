//go:build e2e

package lake

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// write turns a lake of Parquet files into one of text files, by DuckDB or pandas.
const write = `
import sys, pathlib, duckdb, pandas
source, target = map(pathlib.Path, sys.argv[2:4])
target.mkdir()
for name in sys.argv[4:]:
    path = source / (name + ".parquet")
    if sys.argv[1] == "pandas":
        pandas.read_parquet(path).to_csv(target / (name + ".csv"), index=False)
        continue
    options = {
        "csv": "FORMAT csv, HEADER", "csv.gz": "FORMAT csv, HEADER, COMPRESSION gzip",
        "semicolons": "FORMAT csv, HEADER, DELIMITER ';', FORCE_QUOTE *, NULLSTR 'NA'",
        "tsv": "FORMAT csv, HEADER, DELIMITER '\t', COMPRESSION zstd",
    }[sys.argv[1]]
    ending = {"semicolons": "csv", "tsv": "tsv.zst"}.get(sys.argv[1], sys.argv[1])
    duckdb.execute(f"COPY (FROM read_parquet('{path}')) TO '{target / name}.{ending}' ({options})")
`

// TestLakesWrittenAsTextHaveTheSameRows: the digests are those of the Parquet files.
func TestLakesWrittenAsTextHaveTheSameRows(t *testing.T) {
	python := storetest.Python(t)
	lakes := map[string][]wantFile{sampleGold(t): sampleFiles, filepath.Join(storetest.Shared(t), "data/retail-edge/a/gold"): edgeFiles}
	for writer, reading := range map[string]gold.Reading{
		"pandas": {}, "csv": {}, "csv.gz": {}, "tsv": {},
		"semicolons": {Format: gold.CSV, Delimiter: ";", Null: []string{"NA"}},
	} {
		for source, files := range lakes {
			t.Run(writer+"/"+filepath.Base(filepath.Dir(source)), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "gold")
				args := []string{"-c", write, writer, source, dir}
				for _, f := range files {
					args = append(args, f.name)
				}
				command := exec.CommandContext(t.Context(), python, args...)
				command.Stderr = os.Stderr
				if err := command.Run(); err != nil {
					t.Fatal(err)
				}
				for _, want := range files {
					table := mustTable(t, dir, Spec{Dataset: known(want.name), Reading: reading})
					digest, report, err := readDigest(t.Context(), table, Read{})
					if err != nil {
						t.Errorf("%s: %v", want.name, err)
						continue
					}
					if report.Rows != want.rows || table.Rows() != want.rows || digest.String() != want.digest {
						t.Errorf("%s: %d rows, digest %s, want %d and %s", want.name, report.Rows, digest, want.rows, want.digest)
					}
					if diff := cmp.Diff(map[string]int64{}, report.Lossy, cmpopts.EquateEmpty()); diff != "" && files[0].name == "ca_country" {
						t.Errorf("lossy times (-want +got):\n%s", diff)
					}
				}
			})
		}
	}
}
