package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// scoredContract is that of a lake of orders, with the settings of its dataset.
const scoredContract = `apiVersion: v3.1.0
kind: DataContract
id: market.orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {name: order_id, logicalType: integer, required: true, primaryKey: true}
      - {name: price, logicalType: number, physicalType: "decimal(10,2)"}
      - {name: quantity, logicalType: integer}
      - {name: country, logicalType: string}
      - {name: returned, logicalType: boolean}
`

const scoredSettings = `      - {name: return_proba, logicalType: number, physicalType: float, required: true}
    customProperties:
      - {property: goldserve, value: {score: {model: artifacts/classification_model.onnx, outputs: {return_proba: "probabilities[1]"}}}}
`

func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What was trained on a release scores the next one when it is published, and the same rows when they are posted, alike. A
// server scores by its file only while that is the release's, and takes a new one without a restart.
func TestTrainingPublishingAndServingScoreAlike(t *testing.T) {
	t.Parallel()
	p := sqlitePlace(t)
	folder := t.TempDir()
	lake, models := filepath.Join(folder, "gold"), filepath.Join(folder, "models")
	var b strings.Builder
	b.WriteString("order_id,price,quantity,country,returned\n")
	for i := range 400 {
		quantity, country := fmt.Sprint(1+i%7), []string{"France", "Spain", "", "Élbonie"}[i%4]
		if i%11 == 0 {
			quantity = ""
		}
		fmt.Fprintf(&b, "%d,%.2f,%s,%s,%t\n", 1000+i, 10.1*float64(i%9)+float64(i%13)/7, quantity, country, i%5 == 0 || i%4 == 1)
	}
	mustWrite(t, filepath.Join(lake, "orders.csv"), b.String())
	mustWrite(t, filepath.Join(models, "market", "model.yaml"), "name: market\ntitle: {en: Market}\ntargets: {returned: {dataset: orders, task: classification, features: [price, quantity, country]}}\n")
	contract := filepath.Join(models, "market", "contracts", "orders.odcs.yaml")
	mustWrite(t, contract, scoredContract)
	args := []string{"--models", models, "--model", "market", "--store", p.store}
	publish := func() { mustCLI(t, append([]string{"publish", "--lake", lake}, args...)...) }
	train := func(more ...string) string {
		return mustCLI(t, append(append([]string{"train", "--json", "--artifacts", filepath.Join(models, "market", "artifacts")}, args...), more...)...)
	}
	publish()
	var made struct {
		File string
		Card struct{ SHA256 string }
	}
	if err := json.Unmarshal([]byte(train("--release", "1")), &made); err != nil || !strings.HasSuffix(made.File, "classification_model.onnx") {
		t.Fatal(made, err)
	}
	mustWrite(t, contract, scoredContract+scoredSettings)
	publish()

	server := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}})
	compareWithPosted(t, server.URL+"/m/market", 2, made.Card.SHA256)
	if text := mustGet(t, server.URL+"/m/market/models"); !strings.Contains(text, `"metrics":[{"name":"roc_auc"`) || !strings.Contains(text, made.Card.SHA256) || strings.Contains(text, `"reference"`) {
		t.Errorf("models: %s", text)
	}
	before := made.Card.SHA256
	if err := json.Unmarshal([]byte(train("--seed", "5")), &made); err != nil || made.Card.SHA256 == before {
		t.Fatal("another seed gives the same file", err)
	}
	publish()
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(mustGet(t, server.URL+"/m/market/releases/current"), `"release":3`) && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	compareWithPosted(t, server.URL+"/m/market", 3, made.Card.SHA256)
	if code, _, stderr := cli(t, append([]string{"train", "--release", "9"}, args...)...); code == exitDone || !strings.Contains(stderr, "9") {
		t.Errorf("release 9: exit %d %s", code, stderr)
	}
}

func mustGet(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatal(r.Status, string(text), err)
	}
	return string(text)
}

// compareWithPosted posts the rows that a release has, and compares the scores.
func compareWithPosted(t *testing.T, base string, release int, sha string) {
	t.Helper()
	var rows struct {
		Data []map[string]json.RawMessage
		Meta struct{ Release int }
	}
	if err := json.Unmarshal([]byte(mustGet(t, base+"/datasets/orders/rows?limit=1000")), &rows); err != nil || len(rows.Data) != 400 || rows.Meta.Release != release {
		t.Fatalf("%d rows of release %d, %v", len(rows.Data), rows.Meta.Release, err)
	}
	body, err := json.Marshal(map[string]any{"rows": rows.Data})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.Post(base+"/score", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	var scores struct{ Data []map[string]json.RawMessage }
	if err != nil || json.Unmarshal(text, &scores) != nil || len(scores.Data) != len(rows.Data) || !strings.Contains(string(text), sha) {
		t.Fatalf("%s %.300s", r.Status, text)
	}
	distinct := map[string]bool{}
	for i, row := range rows.Data {
		got, want := string(scores.Data[i]["return_proba"]), string(row["return_proba"])
		if distinct[want] = true; got != want {
			t.Errorf("row %d: %s posted, %s published", i, got, want)
		}
	}
	if len(distinct) < 20 {
		t.Errorf("%d scores are distinct", len(distinct))
	}
}
