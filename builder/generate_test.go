package builder_test

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/builder/place"
	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/storetest"
	"goldserve/models"
)

// newGenerator makes the raw files of the model retail, into a new folder.
func newGenerator(t *testing.T, threads int, set ...string) *builder.Generator {
	t.Helper()
	all, _, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil {
		t.Fatal(err)
	}
	m := all[slices.IndexFunc(all, func(m *contract.Model) bool { return m.Name == "retail" })]
	tables, err := builder.ReadSQL(m.Files, m.Dir, m.Build)
	if err != nil {
		t.Fatal(err)
	}
	values, err := m.Build.SetGenerate(set)
	if err != nil {
		t.Fatal(err)
	}
	bronze, err := place.NewFolder(filepath.Join(t.TempDir(), "bronze"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bronze.Close() })
	return &builder.Generator{
		Tables:     slices.DeleteFunc(tables, func(t *builder.Table) bool { return t.Stage != builder.Generate }),
		Parameters: m.Build.Generate, Values: values, Bronze: bronze, Scratch: filepath.Join(bronze.String(), "_scratch"),
		Engine: duckdb.New(duckdb.Options{Executable: storetest.DuckDB(t), Threads: threads}),
	}
}

func generated(t *testing.T, g *builder.Generator) []builder.Generated {
	t.Helper()
	made, err := g.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range made {
		made[i].Seconds = 0
	}
	return made
}

func read(t *testing.T, g *builder.Generator, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(g.Bronze.String(), name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// records returns the rows of a CSV file without its header.
func records(t *testing.T, text []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// TestTheSameSeedMakesTheSameFiles: on every machine, with any number of threads, in each format.
func TestTheSameSeedMakesTheSameFiles(t *testing.T) {
	digests := map[string]string{"clients.csv": "", "achats.csv": ""}
	for _, threads := range []int{1, 3} {
		g := newGenerator(t, threads, "clients=300", "days=100")
		made := generated(t, g)
		if len(made) != 2 || made[0].File != "achats.csv" || made[0].Rows != int64(len(records(t, read(t, g, "achats.csv")))) || made[0].Bytes != int64(len(read(t, g, "achats.csv"))) {
			t.Errorf("got %+v", made)
		}
		for name, digest := range digests {
			sum := sha256.Sum256(read(t, g, name))
			if digests[name] = hex.EncodeToString(sum[:]); digest != "" && digest != digests[name] {
				t.Errorf("%s: other bytes with %d threads", name, threads)
			}
		}
		if left, err := os.ReadDir(g.Bronze.String()); err != nil || len(left) != 2 {
			t.Errorf("left behind: %v %v", left, err)
		}
	}
	for name, want := range map[string]string{
		"clients.csv": "9257ed176577037025c62a45a86c98730ee062c3a5069c7b5bf1e8366a624a92", "achats.csv": "5e43be3b3d489ba1b6653f05e55660905f13ca5212357dac826641b96d0c17e2",
	} {
		if digests[name] != want {
			t.Errorf("%s has the digest %s: other bytes than released ones for the same seed", name, digests[name])
		}
	}
	g, other := newGenerator(t, 0, "clients=300", "days=100"), newGenerator(t, 0, "clients=300", "days=100", "seed=8")
	g.Format, other.Format = "jsonl", "jsonl"
	generated(t, g)
	generated(t, other)
	lines := strings.Split(strings.TrimSpace(string(read(t, g, "clients.jsonl"))), "\n")
	var first map[string]*string
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || *first["id_client"] != "1" || len(lines) < 300 {
		t.Errorf("%d lines, the first %s: %v", len(lines), lines[0], err)
	}
	if string(read(t, g, "achats.jsonl")) == string(read(t, other, "achats.jsonl")) {
		t.Error("another seed makes the same purchases")
	}
}

// TestWhatGoesWrongInFilesIsAsOftenAsTheSQLSays counts by rules of its own, from the texts.
func TestWhatGoesWrongInFilesIsAsOftenAsTheSQLSays(t *testing.T) {
	g := newGenerator(t, 0, "clients=10000", "days=730", "dirt=2")
	generated(t, g)
	counts, last := map[string]int{}, ""
	rows := records(t, read(t, g, "achats.csv"))
	for _, row := range rows {
		id, client, date, amount, product := row[0], row[1], row[2], row[3], row[4]
		number, err := strconv.ParseFloat(amount, 64)
		switch year, _, _ := strings.Cut(date, "-"); {
		case id == "" || client == "" || strings.Contains(client, ".") || date == "" || err != nil || strings.TrimSpace(product) == "":
			counts["missing_field"]++
		case slices.Contains([]string{"32/13/2025", "2025-02-30 10:00:00", "hier", "2025-13-01"}, date):
			counts["bad_date"]++
		case year < "2000" || year > "2900":
			counts["date_out_of_range"]++
		case number <= 0:
			counts["amount_not_positive"]++
		case number > 10000:
			counts["amount_over_cap"]++
		case len(client) >= 5 && client > "10000":
			counts["orphan_client"]++
		case id == last:
			counts["duplicate_id"]++
		case product != strings.TrimSpace(product):
			counts["blanks"]++
		case strings.HasSuffix(date, "Z"):
			counts["zone"]++
		}
		last = id
	}
	within := func(what string, got, of int, rate float64) {
		t.Helper()
		want := rate * float64(of)
		if d := float64(got) - want; d*d > 16*want {
			t.Errorf("%s: %d of %d, expected about %.0f", what, got, of, want)
		}
	}
	for reason, of100000 := range map[string]float64{
		"missing_field": 1120, "bad_date": 280, "date_out_of_range": 120, "amount_not_positive": 720, "amount_over_cap": 40, "orphan_client": 240, "duplicate_id": 400, "blanks": 1200, "zone": 1200,
	} {
		within(reason, counts[reason], len(rows), of100000/100000)
	}

	clients, seen := map[string]int{}, map[string]bool{}
	people := records(t, read(t, g, "clients.csv"))
	for _, row := range people {
		switch {
		case slices.ContainsFunc(row, func(text string) bool { return strings.TrimSpace(text) == "" }):
			clients["missing_field"]++
		case slices.Contains([]string{"2025-02-30", "31-12-2024", "inconnue"}, row[3]):
			clients["bad_date"]++
		case row[3] < "2000" || row[3] > "2900":
			clients["date_out_of_range"]++
		case !strings.Contains(row[2], "@"):
			clients["email_without_at"]++
		case seen[row[0]]:
			clients["duplicate_id"]++
		}
		seen[row[0]] = true
	}
	for reason, of10000 := range map[string]float64{"missing_field": 180, "bad_date": 40, "date_out_of_range": 40, "email_without_at": 120, "duplicate_id": 80} {
		within("clients: "+reason, clients[reason], len(people), of10000/10000)
	}
}

// shape is what a shop's purchases look like.
type shape struct {
	Back  float64 `json:"back"`  // share of buyers who came on two days or more
	Gone  float64 `json:"gone"`  // share of buyers whose last purchase is 90 days old or more
	Much  float64 `json:"much"`  // days with purchases of a buyer, P90 to median
	Dear  float64 `json:"dear"`  // amounts, P90 to median
	Tail  float64 `json:"tail"`  // amounts, P99 to median
	Cheap float64 `json:"cheap"` // amounts, P10 to median
	Busy  float64 `json:"busy"`  // the busiest weekday to the mean
}

func shapeOf(t *testing.T, purchases string) (s shape) {
	t.Helper()
	sql := `WITH p AS (` + purchases + `), c AS (SELECT count(DISTINCT sold::DATE)::DOUBLE AS n, max(sold) AS newest FROM p GROUP BY client),
		w AS (SELECT count(*) AS n FROM p GROUP BY isodow(sold))
		SELECT (SELECT avg((n > 1)::INT) FROM c) AS back, (SELECT avg((newest < (SELECT max(sold) FROM p) - INTERVAL 90 DAY)::INT) FROM c) AS gone,
		(SELECT quantile_cont(n, 0.9) / quantile_cont(n, 0.5) FROM c) AS much, quantile_cont(amount, 0.9) / quantile_cont(amount, 0.5) AS dear,
		quantile_cont(amount, 0.99) / quantile_cont(amount, 0.5) AS tail, quantile_cont(amount, 0.1) / quantile_cont(amount, 0.5) AS cheap,
		(SELECT max(n) / avg(n) FROM w) AS busy FROM p`
	out, err := exec.CommandContext(t.Context(), storetest.DuckDB(t), "-no-init", "-batch", "-jsonlines", "-c", sql).CombinedOutput()
	if err == nil {
		err = json.Unmarshal(out, &s)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return s
}

// TestTheShopIsLikeARealOne compares it with the UCI Online Retail data set, a year of a British gift shop.
func TestTheShopIsLikeARealOne(t *testing.T) {
	g := newGenerator(t, 0, "clients=4000", "days=373", "dirt=0", "purchases=8")
	generated(t, g)
	got := shapeOf(t, "SELECT id_client AS client, date_achat AS sold, montant AS amount FROM '"+g.Bronze.String()+"/achats.csv'")
	want := shapeOf(t, "SELECT id_client AS client, date_achat AS sold, montant AS amount FROM '"+storetest.Shared(t)+"/data/retail/bronze/achats.parquet' WHERE montant > 0 AND id_client IS NOT NULL")
	near := func(what string, got, want, factor float64) {
		t.Helper()
		if got < want/factor || got > want*factor {
			t.Errorf("%s: %.2f, in the real shop %.2f", what, got, want)
		}
	}
	near("share of buyers who come back", got.Back, want.Back, 1.5)
	near("share of buyers who are gone", got.Gone, want.Gone, 1.5)
	near("days of a buyer, P90/P50", got.Much, want.Much, 2)
	near("amounts, P90/P50", got.Dear, want.Dear, 1.5)
	near("amounts, P99/P50", got.Tail, want.Tail, 2)
	near("amounts, P10/P50", got.Cheap, want.Cheap, 2)
	near("busiest weekday", got.Busy, want.Busy, 1.5)
	t.Logf("%+v, really %+v", got, want)
}

func TestFilesThatAreThereStay(t *testing.T) {
	g := newGenerator(t, 0, "clients=20", "days=10")
	for _, unchanged := range []bool{false, true} {
		for _, m := range generated(t, g) {
			if m.Unchanged != unchanged {
				t.Errorf("got %+v", m)
			}
		}
	}
	before := string(read(t, g, "achats.csv"))
	g.Values["seed"] = "8"
	_, err := g.All(t.Context())
	if e, ok := errors.AsType[*gold.Error](err); !ok || e.Kind != gold.Invalid || !strings.Contains(e.Message, "already has a different achats.csv") || string(read(t, g, "achats.csv")) != before {
		t.Errorf("got %v", err)
	}
	g.Format = "parquet"
	if _, err := g.All(t.Context()); err == nil || !strings.Contains(err.Error(), "already has achats.csv, with the same rows as achats.parquet") {
		t.Errorf("got %v", err)
	}
	g.Format, g.Overwrite = "", true
	generated(t, g)
	if string(read(t, g, "achats.csv")) == before {
		t.Error("the file was not replaced")
	}
}

// TestASliceHasTheRowsOfItsTime: and the last one is whole, however the generating ends.
func TestASliceHasTheRowsOfItsTime(t *testing.T) {
	g := newGenerator(t, 0, "clients=50", "dirt=0")
	ctx, stop := context.WithCancel(t.Context())
	var files []string
	if err := g.Every(ctx, time.Second, func(made []builder.Generated) {
		for _, m := range made {
			files = append(files, m.File)
		}
		if len(files) == 3 {
			stop()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if len(files) != 3 || files[0] != "clients.csv" {
		t.Fatalf("got %v", files)
	}
	seen := map[string]bool{}
	for _, name := range files[1:] {
		begin, err := time.Parse("achats_"+builder.SliceName+".csv", name)
		if err != nil {
			t.Fatal(err)
		}
		if age := time.Since(begin); age < time.Second || age > time.Minute {
			t.Errorf("%s is of a time %s ago", name, age)
		}
		for _, row := range records(t, read(t, g, name)) {
			at, err := time.Parse(time.DateTime, row[2])
			if err != nil || at.Before(begin) || !at.Before(begin.Add(time.Second)) || seen[row[0]] {
				t.Errorf("%s has the row %v: %v", name, row, err)
			}
			seen[row[0]] = true
		}
	}
	if left, err := os.ReadDir(g.Bronze.String()); err != nil || len(left) != 3 || len(seen) < 10 {
		t.Errorf("%d rows in %v: %v", len(seen), left, err)
	}
}
