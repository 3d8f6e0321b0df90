package eco

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"goldserve/gold"
)

func sampleRow(model string) Row {
	u := Usage{Ended: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Seconds: 2, CPUEnergy: 3e-5, RAMEnergy: 8.8e-7, Load: 0.5, Memory: 1 << 30}
	return u.Row(Phase{Model: model, Name: "build", Version: "1.2", Country: Country{"FRA", "France", 2023, 56.039}, Memory: 4 << 30})
}

func openBook(t *testing.T, folder string) *Book {
	t.Helper()
	b, err := OpenBook(folder)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func appendRow(t *testing.T, b *Book, row Row) (note string) {
	t.Helper()
	note, err := b.Append(row)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

func readRows(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path) // #nosec G304 -- the test's own
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRowsAreAppended(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "reports", "emissions")
	b := openBook(t, folder)
	first, second := sampleRow("retail"), sampleRow(`a "shop", of mine`)
	for _, row := range []Row{first, second} {
		if note := appendRow(t, openBook(t, folder), row); note != "" {
			t.Error(note)
		}
	}
	rows := readRows(t, b.Path())
	if len(rows) != 3 || !slices.Equal(rows[0], Columns) || !slices.Equal(rows[1], first) || !slices.Equal(rows[2], second) {
		t.Errorf("%q", rows)
	}
	value := func(name string) string { return rows[1][slices.Index(Columns, name)] }
	for name, want := range map[string]string{
		"timestamp": "2026-03-01T12:00:00", "project_name": "retail/build", "duration": "2.0", "energy_consumed": "3.088e-05", "emissions": "1.7304843200000003e-06",
		"cpu_power": "54.0", "country_iso_code": "FRA", "tracking_mode": "process (estimated)", "codecarbon_version": "goldserve 1.2",
		"cpu_utilization_percent": "50.0", "ram_utilization_percent": "25.0", "ram_used_gb": "1.0", "ram_total_size": "4.0", "pue": "1.0",
	} {
		if value(name) != want {
			t.Errorf("%s is %s, want %s", name, value(name), want)
		}
	}
	if id := value("run_id"); len(id) != 36 || id[14] != '4' || id == rows[2][2] {
		t.Errorf("run_id is %q", id)
	}
}

func TestTornLines(t *testing.T) {
	t.Parallel()
	whole := string(line(Columns)) + string(line(sampleRow("a")))
	for name, c := range map[string]struct {
		text       string
		rows       int // that are left before the new one
		torn, note string
	}{
		"a row that was torn":                {whole + "2026-03-01T12:00:00,b/build,4f", 1, "2026-03-01T12:00:00,b/build,4f\n", "was not whole"},
		"a row that lacks its line break":    {strings.TrimSuffix(whole, "\n"), 1, "", ""},
		"only columns, without a line break": {strings.TrimSuffix(string(line(Columns)), "\n"), 0, "", ""},
		"zeros after a crash":                {whole + "\x00\x00\x00", 1, "\x00\x00\x00\n", "was not whole"},
		"an empty file":                      {"", 0, "", ""},
		"lines that end as on Windows":       {strings.ReplaceAll(whole, "\n", "\r\n"), 1, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			b := openBook(t, folder)
			writeText(t, b.Path(), c.text)
			note := appendRow(t, b, sampleRow("new"))
			if rows := readRows(t, b.Path()); len(rows) != c.rows+2 || rows[c.rows+1][1] != "new/build" {
				t.Errorf("%q", rows)
			}
			torn, _ := os.ReadFile(filepath.Join(folder, tornName)) // #nosec G304 -- the test's own
			if string(torn) != c.torn || c.note == "" != (note == "") || !strings.Contains(note, c.note) {
				t.Errorf("moved aside: %q; note: %q", torn, note)
			}
		})
	}
}

func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, FileName)

	reversed := slices.Clone(Columns)
	slices.Reverse(reversed)
	writeText(t, path, string(line(reversed)))
	row := sampleRow("a")
	appendRow(t, openBook(t, folder), row)
	back := slices.Clone(readRows(t, path)[1])
	slices.Reverse(back)
	if !slices.Equal(back, row) {
		t.Errorf("a file with the columns in another order got %q", back)
	}

	old := "timestamp,project_name,run_id,duration,emissions\n2023-01-01T00:00:00,x,1,2.0,3.0\n"
	for i, kept := range []string{".bak", "_0.bak", "_1.bak"} {
		writeText(t, path, old)
		note := appendRow(t, openBook(t, folder), row)
		text, err := os.ReadFile(path + kept)
		if err != nil || string(text) != old || !strings.Contains(note, path+kept) {
			t.Errorf("%d: %v %q, note %q", i, err, text, note)
		}
		if rows := readRows(t, path); len(rows) != 2 {
			t.Errorf("%q", rows)
		}
	}

	writeText(t, path, "name,salary\nada,3\n")
	if _, err := OpenBook(folder); err == nil || !strings.Contains(err.Error(), path+" is no file of emissions") {
		t.Errorf("a file of another kind: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "name,salary\nada,3\n" { // #nosec G304 -- the test's own
		t.Errorf("it was changed: %q %v", text, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenBook(folder); err == nil {
		t.Error("a folder in the file's place is taken")
	}
}

// Programs that append at once, some of which are killed, and one that renames the file meanwhile, leave whole rows, each once.
func TestProgramsThatAppendAtOnce(t *testing.T) {
	const programs, rows = 4, 25
	if folder := os.Getenv("ECO_TEST_FOLDER"); folder != "" { // one of the programs
		b := openBook(t, folder)
		for i := range rows {
			appendRow(t, b, sampleRow(fmt.Sprintf("%s-%d", os.Getenv("ECO_TEST_NAME"), i)))
		}
		return
	}
	folder := t.TempDir()
	path := filepath.Join(folder, FileName)
	var all sync.WaitGroup
	for p := range programs + 1 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestProgramsThatAppendAtOnce$") // #nosec G204,G702 -- this test
		cmd.Env = append(os.Environ(), "ECO_TEST_FOLDER="+folder, fmt.Sprintf("ECO_TEST_NAME=%d", p))
		all.Go(func() {
			if p == programs { // is killed
				if cmd.Start() == nil {
					time.Sleep(60 * time.Millisecond)
					_ = cmd.Process.Kill()
					_ = cmd.Wait()
				}
				return
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	for i := range 5 {
		time.Sleep(20 * time.Millisecond)
		if err := os.Rename(path, fmt.Sprintf("%s.%d", path, i)); err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	}
	all.Wait()
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, file := range files {
		for i, row := range readRows(t, file) {
			if (i == 0) != slices.Equal(row, Columns) {
				t.Errorf("%s, row %d: %q", file, i, row)
			}
			seen[row[1]]++
		}
	}
	for p := range programs {
		for i := range rows {
			if name := fmt.Sprintf("%d-%d/build", p, i); seen[name] != 1 {
				t.Errorf("%s is there %d times", name, seen[name])
			}
		}
	}
}

func TestAFullDiskLeavesNoPartOfARow(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	b := openBook(t, folder)
	f, err := os.Open(b.Path()) // can't be written
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := b.write(f, 0, []byte("x")); err == nil {
		t.Error("no error")
	}
	if rows := readRows(t, b.Path()); len(rows) != 1 {
		t.Errorf("%q", rows)
	}
}

func TestCountries(t *testing.T) {
	t.Parallel()
	all := Countries()
	if len(all) < 80 || !slices.IsSortedFunc(all, func(a, b Country) int { return strings.Compare(a.Code, b.Code) }) {
		t.Errorf("%d countries, or not by code", len(all))
	}
	for _, c := range all {
		if len(c.Code) != 3 || c.Name == "" || c.Year < 2020 || c.Grams < 20 || c.Grams > 1000 {
			t.Errorf("%+v", c)
		}
	}
	zero, own := 0.0, 12.5
	for _, c := range []struct {
		code  string
		grams *float64
		want  Country
		says  string
	}{
		{"fra", nil, Country{"FRA", "France", 2023, 56.04}, ""},
		{"", nil, world, ""},
		{"", &zero, Country{}, ""},
		{"FRA", &own, Country{"FRA", "France", 0, 12.5}, ""},
		{"ATA", &own, Country{"ATA", "ATA", 0, 12.5}, ""},
		{"FRX", nil, Country{}, "did you mean FRA?"},
		{"France", nil, Country{}, "three letters"},
	} {
		got, err := CountryOf(c.code, c.grams)
		if c.says == "" && (err != nil || got != c.want) || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || gold.KindOf(err) != gold.Invalid) {
			t.Errorf("%s: %+v, %v", c.code, got, err)
		}
	}
}
