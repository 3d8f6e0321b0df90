package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
)

// TestManifest writes a manifest, publishes by it, and is refused once files are missing, added or changed.
func TestManifest(t *testing.T) {
	t.Parallel()
	folder, p := copyLake(t), sqlitePlace(t)
	file := filepath.Join(t.TempDir(), "manifest.json")
	publish := []string{"publish", "--lake", folder, "--store", p.store}
	mustCLI(t, publish...)
	if out := mustCLI(t, "manifest", "--lake", folder, "-o", file); out != file+": 9 files\n" {
		t.Error(out)
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != mustCLI(t, "manifest", "--lake", folder) {
		t.Errorf("%v: the file is not what standard output has\n%s", err, text)
	}
	var written struct {
		Files []struct {
			Path, SHA256 string
			Bytes, Rows  int64
		}
	}
	if err := json.Unmarshal(text, &written); err != nil || len(written.Files) != 9 || written.Files[7].Path != "fact_achats.parquet" || written.Files[7].Rows != 22403 {
		t.Errorf("%v: %+v", err, written)
	}

	// The same rows, of which more is known now: a release that loads nothing; then there is nothing to do, manifest or not.
	verified := append(publish, "--manifest", file)
	if r := publishLake(t, p, folder, "--manifest", file); r.Release != 2 || r.Rows != 0 || r.Integrity != gold.Verified {
		t.Errorf("%+v", r)
	}
	for _, args := range [][]string{verified, publish} {
		if out := mustCLI(t, args...); !strings.Contains(out, "nothing to do") {
			t.Error(out)
		}
	}
	var listed []struct {
		Release   int64
		Integrity string
	}
	if err := json.Unmarshal([]byte(mustCLI(t, "releases", "--json", "--store", p.store)), &listed); err != nil ||
		len(listed) != 2 || listed[0].Integrity != gold.Verified || listed[1].Integrity != gold.Unverified {
		t.Errorf("%v: %+v", err, listed)
	}
	server := served(t, p)
	for path, want := range map[string]string{"/releases/2": `"verified"`, "/releases/1": `"unverified"`} {
		if status, body := get(t, server.URL, path); status != http.StatusOK || !bytes.Contains(body, []byte(`"integrity": `+want)) && !bytes.Contains(body, []byte(`"integrity":`+want)) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}

	// One flipped bit of the facts, one file lost.
	facts := filepath.Join(folder, "fact_achats.parquet")
	data, err := os.ReadFile(facts)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(facts, data, 0o600); err != nil {
		t.Fatal(err)
	}
	remove(t, folder, "ca_country.parquet")
	for _, args := range [][]string{verified, {"check", "--lake", folder, "--manifest", file}, append(verified, "--partial")} {
		code, stdout, stderr := cli(t, args...)
		if code != exitRefused || !strings.Contains(stderr, "fact_achats.parquet: changed: the SHA-256") || !strings.Contains(stderr, "ca_country.parquet: missing: ") {
			t.Errorf("%s: exit %d\n%s%s", args[0], code, stdout, stderr)
		}
	}
	code, stdout, _ := cli(t, append(verified, "--json")...)
	if events, _ := eventsOf(t, stdout); code != exitRefused || events[len(events)-1].Code != string(gold.CodeIntegrityFailed) || len(events[len(events)-1].Problems) != 2 {
		t.Errorf("exit %d: %s", code, stdout)
	}
	if code, _, stderr := cli(t, append(publish, "--manifest", file+".none")...); code != exitUsage || !strings.Contains(stderr, "--manifest can't be read") {
		t.Errorf("no such file: exit %d %s", code, stderr)
	}
}
