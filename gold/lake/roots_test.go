package lake

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"goldserve/gold"
	"goldserve/gold/lake/dir"
)

// TestTablesMayNameFilesInFurtherRoots reads a shallow clone of a Delta table: its log names a file of another one.
func TestTablesMayNameFilesInFurtherRoots(t *testing.T) {
	other, lake := t.TempDir(), t.TempDir()
	rows, err := os.ReadFile(filepath.Join(sampleGold(t), "ca_country.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(other, "t", "a b.parquet"), rows)
	writeFile(t, filepath.Join(lake, "x", "near.parquet"), rows)
	const log = `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
{"metaData":{"id":"t","format":{"provider":"parquet"},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"pays\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},{\"name\":\"ca\",\"type\":\"double\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}}
{"add":{"path":"near.parquet","partitionValues":{},"size":1,"dataChange":true}}
{"add":{"path":%q,"partitionValues":{},"size":1,"dataChange":true}}`
	spec := Spec{Dataset: dataset("x", "pays:t ca:f")}
	count := func(written string, roots ...string) (int, error) {
		writeFile(t, filepath.Join(lake, "x", "_delta_log", "00000000000000000000.json"), fmt.Appendf(nil, log, written))
		l := mustOpen(t, lake)
		for _, r := range roots {
			source, err := dir.Open(r)
			if err != nil {
				t.Fatal(err)
			}
			l.Extend(source)
		}
		table, err := l.Table(t.Context(), spec)
		if err != nil {
			return 0, err
		}
		defer func() { _ = table.Close() }()
		if _, err := table.Fingerprint(t.Context()); err != nil {
			return 0, err
		}
		if err := table.Unchanged(t.Context()); err != nil {
			return 0, err
		}
		rows, _, err := readRows(table, Read{})
		return len(rows), err
	}
	want, _, err := readLake(sampleGold(t), Spec{Dataset: known("ca_country")})
	if err != nil {
		t.Fatal(err)
	}
	uri := "file://" + filepath.ToSlash(other) + "/t/a%20b.parquet"
	if n, err := count(uri, other); err != nil || int64(n) != 2*want.Rows() {
		t.Errorf("%d rows, want twice %d, error %v", n, want.Rows(), err)
	}
	for name, c := range map[string]struct {
		written string
		roots   []string
	}{
		"without roots":       {uri, nil},
		"another root":        {uri, []string{t.TempDir()}},
		"out of the root":     {"file://" + filepath.ToSlash(other) + "/../etc/passwd", []string{other}},
		"the root's neighbor": {"file://" + filepath.ToSlash(other) + "2/a.parquet", []string{other}},
	} {
		if n, err := count(c.written, c.roots...); gold.CodeOf(err) != gold.CodeFileUnsupported {
			t.Errorf("%s: %d rows, error %v", name, n, err)
		}
	}
	if err := os.Symlink("/etc", filepath.Join(other, "link")); err != nil {
		t.Fatal(err)
	}
	if n, err := count("file://"+filepath.ToSlash(other)+"/link/passwd", other); err == nil {
		t.Errorf("a link out of the root: %d rows, error %v", n, err)
	}
}
