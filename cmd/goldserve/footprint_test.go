package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"goldserve/eco"
	"goldserve/gold"
	"goldserve/gold/storetest"
)

// emissionsIn returns the rows of a folder's emissions.csv by column.
func emissionsIn(t *testing.T, folder string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, eco.FileName)) // #nosec G304 -- the test's own
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, fields := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = fields[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func TestFootprintOfCommands(t *testing.T) {
	lake, err := filepath.Abs(filepath.Join(sample, "gold"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	args := []string{"publish", "--lake", lake, "--store", "sqlite:x.db"}
	emissions := []string{"--emissions", "reports/emissions", "--country", "fra"}
	code, stdout, stderr := cli(t, append(slices.Clone(args), emissions...)...)
	if code != exitDone || !strings.Contains(stdout, "Footprint of publish: ") || !strings.Contains(stdout, "g/kWh (France, 2023, Ember)") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	rows := emissionsIn(t, "reports/emissions")
	if len(rows) != 1 || rows[0]["project_name"] != "retail/publish" || rows[0]["country_iso_code"] != "FRA" || rows[0]["energy_consumed"] == "0.0" {
		t.Errorf("%v", rows)
	}
	measured := strings.Contains(stdout, "measured by RAPL")
	if measured == strings.Contains(rows[0]["tracking_mode"], "estimated") || measured == strings.Contains(stdout, "estimated from processor time") {
		t.Errorf("tracking_mode %q, and this is said: %s", rows[0]["tracking_mode"], stdout)
	}

	code, stdout, stderr = cli(t, append(append(slices.Clone(args), "--json"), emissions...)...)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var last struct{ Event string }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || code != exitDone || last.Event != "unchanged" || !strings.Contains(stderr, "msg=footprint phase=publish") {
		t.Errorf("exit %d: the last event is %s, and the log says\n%s", code, lines[len(lines)-1], stderr)
	}
	cli(t, append(append(slices.Clone(args), "--dry-run"), emissions...)...)
	if code, _, _ = cli(t, append(slices.Clone(emissions), "publish", "--lake", "nowhere", "--store", "sqlite:x.db")...); code != exitUnavailable {
		t.Errorf("a lake that is not there: exit %d", code)
	}
	if rows = emissionsIn(t, "reports/emissions"); len(rows) != 3 || rows[2]["project_name"] != "publish" {
		t.Errorf("a second publish, a dry run and one that fails: %v", rows)
	}

	t.Setenv("CC_OUTPUT_DIR", "other")
	t.Setenv("CC_COUNTRY_ISO_CODE", "DEU")
	if code, stdout, _ = cli(t, append(slices.Clone(args), "--carbon-intensity", "0", "--cpu-power", "65")...); code != exitDone || !strings.Contains(stdout, "; 0 g/kWh as given") {
		t.Errorf("exit %d %s", code, stdout)
	}
	if rows = emissionsIn(t, "other"); len(rows) != 1 || rows[0]["country_iso_code"] != "DEU" || rows[0]["emissions"] != "0.0" {
		t.Errorf("%v", rows)
	}
	if code, stdout, _ = cli(t, append(slices.Clone(args), "--emissions", "none")...); code != exitDone || strings.Contains(stdout, "Footprint") {
		t.Errorf("none: exit %d %s", code, stdout)
	}
}

func TestFootprintsThatCannotBe(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("other", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("other/emissions.csv", []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for says, args := range map[string][]string{
		"--emissions: mkdir file":          {"--emissions", "file"},
		"other/emissions.csv is no file":   {"--emissions", "other"},
		"--country is FR: expected":        {"--country", "FR"},
		"--carbon-intensity is -1":         {"--carbon-intensity", "-1"},
		"--carbon-intensity is NaN":        {"--carbon-intensity", "NaN"},
		"--cpu-power is much":              {"--cpu-power", "much"},
		"give the carbon intensity as wel": {"--country", "ATA"},
	} {
		code, _, stderr := cli(t, append([]string{"publish", "--lake", "nowhere", "--store", "sqlite:x.db"}, args...)...)
		if code != exitUsage || !strings.Contains(stderr, says) {
			t.Errorf("%v: exit %d %s", args, code, stderr)
		}
	}
}

func TestAFootprintThatIsLostDoesNotUndoTheWork(t *testing.T) {
	t.Chdir(t.TempDir())
	a := &app{stdout: io.Discard, stderr: io.Discard}
	a.config.Emissions = "emissions"
	err := a.footprint(t.Context(), "publish", func(context.Context) error {
		if err := os.RemoveAll("emissions"); err != nil {
			return err
		}
		return os.WriteFile("emissions", nil, 0o600)
	})
	if gold.CodeOf(err) != gold.CodeEmissionsLost || exitCode(err) != exitFailed {
		t.Errorf("%v", err)
	}
}

// A build whose footprint is lost is published all the same.
func TestARunPublishesABuildWhoseFootprintIsLost(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	duckdb, folder := storetest.DuckDB(t), t.TempDir()
	t.Chdir(folder)
	mustCLI(t, "generate", "--duckdb", duckdb, "--clients", "20", "--days", "60", "lake/bronze")
	script := "#!/bin/sh\nrm -rf '" + filepath.Join(folder, "emissions") + "'\nexec '" + duckdb + "' \"$@\"\n"
	if err := os.WriteFile("duckdb", []byte(script), 0o700); err != nil { // #nosec G306 -- a program
		t.Fatal(err)
	}
	code, stdout, stderr := cli(t, "run", "--lake", "lake", "--store", "sqlite:x.db", "--duckdb", filepath.Join(folder, "duckdb"), "--emissions", "emissions")
	if code != exitFailed || !strings.Contains(stdout, "retail release 1") || !strings.Contains(stderr, "the energy of build is not recorded") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	if rows := emissionsIn(t, "emissions"); len(rows) != 1 || rows[0]["project_name"] != "retail/publish" {
		t.Errorf("%v", rows)
	}
}

func TestEcoReport(t *testing.T) {
	lake, err := filepath.Abs(filepath.Join(sample, "gold"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if code, _, stderr := cli(t, "eco", "report"); code != exitUsage || !strings.Contains(stderr, "goldserve eco report reports/emissions") {
		t.Errorf("without files: exit %d %s", code, stderr)
	}
	if code, _, stderr := cli(t, "eco", "report", "nowhere"); code != exitUsage || !strings.Contains(stderr, "nowhere") {
		t.Errorf("no such folder: exit %d %s", code, stderr)
	}
	if code, _, stderr := cli(t, "publish", "--lake", lake, "--store", "sqlite:x.db", "--emissions", "emissions"); code != exitDone {
		t.Fatalf("exit %d %s", code, stderr)
	}
	text, err := os.ReadFile("emissions/emissions.csv")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("emissions/emissions.csv.bak", text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOLDSERVE_EMISSIONS", "emissions")
	code, stdout, stderr := cli(t, "eco", "report")
	if code != exitDone || !strings.Contains(stdout, "retail   publish  1 ") || !strings.Contains(stdout, "Not counted twice: 1 row ") {
		t.Errorf("exit %d %s%s", code, stdout, stderr)
	}
	first, err := os.ReadFile("reports/eco_report.md")
	if err != nil {
		t.Fatal(err)
	}
	if merged, err := os.ReadFile("reports/eco_report.csv"); err != nil || string(merged) != string(text) {
		t.Errorf("%v: %s", err, merged)
	}
	var out struct {
		Total eco.Total
	}
	code, stdout, _ = cli(t, "eco", "report", "emissions", "emissions/emissions.csv", "--json")
	if err := json.Unmarshal([]byte(stdout), &out); err != nil || code != exitDone || out.Total.Runs != 1 || out.Total.KWh <= 0 {
		t.Errorf("exit %d %v %s", code, err, stdout)
	}
	if again, err := os.ReadFile("reports/eco_report.md"); err != nil || string(again) != string(first) {
		t.Errorf("%v: another report:\n%s", err, again)
	}

	changed := strings.Replace(string(text), ",goldserve ", ",goldserve 0", 1)
	rows := emissionsIn(t, "emissions")
	changed = strings.Replace(changed, ","+rows[0]["energy_consumed"]+",", ",7.5,", 1)
	if err := os.WriteFile("emissions/emissions.csv.bak", []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr = cli(t, "eco", "report")
	if page, err := os.ReadFile("reports/eco_report.md"); code != exitRefused || !strings.Contains(stderr, "emissions.csv.bak:2, emissions/emissions.csv:2") || err != nil || !strings.Contains(string(page), "## Conflicts") {
		t.Errorf("rows that contradict each other: exit %d %s\n%s", code, stderr, page)
	}
	if err := os.WriteFile("emissions/emissions.csv.bak", []byte(strings.Replace(changed, ",7.5,", ",NaN,", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr = cli(t, "eco", "report"); code != exitRefused || !strings.Contains(stderr, "emissions/emissions.csv.bak:2, column energy_consumed") {
		t.Errorf("an invalid file: exit %d %s", code, stderr)
	}
}
