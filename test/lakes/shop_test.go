//go:build e2e

package lakes

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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

//go:embed shop.py
var shopScript string

const shopKey = "the key of a test, which is no secret"

// TestTheShopIsWhatPandasComputes compares every table of the model shop, of three seeds, with what pandas computes from the same raw
// files; and no file behind bronze has a name or an e-mail address.
func TestTheShopIsWhatPandasComputes(t *testing.T) {
	python := storetest.Python(t)
	for _, seed := range []string{"7", "8", "9"} {
		t.Run("seed "+seed, func(t *testing.T) {
			folder := t.TempDir()
			shop(t, folder, 2, "seed="+seed, "slices=80", "dirt=4")
			spoil(t, filepath.Join(folder, "bronze"))
			buildShop(t, folder, 2, 0)
			pandas(t, python, folder, filepath.Join(folder, "bronze"))
			canary(t, folder)
		})
	}
}

// TestTheShopIsWhatPandasComputesWithoutOldRawFiles builds a shop to which slices come, and whose raw files go after two minutes: every table is
// what pandas computes from all of them.
func TestTheShopIsWhatPandasComputesWithoutOldRawFiles(t *testing.T) {
	python := storetest.Python(t)
	folder, all := t.TempDir(), t.TempDir()
	shop(t, all, 2, "seed=8", "slices=200", "step=5", "dirt=4")
	from, to := filepath.Join(all, "bronze"), filepath.Join(folder, "bronze")
	spoil(t, from)
	if err := os.Mkdir(to, 0o750); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	slice := func(e fs.DirEntry) string {
		_, rest, _ := strings.Cut(e.Name(), "_")
		return rest
	}
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(slice(a), slice(b)) })
	for i, e := range entries {
		text, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(to, e.Name()), string(text))
		if i%150 == 149 || i == len(entries)-1 {
			buildShop(t, folder, 2, 2*time.Minute)
		}
	}
	left, err := os.ReadDir(to)
	if err != nil || len(left) > len(entries)/2 {
		t.Errorf("%d of %d raw files are left: %v", len(left), len(entries), err)
	}
	pandas(t, python, folder, from)
	canary(t, folder)
}

// pandas compares the tables of a lake with what pandas computes from raw files.
func pandas(t *testing.T, python, folder, bronze string) {
	t.Helper()
	key, script := filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "shop.py")
	write(t, key, shopKey)
	write(t, script, shopScript)
	cmd := exec.CommandContext(t.Context(), python, script, bronze, filepath.Join(folder, "silver"), filepath.Join(folder, "gold"), key)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestTheShopIsTheSameBytes makes and builds the shop twice, with one thread and with four: every file of every stage is the same.
func TestTheShopIsTheSameBytes(t *testing.T) {
	var want map[string]string
	for _, threads := range []int{1, 4} {
		folder := t.TempDir()
		shop(t, folder, threads, "slices=80")
		buildShop(t, folder, threads, 0)
		got := map[string]string{}
		walk(t, folder, func(name string, text []byte) {
			if stage, _, _ := strings.Cut(name, "/"); stage != "_landed" && filepath.Base(name)[0] != '_' {
				got[name] = fmt.Sprintf("%x", sha256.Sum256(text))
			}
		})
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) < 80*6 {
			t.Errorf("%d files: -one thread +four threads\n%s", len(got), diff)
		}
	}
}

// spoil adds to raw files what the generator doesn't make: a line that is no JSON, orders and customers that come again in later files.
func spoil(t *testing.T, bronze string) {
	t.Helper()
	first := func(pattern string) (string, string) {
		found, err := filepath.Glob(filepath.Join(bronze, pattern))
		if err != nil || len(found) == 0 {
			t.Fatal(found, err)
		}
		text, err := os.ReadFile(found[0])
		if err != nil {
			t.Fatal(err)
		}
		return found[0], string(text)
	}
	clicks, text := first("clicks_*.txt")
	write(t, clicks, "{\"customer_id\": 1, \"page\"\n"+text+"[]\n"+`{"customer_id":"5","page":" / x ","ip":"1.2.3.4","click_ts":"2025-11-13 10:00:00.123456"}`+"\n")
	_, text = first("customers_*.csv")
	lines := strings.SplitAfter(text, "\n")
	write(t, filepath.Join(bronze, "customers_20260101T000000.csv"), lines[0]+lines[1]+"77,  Émile ,ßen, É@Example.COM ,  South   Africa ,03/04/2025\n78,,, , ,2025-01-01T10:00:00+02:00\n")
	_, text = first("orders_*.json")
	lines = strings.SplitAfter(text, "\n")
	write(t, filepath.Join(bronze, "orders_20260101T000000.json"), "[\n"+lines[1]+lines[2]+
		`{"order_id":"1","customer_id":77,"product":" A  B ","quantity":"2","unit_price":"1.005","total_amount":"","order_ts":"03/04/2025 10:00:00","channel":"NA"},`+"\n"+
		`{"order_id":2,"customer_id":78,"product":null,"quantity":null,"unit_price":2,"total_amount":null,"order_ts":"2025-04-03T23:30:00-02:00","channel":" Mobile "}`+"\n]\n")
}

// canary looks for names and e-mail addresses behind bronze.
func canary(t *testing.T, folder string) {
	t.Helper()
	personal := regexp.MustCompile(`(?i)@example|Émile|Chloé|O'Neill|Fontaine|Eriksson`)
	files := 0
	walk(t, folder, func(name string, text []byte) {
		stage, _, _ := strings.Cut(name, "/")
		switch {
		case stage == "bronze" || !strings.Contains(name, "/") || strings.HasPrefix(name, "_carried/clicks") || strings.HasPrefix(name, "_carried/orders") || strings.HasPrefix(name, "_landed/clicks") || strings.HasPrefix(name, "_landed/orders"):
			return // orders and clicks have no names
		case stage == "silver" || stage == "gold" || stage == "quarantine" || stage == "_landed" || stage == "_carried":
			files++
		}
		if strings.HasSuffix(name, ".parquet") {
			text = asText(t, filepath.Join(folder, name))
		}
		if found := personal.Find(text); found != nil {
			t.Errorf("%s has %q", name, found)
		}
		if stage[0] != '_' && bytes.Contains(text, []byte("999.999.999.999")) {
			t.Errorf("%s has an IP address", name)
		}
	})
	if files < 100 { // 3 tables of 40 slices and more
		t.Errorf("%d files were looked into", files)
	}
}

// asText returns the rows of a Parquet file as text.
func asText(t *testing.T, file string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), storetest.DuckDB(t), "-csv", "-c", "FROM '"+file+"'").Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func walk(t *testing.T, folder string, of func(name string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		of(filepath.ToSlash(name), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func shopModel(t *testing.T) (*contract.Model, []*builder.Table) {
	t.Helper()
	all, broken, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil || len(broken) > 0 {
		t.Fatal(broken, err)
	}
	for _, m := range all {
		if m.Name == "shop" {
			tables, err := builder.ReadSQL(m.Files, m.Dir, m.Build)
			if err != nil {
				t.Fatal(err)
			}
			return m, tables
		}
	}
	t.Fatal("no model shop")
	return nil, nil
}

func placeAt(t *testing.T, folder string) *place.Folder {
	t.Helper()
	f, err := place.NewFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// shop makes raw files in folder/bronze.
func shop(t *testing.T, folder string, threads int, set ...string) {
	t.Helper()
	model, tables := shopModel(t)
	values, err := model.Build.SetGenerate(set)
	if err != nil {
		t.Fatal(err)
	}
	g := &builder.Generator{
		Parameters: model.Build.Generate, Values: values, Engine: duckdb.New(duckdb.Options{Executable: storetest.DuckDB(t), Threads: threads}),
		Bronze: placeAt(t, filepath.Join(folder, "bronze")), Scratch: filepath.Join(folder, "_scratch"),
	}
	for _, table := range tables {
		if table.Stage == builder.Generate {
			g.Tables = append(g.Tables, table)
		}
	}
	if _, err := g.All(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// buildShop builds a shop, whose raw files stay that long; 0: for ever.
func buildShop(t *testing.T, folder string, threads int, age time.Duration) {
	t.Helper()
	model, tables := shopModel(t)
	model.Build.Retention.Bronze = age
	bronze := filepath.Join(folder, "bronze")
	source, err := dir.Open(bronze)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = source.Close() })
	root := placeAt(t, folder)
	b := &builder.Builder{
		Model: model.Name, Build: model.Build, Tables: tables, Engine: duckdb.New(duckdb.Options{Executable: storetest.DuckDB(t), Threads: threads}),
		Lander: landing.New(landing.Config{
			Bronze: source, Path: bronze, Folder: filepath.Join(folder, "_landed"), Model: model.Name, HMACKey: []byte(shopKey),
			Raw: placeAt(t, bronze), Carried: placeAt(t, filepath.Join(folder, "_carried")),
		}),
		Lake: builder.Lake{
			Root: root, Silver: placeAt(t, filepath.Join(folder, "silver")), Quarantine: placeAt(t, filepath.Join(folder, "quarantine")),
			Gold: placeAt(t, filepath.Join(folder, "gold")), Scratch: filepath.Join(folder, "_scratch"), Lock: root.Lock,
		},
	}
	if _, err := b.Run(t.Context(), builder.Options{}, builder.Progress{}); err != nil {
		t.Fatal(err)
	}
}
