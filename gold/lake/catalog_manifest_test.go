package lake

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/lake/catalog"
	"goldserve/gold/lake/dir"
	"goldserve/gold/lake/object"
)

// TestAManifestHasTheMetadataOfATableInACatalog: the manifest list and the manifests tell which files count, so they are held to
// their checksums as the files are.
func TestAManifestHasTheMetadataOfATableInACatalog(t *testing.T) {
	folder, tables := sparkLake(t)
	found, err := filepath.Glob(filepath.Join(folder, "iceberg", "compacted", "metadata", "v*.metadata.json"))
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	metadata, err := os.ReadFile(slices.Max(found))
	if err != nil {
		t.Fatal(err)
	}
	var told struct{ Location string }
	if err := json.Unmarshal(metadata, &told); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/tables/") {
			_, _ = fmt.Fprintf(w, `{"metadata-location":"v9.metadata.json","metadata":%s}`, metadata)
			return
		}
		_, _ = w.Write([]byte(`{}`))
	}))
	defer server.Close()
	asked, err := catalog.New(catalog.Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	source, err := dir.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	l := New(placed{source, strings.TrimSuffix(told.Location, "/iceberg/compacted")})
	l.Ask(asked, nil)
	column := tables["iceberg/compacted"].Columns[0]
	spec := Spec{Source: "n.compacted", Dataset: dataset("compacted", column+":i?"), Reading: gold.Reading{Format: gold.Iceberg}}
	spec.Dataset.Key = nil
	table, err := l.Table(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	files, err := table.Manifest(t.Context())
	if err = errors.Join(err, table.Close()); err != nil {
		t.Fatal(err)
	}
	m := &Manifest{name: "manifest.json", byPath: map[string]*ManifestFile{}, met: map[string]bool{}}
	avro := 0
	for i := range files {
		m.byPath[files[i].Path] = &files[i]
		if strings.HasSuffix(files[i].Path, ".avro") {
			avro++
		}
	}
	if avro < 2 {
		t.Errorf("the manifest has %d files of metadata, want the list and what it names", avro)
	}
	spec.Manifest = m
	if table, err = l.Table(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	for name, f := range m.byPath {
		if strings.HasSuffix(name, ".avro") {
			f.SHA256 = strings.Repeat("0", 64)
		}
	}
	if _, err := l.Table(t.Context(), spec); gold.CodeOf(err) != gold.CodeIntegrityFailed {
		t.Errorf("metadata that is not the manifest's: error %v", err)
	}
}

// placed is a source that lies where its tables were written, as a mounted folder does.
type placed struct {
	object.Source
	place string
}

func (p placed) String() string { return p.place }
