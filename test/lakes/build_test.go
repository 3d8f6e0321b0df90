//go:build e2e

package lakes

import (
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/builder/landing"
	"goldserve/builder/place"
	"goldserve/gold/contract"
	"goldserve/gold/lake/dir"
	"goldserve/gold/storetest"
	"goldserve/models"
)

//go:embed build.py
var buildScript string

// raw is a lake of the shared data that has its raw files, and what the reference made of them.
type raw struct {
	folder  string
	achats  string // the ending of the purchases' file
	now     string
	rewrite string // the ending that the purchases are built from once more
}

func rawLakes() []raw {
	lakes := []raw{
		{"retail", "parquet", "2026-01-01T00:00:00Z", "csv"},
		{"sample", "csv", "2026-11-30T00:00:00Z", "parquet"},
	}
	for _, name := range []string{"a", "b", "c"} {
		lakes = append(lakes, raw{"retail-edge/" + name, "csv", "2026-01-01T00:00:00Z", "parquet"})
	}
	return lakes
}

// TestABuildMakesTheReferencesGold builds the lakes of the shared data from their raw files as they are and in another format, and
// compares every table with the one that the reference made, and the counts of rejected rows.
func TestABuildMakesTheReferencesGold(t *testing.T) {
	storetest.Python(t)
	for _, l := range rawLakes() {
		for _, ending := range []string{l.achats, l.rewrite} {
			t.Run(l.folder+" "+ending, func(t *testing.T) {
				from := filepath.Join(storetest.Shared(t), "data", l.folder)
				folder := t.TempDir()
				bronze := filepath.Join(folder, "bronze")
				copyFile(t, filepath.Join(from, "bronze", "clients.csv"), filepath.Join(bronze, "clients.csv"))
				achats := filepath.Join(from, "bronze", "achats."+l.achats)
				if ending == l.achats {
					copyFile(t, achats, filepath.Join(bronze, "achats."+ending))
				} else {
					buildPython(t, "rewrite", achats, filepath.Join(bronze, "achats."+ending))
				}
				built(t, folder, l.now, 2)
				if differences := buildPython(t, "compare", filepath.Join(from, "gold"), filepath.Join(folder, "gold")); differences != "" {
					t.Error("the reference's gold is another one:\n" + differences)
				}
				want, got := silverReport(t, filepath.Join(from, "silver_report.json")), silverReport(t, filepath.Join(folder, "silver_report.json"))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("silver_report.json: -want +got:\n%s", diff)
				}
			})
		}
	}
}

// TestABuildIsTheSameBytes builds one lake with one, two and four threads, and with the purchases in one file and in three: every file of
// silver and gold has the same bytes.
func TestABuildIsTheSameBytes(t *testing.T) {
	from := filepath.Join(storetest.Shared(t), "data", "sample", "bronze")
	text, err := os.ReadFile(filepath.Join(from, "achats.csv"))
	if err != nil {
		t.Fatal(err)
	}
	header, rows, _ := strings.Cut(string(text), "\n")
	lines := strings.SplitAfter(rows, "\n")
	var want map[string]string
	for _, parts := range []int{1, 3} {
		for _, threads := range []int{1, 2, 4} {
			folder := t.TempDir()
			bronze := filepath.Join(folder, "bronze")
			copyFile(t, filepath.Join(from, "clients.csv"), filepath.Join(bronze, "clients.csv"))
			for i := range parts {
				part := header + "\n" + strings.Join(lines[len(lines)*i/parts:len(lines)*(i+1)/parts], "")
				if err := os.WriteFile(filepath.Join(bronze, fmt.Sprintf("achats_%d.csv", i)), []byte(part), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			built(t, folder, "2026-11-30T00:00:00Z", threads)
			got := map[string]string{}
			for _, stage := range []string{"silver", "gold"} {
				files, err := filepath.Glob(filepath.Join(folder, stage, "*.parquet"))
				if err != nil || len(files) == 0 {
					t.Fatal(stage, files, err)
				}
				for _, f := range files {
					body, err := os.ReadFile(f)
					if err != nil {
						t.Fatal(err)
					}
					got[stage+"/"+filepath.Base(f)] = fmt.Sprintf("%x", sha256.Sum256(body))
				}
			}
			if want == nil {
				want = got
			}
			if !maps.Equal(want, got) {
				t.Errorf("%d threads, %d files: -one thread, one file +got:\n%s", threads, parts, cmp.Diff(want, got))
			}
		}
	}
}

// TestAnAmountOfTooManyDigitsIsOverTheCap: it is a number, though not one that money's 18 digits hold.
func TestAnAmountOfTooManyDigitsIsOverTheCap(t *testing.T) {
	folder := t.TempDir()
	bronze := filepath.Join(folder, "bronze")
	if err := os.Mkdir(bronze, 0o700); err != nil {
		t.Fatal(err)
	}
	achats := "id_achat,id_client,date_achat,montant,produit\n"
	for i, amount := range []string{"10000", "10000.0001", "99999999999999.9999", "100000000000000", "1e15", "+1E300", "-100000000000000", "-1e15", "1e15x", "100 000 000 000 000", ""} {
		achats += fmt.Sprintf("%d,1,2025-01-01,%s,Thé\n", i, amount)
	}
	for name, text := range map[string]string{"clients.csv": "id_client,nom,email,date_inscription,pays\n1,Ada,a@x,2024-01-01,France\n", "achats.csv": achats} {
		if err := os.WriteFile(filepath.Join(bronze, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	built(t, folder, "2026-01-01T00:00:00Z", 2)
	want := map[string]int64{"amount_over_cap": 5, "amount_not_positive": 2, "missing_field": 3}
	got := silverReport(t, filepath.Join(folder, "silver_report.json"))["achats"].(*counts).Dropped
	maps.DeleteFunc(got, func(_ string, n int64) bool { return n == 0 })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// built builds the retail model's gold in a folder with bronze/.
func built(t *testing.T, folder, now string, threads int) *builder.Report {
	t.Helper()
	model := retail(t)
	tables, err := builder.ReadSQL(model.Files, model.Dir, model.Build)
	if err != nil {
		t.Fatal(err)
	}
	set, err := model.Build.Set([]string{"now=" + now})
	if err != nil {
		t.Fatal(err)
	}
	bronze := filepath.Join(folder, "bronze")
	source, err := dir.Open(bronze)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = source.Close() })
	at := func(name string) *place.Folder {
		f, err := place.NewFolder(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	root := at(".")
	b := &builder.Builder{
		Build: model.Build, Tables: tables, Set: set,
		Engine: duckdb.New(duckdb.Options{Executable: storetest.DuckDB(t), Threads: threads}),
		Lander: landing.New(landing.Config{Bronze: source, Path: bronze, Folder: filepath.Join(folder, "_landed"), Model: model.Name}),
		Lake: builder.Lake{
			Root: root, Silver: at("silver"), Quarantine: at("quarantine"), Gold: at("gold"), Scratch: filepath.Join(folder, "_scratch"), Lock: root.Lock,
		},
	}
	report, err := b.Run(t.Context(), builder.Options{}, builder.Progress{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// counts is what silver_report.json says of a table.
type counts struct {
	RowsIn  int64            `json:"rows_in"`
	Dropped map[string]int64 `json:"dropped"`
	RowsOut int64            `json:"rows_out"`
}

// silverReport reads a silver_report.json; the reference calls the table achats purchases.
func silverReport(t *testing.T, file string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Clients           counts
		Achats, Purchases *counts
		GoldRows          map[string]int64 `json:"gold_rows"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Achats == nil {
		r.Achats = r.Purchases
	}
	return map[string]any{"clients": r.Clients, "achats": r.Achats, "gold_rows": r.GoldRows}
}

// buildPython runs build.py and returns what it prints.
func buildPython(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), storetest.Python(t), append([]string{"-c", buildScript}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %s", err, out)
	}
	return string(out)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	body, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o750)
	}
	if err == nil {
		err = os.WriteFile(to, body, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func retail(t *testing.T) *contract.Model {
	t.Helper()
	all, broken, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil || len(broken) > 0 {
		t.Fatal(err, broken)
	}
	for _, m := range all {
		if m.Name == "retail" {
			return m
		}
	}
	t.Fatal("no model retail")
	return nil
}
