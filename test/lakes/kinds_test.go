//go:build e2e

package lakes

import (
	_ "embed"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
	"goldserve/gold/lake/s3"
	"goldserve/gold/storetest"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

//go:embed kinds.py
var writeKinds string

// kinds are what a lake of Parquet files is written as.
var kinds = []string{"csv", "ndjson", "delta", "iceberg"}

// TestEveryKindOfLakeHoldsTheSameRows publishes each lake of the shared data as Parquet files and as every other kind, from a
// folder and from a bucket, into a store: each dataset has the same digest, which is of every value of every row.
func TestEveryKindOfLakeHoldsTheSameRows(t *testing.T) {
	all := os.Getenv("GOLDSERVE_TEST_KINDS") == "all" // both stores hold each lake, the large one too, and are read back
	patterns := []string{"sample/gold", "retail-edge/a/gold", "field/*/lake"}
	if all {
		patterns = []string{"sample/gold", "retail-edge/*/gold", "field/*/lake", "writers/*", "retail/gold"}
	}
	var lakes []string
	for _, pattern := range patterns {
		folders, err := filepath.Glob(filepath.Join(storetest.Shared(t), "data", filepath.FromSlash(pattern)))
		if err != nil || len(folders) == 0 {
			t.Fatal(pattern, err)
		}
		lakes = append(lakes, slices.DeleteFunc(folders, isNoLake)...)
	}
	written := t.TempDir()
	args := append([]string{"-c", writeKinds, written, strings.Join(kinds, ",")}, lakes...)
	if out, err := exec.CommandContext(t.Context(), storetest.Python(t), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	stores := stores(t)
	for i, folder := range lakes {
		name, err := filepath.Rel(filepath.Join(storetest.Shared(t), "data"), folder)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			_, model := inferredModel(t, folder, fmt.Sprintf("kinds%d", i))
			if model == nil {
				return // it has no rows
			}
			for s, into := range stores {
				if all || s == i%len(stores) {
					compareKinds(t, into, model, folder, filepath.Join(written, fmt.Sprint(i)), bucket, all)
				}
			}
		})
	}
}

// compareKinds publishes a lake's kinds one after another into a store.
func compareKinds(t *testing.T, into held, model *contract.Model, folder, written string, bucket *fixture.Bucket, verify bool) {
	t.Helper()
	first := publishKind(t, into, model, openLake(t, folder), "Parquet", verify)
	for _, kind := range append([]string{"parquet"}, kinds...) {
		from, as := folder, *model
		if kind != "parquet" {
			from = filepath.Join(written, kind)
			as.Contracts = slices.Clone(model.Contracts)
			for i := range as.Contracts {
				c := &as.Contracts[i]
				c.Source, c.Reading = strings.TrimSuffix(c.Source, ".parquet"), gold.Reading{Format: gold.Format(kind)}
			}
		}
		places := map[string]*lake.Lake{}
		if kind != "parquet" {
			places[kind+" in a folder"] = openLake(t, from)
		}
		prefix := strings.ReplaceAll(model.Name+"-"+into.name+"-"+kind, " ", "")
		bucket.PutFolder(t, prefix, from)
		places[kind+" in a bucket"] = openBucket(t, bucket, prefix)
		for name, place := range places {
			got := publishKind(t, into, &as, place, name, verify)
			for dataset, want := range first {
				if got[dataset] != want {
					t.Errorf("%s from %s in %s: %s, from Parquet %s", dataset, name, into.name, got[dataset], want)
				}
			}
		}
	}
}

// publishKind publishes a lake and returns how many rows each dataset has, and their digest.
func publishKind(t *testing.T, into held, model *contract.Model, l *lake.Lake, kind string, verify bool) map[string]string {
	t.Helper()
	p := publisher.New(publisher.Config{Store: into, Logger: slog.New(slog.DiscardHandler)})
	report, err := p.Publish(t.Context(), publisher.Request{Model: model, Lake: l, NoSuccessFile: true, AllowShrink: true, Again: true})
	if err != nil {
		t.Fatalf("%s into %s: %v", kind, into.name, err)
	}
	if verify {
		if _, err := p.Verify(t.Context(), publisher.VerifyRequest{Model: model.Name}); err != nil {
			t.Errorf("%s in %s: %v", kind, into.name, err)
		}
	}
	rows := map[string]string{}
	for _, v := range report.Release.Versions {
		rows[v.Dataset.Name] = fmt.Sprintf("%d rows, digest %s", v.Rows, v.Digest)
	}
	if len(rows) != len(model.Datasets) {
		t.Errorf("%s in %s: %d datasets, want %d", kind, into.name, len(rows), len(model.Datasets))
	}
	return rows
}

func openBucket(t *testing.T, bucket *fixture.Bucket, prefix string) *lake.Lake {
	t.Helper()
	source, err := s3.New(s3.Config{Location: bucket.Location(prefix), Endpoint: bucket.Endpoint, ScratchDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := source.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := lake.New(source)
	t.Cleanup(func() { _ = l.Close() })
	return l
}
