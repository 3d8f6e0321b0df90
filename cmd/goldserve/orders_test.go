package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold/storetest"
)

// ordersLake makes the raw file of the orders model where the model has its lake, in a new working folder, and builds it.
func ordersLake(t *testing.T, set ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("GOLDSERVE_DUCKDB", storetest.DuckDB(t))
	out := mustCLI(t, append([]string{"generate", "--model", "orders"}, set...)...)
	if !strings.HasPrefix(out, "orders_events.jsonl ") || !strings.HasSuffix(out, "Next: goldserve build --lake data --model orders\n") {
		t.Errorf("generate: %s", out)
	}
	mustCLI(t, "build", "--model", "orders", "--threads", "1")
}

// A second raw file, of what the generator doesn't make: other forms of the same values, events that were there already, and odd ones.
const moreOrders = `{"event_id":" evt-a ","event_ts":"2026-02-01 10:00:00.123456789","order_id":"900001","customer_id":"5.0","customer_since":"2026-03-01","country":" côte  d'IVOIRE","channel":" Kiosk\t","device":"","category":null,"items":"2.0","basket_value":"1.00005","discount_pct":"1e1","payment_method":" Cash  On ","delivery_days":"+3","returned":true}
{"event_id":"evt-b","event_ts":"1969-12-28T23:59:59-02:00","order_id":900002,"customer_id":900000,"customer_since":"1969-02-29","items":2.5,"basket_value":1e2,"discount_pct":"NaN","delivery_days":"١","returned":"FALSE"}
{"event_id":"evt-a","event_ts":"2026-02-01T10:00:00Z","order_id":900003,"customer_id":900001}
{"event_id":"evt-c","event_ts":"2026-02-30T10:00:00Z","order_id":900004,"customer_id":900001}
{"event_id":"evt-c","event_ts":"03/02/2026","order_id":900004,"customer_id":900001,"country":"saint-martin","basket_value":"-0","returned":" YES "}

{"event_id":"evt-d","event_ts":"2026-02-03","order_id":900001,"customer_id":900002,"basket_value":99.5,"items":0}
`

// TestOrdersAreThoseOfPandas: at three seeds every table is what a script computes from the raw files that shares nothing with the SQL; a
// later build with more raw files keeps the events, and adds the new ones.
func TestOrdersAreThoseOfPandas(t *testing.T) {
	python := storetest.Python(t)
	script, err := filepath.Abs(filepath.Join("testdata", "orders.py"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(what, want string) {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), python, script, "data/raw", "data/processed", "data/features").CombinedOutput()
		if got := strings.Join(strings.Fields(string(out)), " "); err != nil || want != "" && got != want || strings.Count(string(out), "\n") != 7 || strings.Contains(got, "wanted") {
			t.Errorf("%s: %v\n%s", what, err, out)
		}
	}
	for _, seed := range []string{"7", "8", "9"} {
		ordersLake(t, "--seed", seed, "--events", "1500", "--customers", "400", "--dirt", "3")
		check("seed "+seed, map[string]string{"7": "cleaned 1412 json 1412 csv 1412 events 1412 orders 1393 customers 341 predictions 1393"}[seed])
		if seed == "7" {
			if err := os.WriteFile("data/raw/orders_events_2.jsonl", []byte(moreOrders), 0o600); err != nil {
				t.Fatal(err)
			}
			mustCLI(t, "build", "--model", "orders")
			check("more events", "cleaned 1416 json 1416 csv 1416 events 1416 orders 1396 customers 344 predictions 1396")
		}
	}
}

// TestCleanedOrdersStayClean: cleaned again, they are the same rows, so that a stream of them gives what the raw file gives.
func TestCleanedOrdersStayClean(t *testing.T) {
	ordersLake(t, "--events", "1000", "--dirt", "3")
	again := t.TempDir()
	if err := os.MkdirAll(filepath.Join(again, "raw"), 0o700); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("data/processed/orders_events_cleaned.json")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.NewReplacer("[\n", "", ",\n", "\n", "\n]\n", "\n").Replace(string(text))
	if err := os.WriteFile(filepath.Join(again, "raw", "orders_events.jsonl"), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	mustCLI(t, "build", "--model", "orders", "--lake", again)
	if diff := cmp.Diff(sums(t, "data/features"), sums(t, filepath.Join(again, "features"))); diff != "" {
		t.Errorf("-once +twice\n%s", diff)
	}
}

// TestOrdersAreTheSameBytes: of the same seed, made and built twice, with one thread and with four.
func TestOrdersAreTheSameBytes(t *testing.T) {
	var want map[string]string
	for _, threads := range []string{"1", "4"} {
		t.Chdir(t.TempDir())
		t.Setenv("GOLDSERVE_DUCKDB", storetest.DuckDB(t))
		mustCLI(t, "generate", "--model", "orders", "--threads", threads)
		mustCLI(t, "build", "--model", "orders", "--threads", threads)
		got := sums(t, "data")
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) != 9 {
			t.Errorf("%d files: -one thread +four threads\n%s", len(got), diff)
		}
	}
}

// sums returns the digests of a lake's tables and raw files.
func sums(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(folder, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name()[0] == '_' || strings.Contains(name, "_landed") || e.Name() == "silver_report.json" {
			return err
		}
		text, err := os.ReadFile(name)
		sum := sha256.Sum256(text)
		name, _ = filepath.Rel(folder, name)
		found[name] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestShippedModelsAreTrainedAnew: the ONNX files and cards that the model ships are what train makes of a release of its sample.
func TestShippedModelsAreTrainedAnew(t *testing.T) {
	t.Parallel()
	const shipped = "../../models/orders/artifacts"
	p, folder := sqlitePlace(t), t.TempDir()
	mustCLI(t, "publish", "--model", "orders", "--lake", "../../models/orders/sample/gold", "--store", p.store)
	for _, target := range []string{"returned", "basket_value"} {
		mustCLI(t, "train", "--model", "orders", "--target", target, "--store", p.store, "--artifacts", folder)
	}
	trained, want := sums(t, folder), sums(t, shipped)
	if diff := cmp.Diff(want, trained); diff != "" && *updateDocs {
		for name := range trained {
			text, err := os.ReadFile(filepath.Join(folder, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(shipped, name), text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	} else if diff != "" || len(want) != 4 {
		t.Errorf("run this test with -update: -shipped +trained\n%s", diff)
	}
}

// TestScoresAreThoseOfONNXRuntime: both fields of every row, where GOLDSERVE_TEST_SKLEARN names a Python with onnxruntime (make test-onnx).
func TestScoresAreThoseOfONNXRuntime(t *testing.T) {
	python := os.Getenv("GOLDSERVE_TEST_SKLEARN")
	if python == "" {
		t.Skip("GOLDSERVE_TEST_SKLEARN names no Python with onnxruntime")
	}
	p, table := sqlitePlace(t), filepath.Join(t.TempDir(), "predictions.csv")
	mustCLI(t, "publish", "--model", "orders", "--lake", "../../models/orders/sample/gold", "--store", p.store)
	rows := mustCLI(t, "query", "predictions", "--model", "orders", "--store", p.store, "--format", "csv", "--limit", "0")
	if err := os.WriteFile(table, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "testdata/predictions.py", "../../models/orders/artifacts", table).CombinedOutput()
	if err != nil || string(out) != "return_proba 2932 same\nexpected_basket 2932 same\n" {
		t.Errorf("%v\n%s", err, out)
	}
}
