//go:build e2e

package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"goldserve/test/fixture"
)

// Bounds of a publish of a hostile lake, and how it ends.
const (
	hostileMemory = 512 << 20
	hostileTime   = time.Minute
	exitRefused   = 3
)

const hostileContract = `apiVersion: v3.1.0
kind: DataContract
id: hostile.t
version: 1.0.0
status: active
schema:
- name: t
  customProperties: [{property: goldserve, value: {endpoint: /t}}]
  properties:
  - {name: id, logicalType: integer, required: true, primaryKey: true}
  - {name: a, logicalType: string}
`

// The first actions of a Delta table of that contract's columns, with the features that a reader must have.
const hostileDelta = `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["v2Checkpoint"],"writerFeatures":["v2Checkpoint"]}}
{"metaData":{"id":"t","format":{"provider":"parquet"},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},{\"name\":\"a\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}}
`

// expanded returns the compressed form of a text that goes on with one sign for so many MiB.
func expanded(t *testing.T, compress func(io.Writer) io.WriteCloser, begins string, sign byte, megabytes int) string {
	t.Helper()
	var b bytes.Buffer
	w := compress(&b)
	_, err := io.WriteString(w, begins)
	block := bytes.Repeat([]byte{sign}, 1<<20)
	for range megabytes {
		if err == nil {
			_, err = w.Write(block)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func toGzip(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

func toZstandard(w io.Writer) io.WriteCloser {
	z, err := zstd.NewWriter(w)
	if err != nil {
		panic(err) // it has no options
	}
	return z
}

// cutCSV returns half of the compressed form of many rows.
func cutCSV(t *testing.T, compress func(io.Writer) io.WriteCloser) string {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("id,a\n")
	for i := range 50_000 {
		fmt.Fprintf(&rows, "%d,%x\n", i, i*i)
	}
	whole := expanded(t, compress, rows.String(), 'x', 0)
	return whole[:len(whole)/2]
}

func deltaAdd(path string) string {
	return fmt.Sprintf(`{"add":{"path":%q,"partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}`+"\n", path)
}

// hostileLakes are lakes by what is wrong with them, and words of what must be said.
func hostileLakes(t *testing.T) map[string]hostileLake {
	many := make([]string, 10_001)
	for i := range many {
		many[i] = fmt.Sprintf("c%d", i)
	}
	names := strings.Join(many, ",")
	keys := `{"` + strings.Join(many, `":1,"`) + `":1}`
	const log, cycle = "t/_delta_log/00000000000000000000.json", "00000000000000000000.checkpoint.0a8d73ee-aa83-49d0-9583-c99db75b89b2.json"
	checkpoint := `{"checkpointMetadata":{"version":0}}` + "\n" + hostileDelta
	return map[string]hostileLake{
		"a line of a gigabyte":                 {map[string]string{"t.csv.zst": expanded(t, toZstandard, "id,a\n1,", 'x', 1024)}, "t.csv.zst"},
		"a line of 40 megabytes":               {map[string]string{"t.csv": "id,a\n1," + strings.Repeat("x", 40<<20)}, "t.csv:2:1: a record of more than 16 MiB begins here"},
		"quotes that never close":              {map[string]string{"t.csv": "id,a\n1,\"" + strings.Repeat("x\n", 20<<20)}, "a record of more than 16 MiB begins here"},
		"an object of a gigabyte":              {map[string]string{"t.ndjson.zst": expanded(t, toZstandard, `{"id":1,"a":"`, 'x', 1024)}, "t.ndjson.zst"},
		"lists within lists":                   {map[string]string{"t.ndjson": `{"id":1,"a":` + strings.Repeat("[", 4<<20) + "\n"}, "t.ndjson:1"},
		"a cut gzip":                           {map[string]string{"t.csv.gz": cutCSV(t, toGzip)}, "end too early"},
		"a cut Zstandard":                      {map[string]string{"t.csv.zst": cutCSV(t, toZstandard)}, "end too early"},
		"CSV that is no UTF-8":                 {map[string]string{"t.csv": "id,a\n1,\xe9t\xe9\n"}, "expected valid UTF-8"},
		"JSON that is no UTF-8":                {map[string]string{"t.ndjson": "{\"id\":1,\"a\":\"\xff\"}\n"}, "expected valid UTF-8"},
		"CSV of more than 10,000 columns":      {map[string]string{"t.csv": names + "\n" + names + "\n"}, "at most 10000 are allowed"},
		"JSON of more than 10,000 keys":        {map[string]string{"t.ndjson": strings.Repeat(keys+"\n", 20)}, "10000"},
		"a sidecar that is its own checkpoint": {map[string]string{"t/_delta_log/" + cycle: checkpoint + `{"sidecar":{"path":"../` + cycle + `","sizeInBytes":1,"modificationTime":1}}`}, "does not lie in the folder"},
		"a path outside the table":             {map[string]string{log: hostileDelta + deltaAdd("../secret.parquet")}, "outside the table's folder"},
		"a commit of 40 megabytes":             {map[string]string{log: hostileDelta + `{"add":{"path":"` + strings.Repeat("x", 40<<20)}, "00000000000000000000.json"},
	}
}

// hostileLake is the files of a lake, and words of what must be said of it.
type hostileLake struct {
	files map[string]string
	words string
}

// TestHostileLakesLeaveTheReleaseServing publishes hostile lakes with the built program: each is refused, in little memory and
// time, with the file's name, and the release before serves on.
func TestHostileLakesLeaveTheReleaseServing(t *testing.T) {
	t.Parallel()
	models, lake, p := filepath.Join(t.TempDir(), "models"), t.TempDir(), sqlitePlace(t)
	writeFiles(t, models, map[string]string{"retail/model.yaml": "name: retail\ntitle: {en: hostile}\n", "retail/contracts/t.odcs.yaml": hostileContract})
	writeFiles(t, lake, map[string]string{"t.csv": "id,a\n1,one\n"})
	publishLake(t, p, lake, "--models", models)
	_, server := launchServe(t, p, "--models", models)
	_, before := fixture.Get(t, server, "/t")
	for name, c := range hostileLakes(t) {
		folder := t.TempDir()
		writeFiles(t, folder, c.files)
		began := time.Now()
		run := launch(t, "publish", "--models", models, "--lake", folder, "--store", p.store, "--scratch-dir", t.TempDir())
		most := peakOf(t, run)
		took, text := time.Since(began), run.stderr.String()
		if code := run.code(); code != exitRefused || !strings.Contains(text, c.words) || len(text) > 10_000 {
			t.Errorf("%s: exit %d, want %q: %.2000s", name, code, c.words, text)
		}
		if most > hostileMemory || took > hostileTime {
			t.Errorf("%s: %d MiB, %v", name, most>>20, took)
		}
		t.Logf("%s: %d MiB, %v: %.300s", name, most>>20, took.Round(time.Millisecond), text)
		if status, now := fixture.Get(t, server, "/t?limit=7"); status != http.StatusOK || !bytes.Contains(now, []byte(`"release":1`)) {
			t.Errorf("%s: after it %d %s, before %s", name, status, now, before)
		}
	}
}

// peakOf waits for the end of a program, and returns the most memory that it held. The kernel's own record of an ended process
// also holds what its parent had when it was started.
func peakOf(t *testing.T, run *running) (most int64) {
	t.Helper()
	for began := time.Now(); !run.over(2 * time.Millisecond); {
		if held, err := memory(run.cmd.Process.Pid, "VmHWM"); err == nil {
			most = max(most, held)
		}
		if time.Since(began) > patience {
			t.Fatalf("it does not end: %s", &run.stderr)
		}
	}
	return most
}

// writeFiles writes the files of a folder.
func writeFiles(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
