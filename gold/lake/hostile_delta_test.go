package lake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// deltaOf writes a Delta table of the fields of a dataset, whose data files are those of a source of Parquet files.
func deltaOf(t *testing.T, table, source string, d *gold.Dataset) {
	t.Helper()
	types := map[gold.Kind]string{gold.Int: "long", gold.Double: "double", gold.Text: "string", gold.Time: "timestamp"}
	var columns []string
	for _, f := range d.Fields {
		columns = append(columns, fmt.Sprintf(`{"name":%q,"type":%q,"nullable":true,"metadata":{}}`, f.Name, types[f.Kind]))
	}
	schema, err := json.Marshal(`{"type":"struct","fields":[` + strings.Join(columns, ",") + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	log := `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}` + "\n" +
		`{"metaData":{"id":"x","format":{"provider":"parquet","options":{}},"schemaString":` + string(schema) + `,"partitionColumns":[],"configuration":{}}}` + "\n"
	n := 0
	err = filepath.WalkDir(source, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), "_") || strings.HasPrefix(e.Name(), ".") {
			return err
		}
		content, err := os.ReadFile(path)
		name := fmt.Sprintf("part-%d.parquet", n)
		n++
		log += fmt.Sprintf(`{"add":{"path":%q,"partitionValues":{},"size":%d,"modificationTime":1,"dataChange":true}}`+"\n", name, len(content))
		return errors.Join(err, os.MkdirAll(filepath.Join(table, "_delta_log"), 0o700), os.WriteFile(filepath.Join(table, name), content, 0o600))
	})
	if err = errors.Join(err, os.WriteFile(filepath.Join(table, "_delta_log", fmt.Sprintf("%020d.json", 0)), []byte(log), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// asTables are the cases that are others of a table, which says what its columns are: one that a file lacks is null in its
// rows, and others it has are none of the table's.
var asTables = map[string]struct {
	code   gold.Code
	digest string
}{
	"missing-column":       {code: "value_null"},
	"parts-column-missing": {code: "value_null"},
	"no-columns":           {digest: emptyDigest},
	"column-case":          {digest: soundDigest},
	"parts-unfinished":     {code: "file_invalid"}, // the log says which files count
}

// TestHostileFilesOfDeltaTables reads the broken and nasty files as those of Delta tables: they are refused, or have the same
// rows, as those of a folder.
func TestHostileFilesOfDeltaTables(t *testing.T) {
	shared := filepath.Join(storetest.Shared(t), "data/hostile")
	seen := 0
	for name, want := range hostile {
		files, err := filepath.Glob(filepath.Join(shared, name, "*.parquet"))
		if err != nil || len(files) > 1 {
			t.Fatal(files, err)
		}
		if len(files) == 0 {
			continue // CSV
		}
		seen++
		t.Run(name, func(t *testing.T) {
			if other, ok := asTables[name]; ok {
				want.code, want.digest = other.code, other.digest
			}
			d := known(strings.TrimSuffix(filepath.Base(files[0]), ".parquet"))
			dir := t.TempDir()
			deltaOf(t, filepath.Join(dir, d.Name), files[0], &d)
			start, before := time.Now(), allocated()
			digest, _, err := readLake(dir, Spec{Dataset: d})
			if took, bytes := time.Since(start), allocated()-before; took > 30*time.Second || bytes > 256<<20 {
				t.Errorf("took %s and %d bytes", took, bytes)
			}
			switch {
			case want.code != "" && (gold.CodeOf(err) != want.code || gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), d.Name+"/part-")):
				t.Errorf("%v, error %s %v, want %s with the file's name", digest, gold.CodeOf(err), err, want.code)
			case want.code == "" && err != nil:
				t.Errorf("refused: %v", err)
			case want.digest != "" && digest.String() != want.digest:
				t.Errorf("%d rows, digest %s, want %s", digest.Rows(), digest, want.digest)
			}
		})
	}
	if seen < 90 {
		t.Errorf("%d cases", seen)
	}
}
