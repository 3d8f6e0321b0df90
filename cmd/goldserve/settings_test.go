package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigPrintSaysWhereEachSettingComesFrom(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	t.Setenv("MONGO_URI", "mongodb://someone:secret@127.0.0.1/shop?authSource=admin&password=secret")
	t.Setenv("MONGO_DB", "stock")
	t.Setenv("PORT", "5000")
	t.Setenv("GOLDSERVE_POLL", "2s")
	t.Setenv("GOLDSERVE_MEMORY", "1.5 GiB")
	t.Setenv("GOLDSERVE_KEEP", "") // as a compose file writes what is not set
	t.Setenv("XDG_DATA_HOME", "/data")
	writeFile(t, "goldserve.yaml", "asOf: 2026-01-31\nkeepMonths: 6\ncacheSize: 64MB\ncorsOrigins: [https://a]\nmodels:\n  retail: {currency: GBP, fields: {dim_clients.email: {mask: drop}}}\n")
	var all []setting
	if err := json.Unmarshal([]byte(mustCLI(t, "config", "print", "--json", "--cors-origins", "https://b")), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]setting{}
	for _, s := range all {
		got[s.Name] = s
	}
	for name, want := range map[string]setting{
		"store":                  {Value: "mongodb://127.0.0.1/shop (database stock)", Origin: "MONGO_URI"},
		"listen":                 {Value: "127.0.0.1:5000", Origin: "PORT"},
		"poll":                   {Value: "2s", Origin: "GOLDSERVE_POLL"},
		"as-of":                  {Value: "2026-01-31", Origin: "goldserve.yaml: asOf"},
		"keep-months":            {Value: 6.0, Origin: "goldserve.yaml: keepMonths"},
		"cache-size":             {Value: "64MB", Origin: "goldserve.yaml: cacheSize"},
		"memory":                 {Value: "1536MiB", Origin: "GOLDSERVE_MEMORY"},
		"keep":                   {Value: 10.0, Origin: "default"},
		"drain":                  {Value: "1s", Origin: "default"},
		"config":                 {Value: filepath.Join(folder, "goldserve.yaml"), Origin: "default: goldserve.yaml where it is there"},
		"data-folder":            {Value: "/data/goldserve", Origin: "default"},
		"models.retail.currency": {Value: "GBP", Origin: "goldserve.yaml"},
		"models.retail.fields.dim_clients.email.mask": {Value: "drop", Origin: "goldserve.yaml"},
	} {
		if want.Name = name; got[name] != want {
			t.Errorf("%s is %+v, expected %+v", name, got[name], want)
		}
	}
	for name := range settings {
		if _, there := got[name]; !there {
			t.Errorf("%s is not shown", name)
		}
	}
	text := mustCLI(t, "config", "print", "--cors-origins", "https://b")
	if strings.Contains(text, "secret") || strings.Contains(text, "someone") || !strings.Contains(text, "https://b") {
		t.Errorf("config print:\n%s", text)
	}
	t.Setenv("MONGO_URI", "")
	if text := mustCLI(t, "config", "print"); !strings.Contains(text, "sqlite:/data/goldserve/goldserve.db") || !strings.Contains(text, "default: your data folder") {
		t.Errorf("without MONGO_URI:\n%s", text)
	}
}

func TestASettingThatCannotBeReadIsNamedByItsOrigin(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GOLDSERVE_KEEP", "abc")
	t.Setenv("GOLDSERVE_POLL", "5")
	t.Setenv("GOLDSERVE_NO_AUTH", "perhaps")
	wantUsage(t, "GOLDSERVE_KEEP is abc: expected a whole number; GOLDSERVE_NO_AUTH is perhaps: expected true or false; GOLDSERVE_POLL is 5: expected a duration")
	for _, name := range []string{"GOLDSERVE_KEEP", "GOLDSERVE_POLL", "GOLDSERVE_NO_AUTH"} {
		t.Setenv(name, "")
	}
	t.Setenv("GOLDSERVE_DRAIN", "1ns")
	wantUsage(t, "GOLDSERVE_DRAIN is 1ns: expected a duration of at least 1ms")
	t.Setenv("GOLDSERVE_DRAIN", "")
	writeFile(t, "goldserve.yaml", "keep: many\n")
	wantUsage(t, "goldserve.yaml: keep is many: expected a whole number")
	writeFile(t, "goldserve.yaml", "store: postgres://x\n")
	code, _, stderr := cli(t, "releases")
	if code != exitUsage || !strings.Contains(stderr, "goldserve.yaml: store is") {
		t.Errorf("exit %d %s", code, stderr)
	}
}

func wantUsage(t *testing.T, says string) {
	t.Helper()
	if code, _, stderr := cli(t, "version"); code != exitUsage || !strings.Contains(stderr, says) {
		t.Errorf("exit %d, expected %d and %q:\n%s", code, exitUsage, says, stderr)
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
