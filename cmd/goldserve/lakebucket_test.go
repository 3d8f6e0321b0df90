//go:build e2e

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold/storetest"
	"goldserve/test/fixture"
)

// TestGenerateWritesIntoABucket: the files of a folder, and nothing else stays there or on this machine.
func TestGenerateWritesIntoABucket(t *testing.T) {
	t.Setenv("GOLDSERVE_DUCKDB", storetest.DuckDB(t))
	for _, bucket := range fixture.Buckets(t) {
		bucket.Environment(t)
		folder, scratch := t.TempDir(), t.TempDir()
		ask := []string{"generate", "--clients", "50", "--days", "20"}
		mustCLI(t, append(ask, folder)...)
		there := append(ask, "--s3-endpoint", bucket.Endpoint, "--scratch-dir", scratch, bucket.Location("lake/bronze"))
		if out := mustCLI(t, there...); !strings.HasSuffix(out, "Next: goldserve build --lake "+bucket.Location("lake")+" --s3-endpoint "+bucket.Endpoint+"\n") {
			t.Errorf("got %s", out)
		}
		if out := mustCLI(t, there...); strings.Count(out, "unchanged") != 2 {
			t.Errorf("got %s", out)
		}
		keys := bucket.Keys(t, "")
		if strings.Join(keys, " ") != "lake/bronze/achats.csv lake/bronze/clients.csv" {
			t.Errorf("the bucket holds %v", keys)
		}
		for _, key := range keys {
			want, err := os.ReadFile(filepath.Join(folder, filepath.Base(key)))
			if got := bucket.Content(t, key); err != nil || string(got) != string(want) {
				t.Errorf("%s differs from the folder's: %v", key, err)
			}
		}
		if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
			t.Errorf("left behind %v: %v", left, err)
		}
	}
}

// TestABucketIsBuiltAsAFolderIs: the same bytes, up to date the next time, and made good after a build that was broken off.
func TestABucketIsBuiltAsAFolderIs(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	folder, with := builtLake(t)
	mustCLI(t, append([]string{"build"}, with...)...)
	for _, bucket := range fixture.Buckets(t) {
		bucket.Environment(t)
		scratch := t.TempDir()
		bucket.PutFolder(t, "lake/bronze", filepath.Join(folder, "bronze"))
		with := append([]string{"--lake", bucket.Location("lake"), "--s3-endpoint", bucket.Endpoint, "--scratch-dir", scratch}, with[2:]...)
		build := func(more ...string) string { return mustCLI(t, append(append([]string{"build"}, with...), more...)...) }
		same := func() {
			t.Helper()
			for _, stage := range []string{"silver", "gold", "quarantine"} {
				files, err := filepath.Glob(filepath.Join(folder, stage, "*.parquet"))
				if err != nil || len(files) == 0 {
					t.Fatalf("%s: %v %v", stage, files, err)
				}
				for _, file := range files {
					want, err := os.ReadFile(file)
					if got := bucket.Content(t, "lake/"+stage+"/"+filepath.Base(file)); err != nil || !bytes.Equal(got, want) {
						t.Errorf("%s differs from the folder's: %v", file, err)
					}
				}
			}
			for _, key := range bucket.Keys(t, "") {
				if strings.HasSuffix(key, "_building") || strings.HasSuffix(key, "_build.lock") {
					t.Errorf("%s stays", key)
				}
			}
		}
		if out := build(); !strings.Contains(out, "15 tables built") || !strings.Contains(out, "Next: goldserve publish --lake "+bucket.Location("lake/gold")+" --s3-endpoint ") {
			t.Errorf("got %s", out)
		}
		same()
		if out := build(); !strings.Contains(out, ": up to date, in ") {
			t.Errorf("again: %s", out)
		}
		p := sqlitePlace(t)
		publish := []string{"--s3-endpoint", bucket.Endpoint, "--scratch-dir", scratch}
		if first := publishLake(t, p, bucket.Location("lake/gold"), publish...); first.Event != "published" {
			t.Errorf("got %+v", first)
		}

		bucket.Put(t, "lake/gold/_building", []byte("{}\n"))
		bucket.Put(t, "lake/gold/ca_monthly.parquet", []byte("half"))
		bucket.Remove(t, "lake/silver/clients.parquet")
		if code, _, stderr := cli(t, append([]string{"publish", "--lake", bucket.Location("lake/gold"), "--store", p.store}, publish...)...); code != exitUnavailable || !strings.Contains(stderr, "_building is there") {
			t.Errorf("exit %d: %s", code, stderr)
		}
		build()
		same()
		if again := publishLake(t, p, bucket.Location("lake/gold"), publish...); again.Event != "unchanged" {
			t.Errorf("got %+v", again)
		}
		if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
			t.Errorf("left behind %v: %v", left, err)
		}
	}
}
