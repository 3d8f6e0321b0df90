package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/scoring/onnx"
)

const trainDeclared = `
targets:
  returned: {dataset: orders, task: classification, features: [price, country]}
  basket: {dataset: orders, field: price, task: regression, features: [quantity, country]}
`

// A lake of orders is published, and both of its targets are trained.
func TestTrainWritesAModelAndItsCard(t *testing.T) {
	t.Parallel()
	p := sqlitePlace(t)
	folder := t.TempDir()
	lake, models := filepath.Join(folder, "gold"), filepath.Join(folder, "models")
	if err := os.MkdirAll(lake, 0o700); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("order_id,price,quantity,country,returned\n")
	for i := range 400 {
		quantity, country := 1+i%7, []string{"France", "Spain", "Italy"}[i%3]
		returned := fmt.Sprint(i%5 == 0 || i%3 == 1 && quantity > 3)
		if i == 17 {
			returned = ""
		}
		fmt.Fprintf(&b, "%d,%.2f,%d,%s,%s\n", 1000+i, 10*float64(quantity)+float64(i%13), quantity, country, returned)
	}
	if err := os.WriteFile(filepath.Join(lake, "orders.csv"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	mustCLI(t, "init", lake, "--model", "market", "--models", models)
	file := filepath.Join(models, "market", "model.yaml")
	declared, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(declared, trainDeclared...), 0o600); err != nil {
		t.Fatal(err)
	}
	mustCLI(t, "publish", "--lake", lake, "--models", models, "--model", "market", "--store", p.store)
	ask := func(args ...string) (int, string, string) {
		return cli(t, append([]string{"train", "--models", models, "--model", "market", "--store", p.store}, args...)...)
	}

	first, second := filepath.Join(folder, "a"), filepath.Join(folder, "b")
	for _, to := range []string{first, second, second} {
		code, out, stderr := ask("--target", "returned", "--artifacts", to)
		if code != exitDone || !strings.Contains(out, "returned: 320 rows of release 1 to train on, 79 to test; 1 without a value of the target are left out") || !strings.Contains(out, "roc_auc") {
			t.Fatalf("exit %d\n%s%s", code, out, stderr)
		}
	}
	for _, name := range []string{"classification_model.onnx", "classification_model_meta.json"} {
		if a, b := mustRead(t, filepath.Join(first, name)), mustRead(t, filepath.Join(second, name)); a != b {
			t.Errorf("%s differs", name)
		}
	}
	checkReference(t, first)
	if code, out, stderr := ask("--target", "basket", "--artifacts", first, "--seed", "2"); code != exitDone || !strings.Contains(out, "rmse") {
		t.Errorf("exit %d\n%s%s", code, out, stderr)
	}
	for want, args := range map[string][]string{
		`model market has several targets: give --target with one of returned, basket`: nil,
		`model market has no target "x": expected returned, basket`:                    {"--target", "x"},
	} {
		if code, _, stderr := ask(args...); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d %s", args, code, stderr)
		}
	}
}

func mustRead(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// checkReference scores the card's reference rows by the file beside it.
func checkReference(t *testing.T, folder string) {
	t.Helper()
	var card gold.Card
	if err := json.Unmarshal([]byte(mustRead(t, filepath.Join(folder, "classification_model_meta.json"))), &card); err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Load([]byte(mustRead(t, filepath.Join(folder, "classification_model.onnx"))))
	if err != nil {
		t.Fatal(err)
	}
	price, country := &onnx.Tensor{}, &onnx.Tensor{}
	price.Reset(onnx.Float, len(card.Reference.Rows), 1)
	country.Reset(onnx.String, len(card.Reference.Rows), 1)
	for i, row := range card.Reference.Rows {
		price.Floats[i], country.Texts[i] = row[0].(float64), row[1].(string)
	}
	out, err := m.NewSession().Run([]*onnx.Tensor{price, country})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range card.Reference.Scores {
		if got := out[1].Floats[2*i+1]; math.Abs(got-want) > card.Reference.Tolerance {
			t.Errorf("row %d: %v, the card says %v", i, got, want)
		}
	}
	if card.Data.Release != 1 || card.Data.Dataset != "orders" || len(card.Data.Version) != 64 || len(card.Reference.Scores) != 10 {
		t.Errorf("card %+v", card.Data)
	}
}
