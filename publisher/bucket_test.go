package publisher_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/lake/object/objecttest"
	"goldserve/gold/sqlitestore"
	"goldserve/publisher"
)

// bucketMarket is a stall whose lake is in memory, so that a test sees and changes what is read.
type bucketMarket struct {
	*objecttest.Bucket
	store     gold.Store
	config    publisher.Config
	publisher *publisher.Publisher
}

// openBucket writes a lake of sales and returns, and opens an empty store.
func openBucket(t *testing.T) *bucketMarket {
	t.Helper()
	folder := t.TempDir()
	writeSales(t, folder, "sales", 2000, func([]sale) {})
	writeSales(t, folder, "returns", 1000, func([]sale) {})
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	config := publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test", Workers: 1}
	return &bucketMarket{Bucket: objecttest.BucketOf(t, folder), store: store, config: config, publisher: publisher.New(config)}
}

// manifest returns the manifest of some objects.
func (m *bucketMarket) manifest(t *testing.T, names ...string) *lake.Manifest {
	t.Helper()
	var files []lake.ManifestFile
	for _, name := range names {
		files = append(files, lake.ManifestFile{Path: name, SHA256: fmt.Sprintf("%x", sha256.Sum256(m.Content(name)))})
	}
	text, err := json.Marshal(map[string]any{"files": files})
	if err != nil {
		t.Fatal(err)
	}
	made, err := lake.ReadManifest("manifest.json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestAFileIsHashedOnce: neither a manifest nor a rule of a field that is dropped makes a plan open or hash a file twice.
func TestAFileIsHashedOnce(t *testing.T) {
	texts := stall()
	texts["contracts/sales.odcs.yaml"] = strings.Replace(texts["contracts/sales.odcs.yaml"],
		"{name: note, logicalType: string, required: true}", "{name: note, logicalType: string, required: true, classification: pii, logicalTypeOptions: {pattern: note}}", 1)
	delete(texts, "contracts/notes.odcs.yaml")
	m := openBucket(t)
	r := publisher.Request{
		Model: stallModel(t, texts), Lake: lake.New(m), DryRun: true,
		Manifest: m.manifest(t, "sales.parquet", "returns.parquet"),
	}
	if len(r.Model.Contracts[0].SourceRules)+len(r.Model.Contracts[1].SourceRules) != 1 {
		t.Fatal("no rule speaks of the dropped field")
	}
	if _, err := m.publisher.Publish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	size := int64(len(m.Content("sales.parquet")) + len(m.Content("returns.parquet")))
	if count := m.Count(); count.Opens != 2 || count.Bytes < size || count.Bytes > size+size/4 {
		t.Errorf("planning read %+v of 2 files of %d bytes", count, size)
	}

	// The rule is evaluated, of a value that is never stored.
	r.DryRun, r.Manifest = false, nil
	folder := t.TempDir()
	writeSales(t, folder, "sales", 2000, func(sales []sale) { sales[7].Note = "nothing" })
	m.Put("sales.parquet", objecttest.BucketOf(t, folder).Content("sales.parquet"))
	if _, err := m.publisher.Publish(t.Context(), r); gold.CodeOf(err) != gold.CodeQualityFailed {
		t.Errorf("%v, want %s", err, gold.CodeQualityFailed)
	}
}
