//go:build e2e

package lake

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// write turns a lake of Parquet files into folders of text files, by pandas and DuckDB.
const write = `
import sys, pathlib, duckdb, pandas
source, target = map(pathlib.Path, sys.argv[1:3])
writers = {
    "csv": ("csv", "FORMAT csv, HEADER"), "csv.gz": ("csv.gz", "FORMAT csv, HEADER, COMPRESSION gzip"),
    "semicolons": ("csv", "FORMAT csv, HEADER, DELIMITER ';', FORCE_QUOTE *, NULLSTR 'NA'"),
    "tsv": ("tsv.zst", "FORMAT csv, HEADER, DELIMITER '\t', COMPRESSION zstd"),
    "ndjson": ("ndjson", "FORMAT json"), "json": ("json", "FORMAT json, ARRAY true"),
}
for writer in ["pandas", *writers]:
    (target / writer).mkdir()
    for name in sys.argv[3:]:
        path = source / (name + ".parquet")
        if writer == "pandas":
            pandas.read_parquet(path).to_csv(target / writer / (name + ".csv"), index=False)
        else:
            ending, options = writers[writer]
            duckdb.execute(f"COPY (FROM read_parquet('{path}')) TO '{target / writer / name}.{ending}' ({options})")
`

// TestLakesWrittenAsTextHaveTheSameRows: the digests are those of the Parquet files.
func TestLakesWrittenAsTextHaveTheSameRows(t *testing.T) {
	python := storetest.Python(t)
	lakes := map[string][]wantFile{sampleGold(t): sampleFiles, filepath.Join(storetest.Shared(t), "data/retail-edge/a/gold"): edgeFiles}
	for source, files := range lakes {
		dir := t.TempDir()
		args := []string{"-c", write, source, dir}
		for _, f := range files {
			args = append(args, f.name)
		}
		command := exec.CommandContext(t.Context(), python, args...)
		command.Stderr = os.Stderr
		if err := command.Run(); err != nil {
			t.Fatal(err)
		}
		for writer, reading := range map[string]gold.Reading{
			"pandas": {}, "csv": {}, "csv.gz": {}, "tsv": {}, "ndjson": {}, "json": {},
			"semicolons": {Format: gold.CSV, Delimiter: ";", Null: []string{"NA"}},
		} {
			t.Run(writer+"/"+filepath.Base(filepath.Dir(source)), func(t *testing.T) {
				for _, want := range files {
					table := mustTable(t, filepath.Join(dir, writer), Spec{Dataset: known(want.name), Reading: reading})
					digest, report, err := readDigest(t.Context(), table, Read{})
					if err != nil {
						t.Errorf("%s: %v", want.name, err)
						continue
					}
					if report.Rows != want.rows || table.Rows() != want.rows || digest.String() != want.digest {
						t.Errorf("%s: %d rows, digest %s, want %d and %s", want.name, report.Rows, digest, want.rows, want.digest)
					}
				}
			})
		}
	}
}
