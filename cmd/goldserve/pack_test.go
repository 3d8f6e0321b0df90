package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"goldserve/gold/storetest"
)

// unpacked reads a file of a pack.
func unpacked(t *testing.T, pack, name string) string {
	t.Helper()
	z, err := zip.OpenReader(pack)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	text, err := fs.ReadFile(z, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPackAtTheCommandLine: from raw files to a pack with copies of them; the same release gives the same bytes from each store.
func TestPackAtTheCommandLine(t *testing.T) {
	lake := t.TempDir()
	learnersLake(t, lake)
	eachStore(t, func(t *testing.T, p place) {
		folder := t.TempDir()
		t.Chdir(folder)
		on := []string{"--model", "learners", "--store", p.store}
		pack := func(args ...string) string { return mustCLI(t, append(append([]string{"pack"}, args...), on...)...) }
		mustCLI(t, append([]string{"publish", "--lake", filepath.Join(lake, "gold")}, on...)...)
		if out := pack(); !strings.HasPrefix(out, "module2_capstone_collection_pack.zip: release 1 of learners, 250 rows, 10 files\nmanifest.json  ") {
			t.Errorf("%s", out)
		}
		pack("-o", "again.zip")
		first, err := os.ReadFile("module2_capstone_collection_pack.zip")
		if again, err2 := os.ReadFile("again.zip"); err != nil || err2 != nil || !bytes.Equal(first, again) {
			t.Errorf("the bytes differ: %v %v", err, err2)
		}
		if out := mustCLI(t, "pack", "verify", "again.zip"); !strings.HasPrefix(out, "again.zip: 10 files, each as the manifest says\nlearners_r1_") || !strings.Contains(out, ": 250 rows, all checks hold\n") {
			t.Errorf("%s", out)
		}
		pack("-o", "raw.zip", "--with-raw", "--lake", lake, "--format", "parquet", "--language", "en")
		events, err := os.ReadFile(filepath.Join(lake, "bronze", "events_clean.csv"))
		if err != nil || unpacked(t, "raw.zip", "capstone/raw/events_clean.csv") != string(events) {
			t.Errorf("events_clean.csv was not copied as it is: %v", err)
		}
		if !strings.HasPrefix(unpacked(t, "raw.zip", "capstone/final_dataset.parquet"), "PAR1") || !strings.Contains(unpacked(t, "raw.zip", "capstone/README.md"), "One row for each user with an event.") {
			t.Error("raw.zip is not English, or has no Parquet")
		}
		code, _, stderr := cli(t, append([]string{"pack", "-o", "none.zip", "--with-raw", "--bronze", t.TempDir()}, on...)...)
		if _, err := os.Stat("none.zip"); code != exitRefused || !strings.Contains(stderr, "events_clean.csv can't be read") || err == nil {
			t.Errorf("without raw files: exit %d: %s (%v)", code, stderr, err)
		}
	})
}

// TestPackOfManyRawFiles: a model that declares its packs has releases that list its raw files, so that all are copied.
func TestPackOfManyRawFiles(t *testing.T) {
	lake, p := t.TempDir(), sqlitePlace(t)
	learnersLake(t, lake)
	bronze := filepath.Join(lake, "bronze")
	text, err := os.ReadFile(filepath.Join(bronze, "events_clean.csv"))
	if err != nil {
		t.Fatal(err)
	}
	header, rows, _ := strings.Cut(string(text), "\n")
	parts := make([]string, 60)
	for i, row := range strings.SplitAfter(rows, "\n") {
		parts[i%len(parts)] += row
	}
	for i, part := range parts {
		if err := os.WriteFile(filepath.Join(bronze, fmt.Sprintf("events_clean_%02d.csv", i)), []byte(header+"\n"+part), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(bronze, "events_clean.csv")); err != nil {
		t.Fatal(err)
	}
	output := filepath.Join(t.TempDir(), "p.zip")
	mustCLI(t, "run", "--model", "learners", "--lake", lake, "--store", p.store)
	mustCLI(t, "pack", "--model", "learners", "--store", p.store, "-o", output, "--with-raw", "--lake", lake)
	if out := mustCLI(t, "pack", "verify", output); !strings.Contains(out, "p.zip: 72 files, each as the manifest says") {
		t.Errorf("%s", out)
	}
	if got := unpacked(t, output, "capstone/raw/events_clean_59.csv"); got != header+"\n"+parts[59] {
		t.Errorf("events_clean_59.csv was copied as %q", got)
	}
}

// TestPackOfFailedChecks: the pack is written, says so, and the exit code is 3.
func TestPackOfFailedChecks(t *testing.T) {
	lake, p := t.TempDir(), sqlitePlace(t)
	learnersLake(t, lake, "learners=40")
	output := filepath.Join(t.TempDir(), "p.zip")
	mustCLI(t, "publish", "--model", "learners", "--lake", filepath.Join(lake, "gold"), "--store", p.store)
	code, out, stderr := cli(t, "pack", "--model", "learners", "--store", p.store, "-o", output)
	if code != exitRefused || !strings.Contains(out, "40 rows") || !strings.Contains(stderr, "with checks that fail: rows_ge_200") {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
	if text := unpacked(t, output, "capstone/manifest.json"); !strings.Contains(text, `"passed": false`) {
		t.Errorf("%s", text)
	}
	if out := mustCLI(t, "pack", "verify", output); !strings.Contains(out, "checks that fail: rows_ge_200") {
		t.Errorf("%s", out)
	}
}

// TestVerifySaysWhatAManifestSays: whether checks hold, and nothing that commands a terminal.
func TestVerifySaysWhatAManifestSays(t *testing.T) {
	t.Parallel()
	for manifest, want := range map[string]string{
		`{"run_id": "\u001b[31mr1\n", "passed": true, "rows_final": 3}`:  `\x1b[31mr1\n: 3 rows, all checks hold`,
		`{"run_id": "r", "passed": false, "rows_final": 3}`:              "r: 3 rows, checks fail, and it doesn't say which",
		`{"run_id": "r", "passed": false, "failed_checks": ["a\u0007"]}`: `r: 0 rows, checks that fail: a\a`,
	} {
		file := filepath.Join(t.TempDir(), "p.zip")
		f, err := os.Create(filepath.Clean(file))
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		w, err := z.Create("x/manifest.json")
		if err == nil {
			_, err = w.Write([]byte(manifest))
		}
		if err := errors.Join(err, z.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
		if out := mustCLI(t, "pack", "verify", file); !strings.Contains(out, want) {
			t.Errorf("got %q, expected %q", out, want)
		}
	}
}

// TestPackOfAnyModel: the shipped model's facts, without a build; raw copies of a dataset with personal data are refused.
func TestPackOfAnyModel(t *testing.T) {
	p, output := sqlitePlace(t), filepath.Join(t.TempDir(), "p.zip")
	publishSample(t, p)
	out := mustCLI(t, "pack", "segment_summary", "ca_monthly", "--store", p.store, "-o", output)
	if !strings.Contains(out, "release 1 of retail, 4 rows") || !strings.HasPrefix(unpacked(t, output, "retail/processed/ca_monthly.csv"), "mois,ca\n") {
		t.Errorf("%s", out)
	}
	lake := filepath.Join(t.TempDir(), "lake")
	t.Setenv("GOLDSERVE_DUCKDB", storetest.DuckDB(t))
	built := sqlitePlace(t)
	mustCLI(t, "generate", filepath.Join(lake, "bronze"), "--clients", "50", "--days", "60")
	mustCLI(t, "run", "--lake", lake, "--store", built.store)
	if code, _, stderr := cli(t, "pack", "dim_clients", "--with-raw", "--lake", lake, "--store", built.store, "-o", output); code != exitRefused || !strings.Contains(stderr, "dataset dim_clients has personal data (nom)") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// TestTheScriptOfAPackFetchesItsRows: extract_api.py, run against the API with a server before it that is overloaded at times, writes
// final_dataset.csv byte for byte, page by page.
func TestTheScriptOfAPackFetchesItsRows(t *testing.T) {
	python := storetest.Python(t)
	p, folder := sqlitePlace(t), t.TempDir()
	shipped, err := filepath.Abs("../../models/learners/sample/gold")
	if err != nil {
		t.Fatal(err)
	}
	mustCLI(t, "publish", "--model", "learners", "--lake", shipped, "--store", p.store)
	pack := filepath.Join(folder, "p.zip")
	mustCLI(t, "pack", "--model", "learners", "--store", p.store, "-o", pack)
	script := filepath.Join(folder, "extract_api.py")
	if err := os.WriteFile(script, []byte(unpacked(t, pack, "capstone/scripts/extract_api.py")), 0o600); err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(served(t, p).URL)
	if err != nil {
		t.Fatal(err)
	}
	var asked, answered atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := asked.Add(1); n%2 == 1 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader([]int{http.StatusServiceUnavailable, http.StatusTooManyRequests}[n/2%2])
			return
		}
		answered.Add(1)
		proxy.ServeHTTP(w, r)
	}))
	defer front.Close()
	got := filepath.Join(folder, "rows.csv")
	cmd := exec.CommandContext(t.Context(), python, script, got)
	cmd.Env = append(os.Environ(), "GOLDSERVE_URL="+front.URL+"/", "GOLDSERVE_PAGE=100")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "250 rows") {
		t.Fatalf("%v: %s", err, out)
	}
	if text, err := os.ReadFile(got); err != nil || string(text) != unpacked(t, pack, "capstone/final_dataset.csv") {
		t.Errorf("the script's rows are not the pack's (%v):\n%.300s", err, text)
	}
	if asked.Load() != 6 || answered.Load() != 3 {
		t.Errorf("%d requests, %d answered: expected 3 pages, each asked for twice", asked.Load(), answered.Load())
	}
}
