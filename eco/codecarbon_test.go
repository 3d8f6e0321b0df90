package eco

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestCodeCarbonItselfAgrees compares columns, formulas and files with CodeCarbon's own, where a Python has it.
func TestCodeCarbonItselfAgrees(t *testing.T) {
	python := os.Getenv("GOLDSERVE_TEST_CODECARBON")
	if python == "" {
		t.Skip("GOLDSERVE_TEST_CODECARBON names no Python that has codecarbon: make test-codecarbon gets one")
	}
	type amount map[string]float64
	cpu := []amount{{"tdp": 85, "threads": 8, "load": 0.5, "seconds": 15}, {"tdp": 8, "threads": 2, "load": 0.013, "seconds": 0.7}, {"tdp": 280, "threads": 128, "load": 1, "seconds": 3600}, {"tdp": 65, "threads": 4, "load": 0, "seconds": 1}}
	sizes := []float64{0.25, 1, 2, 2.1, 4, 16, 17, 64, 64.5, 128, 129, 200, 256, 511, 1024, 2049, 4096, 9000}
	kg := []amount{{"grams": 56.039, "kwh": 3.088e-5}, {"grams": 0.5, "kwh": 12}, {"grams": 661.93, "kwh": 0}}

	c := counters{t, t.TempDir()}
	const most = 65_532_610_987
	c.set("intel-rapl/intel-rapl:0", "package-0", most-3_000_000, most)
	c.set("intel-rapl/intel-rapl:1", "package-1", most-3_000_000, most) // mirrors it
	c.set("intel-rapl/intel-rapl:2", "package-2", 500_000_000, most)
	c.set("intel-rapl/intel-rapl:3", "psys", 700_000_000, most)
	after := map[string]string{"intel-rapl:0/energy_uj": "597000000\n", "intel-rapl:1/energy_uj": "597000100\n", "intel-rapl:2/energy_uj": "812345678\n", "intel-rapl:3/energy_uj": "999000000\n"}

	ours, theirs := t.TempDir(), t.TempDir()
	first, second := sampleRow("retail"), sampleRow("shop")
	appendRow(t, openBook(t, ours), first)
	row := map[string]any{}
	for i, name := range Columns {
		row[name] = first[i]
	}
	row["run_id"], row["codecarbon_version"], row["project_name"] = "of-codecarbon", "3.3.2", "notebook"
	for _, name := range []string{"duration", "emissions", "energy_consumed"} {
		row[name] = 1.5
	}

	m := newMetered(Config{Powercap: filepath.Join(c.folder, "intel-rapl")})
	task, err := json.Marshal(map[string]any{
		"cpu": cpu, "ram": sizes, "arm": m.arm, "kg": kg, "rapl": filepath.Join(c.folder, "intel-rapl"), "after": after, "row": row, "folders": []string{ours, theirs},
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "codecarbon_of.py")) // #nosec G204,G702 -- the test's own
	cmd.Stdin = bytes.NewReader(task)
	var said bytes.Buffer
	cmd.Stderr = &said
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.Bytes())
	}
	var theirsOf struct {
		Columns []string
		CPU     []float64 `json:"cpu"`
		RAM     []float64 `json:"ram"`
		Kg      []float64 `json:"kg"`
		RAPL    float64   `json:"rapl"`
	}
	if err := json.Unmarshal(text[bytes.LastIndex(text, []byte(`{"columns"`)):], &theirsOf); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if !slices.Equal(theirsOf.Columns, Columns) {
		t.Errorf("its columns are %q", theirsOf.Columns)
	}
	within := func(part float64, what string, got, want float64) {
		if math.Abs(got-want) > part*math.Abs(want) {
			t.Errorf("%s: %v, and CodeCarbon has %v", what, got, want)
		}
	}
	alikeTo := func(what string, got, want float64) { within(1e-9, what, got, want) }
	for i, x := range cpu {
		alikeTo("processors by load", estimatedJoules(x["tdp"], x["load"], x["seconds"])/joulesPerKWh, theirsOf.CPU[i])
	}
	for i, gb := range sizes {
		alikeTo("memory", ramPower(gb, m.arm), theirsOf.RAM[i])
	}
	for i, x := range kg {
		u := Usage{CPUEnergy: x["kwh"]}
		alikeTo("CO2e", u.Emissions(Country{Grams: x["grams"]}), theirsOf.Kg[i])
	}
	if runtime.GOOS == "linux" {
		m.after(15, 1)
		measured := m.Lap().CPUEnergy
		alikeTo("RAPL, of two packages", measured, (600+312.345678)/3.6e6)
		within(1e-6, "RAPL", measured, theirsOf.RAPL) // its kWh of a joule has six digits
	}

	// Rows of both in one file, whichever made it, and both files in a report.
	appendRow(t, openBook(t, theirs), second)
	for folder, ids := range map[string][]string{ours: {first[2], "of-codecarbon"}, theirs: {"of-codecarbon", second[2]}} {
		rows := readRows(t, filepath.Join(folder, FileName))
		if len(rows) != 3 || !slices.Equal(rows[0], Columns) || rows[1][2] != ids[0] || rows[2][2] != ids[1] {
			t.Errorf("%q", rows)
		}
	}
	files, err := FilesOf([]string{ours, theirs})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Merge(files)
	if err != nil || r.Sum.Runs != 3 || r.Repeated != 1 || len(r.Conflicts) != 0 {
		t.Fatalf("%v %+v", err, r)
	}
	report := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(report, r.CSV(), 0o600); err != nil {
		t.Fatal(err)
	}
	script := "import pandas, sys; d = pandas.read_csv(sys.argv[1]); print(len(d), d.duration.sum(), d.energy_consumed.dtype)"
	read, err := exec.CommandContext(t.Context(), python, "-c", script, report).CombinedOutput() // #nosec G204,G702 -- the same
	if err != nil || !strings.Contains(string(read), "3 5.5 float64") {
		t.Errorf("pandas reads the report's CSV: %v %s", err, read)
	}
}
