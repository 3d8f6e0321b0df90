package publisher_test

import (
	"encoding/csv"
	"errors"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/publisher"
	"goldserve/scoring/onnx"
	"goldserve/test/fixture"
)

// scoredContract declares the fields of testdata/scored/orders.csv, and those that its three models compute.
const scoredContract = `apiVersion: v3.1.0
kind: DataContract
id: shop.orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {name: order_id, logicalType: integer, required: true, primaryKey: true}
      - {name: return_proba, logicalType: number, required: true, logicalTypeOptions: {minimum: 0, maximum: 1}}
      - {name: price, logicalType: number, physicalType: "decimal(10,2)"}
      - {name: weight, logicalType: number}
      - {name: band, logicalType: string, required: true, quality: [{type: library, metric: invalidValues, arguments: {validValues: [low, mid, high]}, mustBe: 0}]}
      - {name: quantity, logicalType: integer, required: true}
      - {name: vip, logicalType: boolean}
      - {name: country, logicalType: string}
      - {name: return_label, logicalType: integer, required: true}
      - {name: basket_value, logicalType: number, required: true}
    customProperties:
      - property: goldserve
        value:
          source: "orders_*.csv"
          metrics: {expected_returns: sum(return_proba), mean_basket: avg(basket_value)}
          score:
            - {model: returned.onnx, outputs: {return_label: label, return_proba: "probabilities[1]"}}
            - {model: basket.onnx, outputs: {basket_value: variable}}
            - {model: band.onnx, inputs: {X: [price, weight]}, outputs: {band: label}}
`

const bandsContract = `apiVersion: v3.1.0
kind: DataContract
id: shop.bands
version: 1.0.0
status: active
schema:
  - name: bands
    properties:
      - {name: band, logicalType: string, required: true, primaryKey: true}
      - {name: orders, logicalType: integer, required: true}
      - {name: returns, logicalType: number, required: true}
    customProperties:
      - {property: goldserve, value: {derive: {from: orders, group: [band], measures: {orders: count(), returns: sum(return_proba)}}}}
`

// scoredFiles are the files of the model; change may change them.
func scoredFiles(t testing.TB, change func(fstest.MapFS)) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{
		"shop/model.yaml":                 {Data: []byte("name: shop\ntitle: {en: Shop}\n")},
		"shop/contracts/orders.odcs.yaml": {Data: []byte(scoredContract)},
		"shop/contracts/bands.odcs.yaml":  {Data: []byte(bandsContract)},
	}
	for _, name := range []string{"returned", "basket", "band"} {
		data, err := os.ReadFile(filepath.Join("testdata/scored", name+".onnx"))
		if err != nil {
			t.Fatal(err)
		}
		files["shop/"+name+".onnx"] = &fstest.MapFile{Data: data}
	}
	if change != nil {
		change(files)
	}
	return files
}

func scoredModel(t testing.TB, change func(fstest.MapFS)) *contract.Model {
	t.Helper()
	models, broken, err := contract.LoadAll(contract.Overlays{}, scoredFiles(t, change))
	for _, b := range broken {
		t.Fatal(b.Err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return models[0]
}

// scoredLake writes the rows of orders.csv as so many files.
func scoredLake(t testing.TB, parts int) string {
	t.Helper()
	data, err := os.ReadFile("testdata/scored/orders.csv")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	lines := strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
	rows := lines[1:]
	for p := range parts {
		writeOrdersPart(t, folder, p, lines[0]+strings.Join(rows[p*len(rows)/parts:(p+1)*len(rows)/parts], ""))
	}
	return folder
}

func writeOrdersPart(t testing.TB, folder string, part int, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "orders_"+strconv.Itoa(part)+".csv"), []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func publishScored(t testing.TB, store gold.Store, m *contract.Model, folder string) (*publisher.Report, error) {
	t.Helper()
	p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test", TTL: time.Second})
	return p.Publish(t.Context(), publisher.Request{Model: m, Lake: fixture.OpenLake(t, folder), NoSuccessFile: true})
}

func mustPublishScored(t testing.TB, store gold.Store, m *contract.Model, folder string) *publisher.Report {
	t.Helper()
	report, err := publishScored(t, store, m, folder)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// compareScores compares a release's rows with what onnxruntime says.
func compareScores(t *testing.T, store gold.Store, r *gold.Release) {
	t.Helper()
	file, err := os.Open("testdata/scored/expected.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	want, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	fields := want[0]
	rows, err := store.Rows(t.Context(), gold.Query{Version: r.Version("orders"), Fields: fields, Sort: []gold.Sort{{Field: "order_id"}}})
	if err != nil {
		t.Fatal(err)
	}
	n, worst, bands := 0, 0.0, map[string]float64{}
	for {
		b, err := rows.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Rows {
			n++
			for k, f := range b.Fields {
				got, expected := b.Columns[k].Value(i), want[n][k]
				if f.Kind != gold.Double {
					if got.String() != expected {
						t.Errorf("row %d: %s is %s, onnxruntime says %s", n, f.Name, got, expected)
					}
					continue
				}
				x, err := strconv.ParseFloat(expected, 64)
				if err != nil {
					t.Fatal(err)
				}
				worst = max(worst, math.Abs(got.Double()-x)/max(1, math.Abs(x)))
			}
			bands[want[n][4]]++
		}
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if n != len(want)-1 || worst > 1e-6 {
		t.Errorf("%d rows of %d; the largest difference from onnxruntime is %g", n, len(want)-1, worst)
	}
	if got := r.Version("bands").Rows; got != int64(len(bands)) {
		t.Errorf("bands has %d rows, expected %d", got, len(bands))
	}
}

func TestScoresAreThoseOfOnnxruntime(t *testing.T) {
	for _, parts := range []int{1, 3} {
		store := openSQLite(t)
		folder := scoredLake(t, parts)
		report := mustPublishScored(t, store, scoredModel(t, nil), folder)
		compareScores(t, store, report.Release)
		d := &report.Release.Version("orders").Dataset
		if len(d.Scores) != 3 || len(d.Scores[0].SHA256) != 64 || !slices.Equal(d.Scores[2].Reads(), []string{"price", "weight"}) {
			t.Errorf("the release says of its scores: %+v", d.Scores)
		}
		if again := mustPublishScored(t, store, scoredModel(t, nil), folder); again.Outcome != publisher.Unchanged {
			t.Errorf("a second publish: %v", again.Outcome)
		}
		p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler)})
		if _, err := p.Verify(t.Context(), publisher.VerifyRequest{Model: "shop"}); err != nil {
			t.Error(err)
		}
		if _, err := p.Check(t.Context(), publisher.Request{Model: scoredModel(t, nil), Lake: fixture.OpenLake(t, folder), NoSuccessFile: true}); err != nil {
			t.Error(err)
		}
	}
}

// Parts that come in are appended: their rows alone are scored and stored.
func TestScoredPartsAreAppended(t *testing.T) { testScoredParts(t, openSQLite(t)) }

func testScoredParts(t *testing.T, store gold.Store) {
	t.Helper()
	folder := scoredLake(t, 3)
	last := filepath.Join(folder, "orders_2.csv")
	data, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(last); err != nil {
		t.Fatal(err)
	}
	m := scoredModel(t, nil)
	first := mustPublishScored(t, store, m, folder)
	writeOrdersPart(t, folder, 2, strings.TrimSuffix(string(data), "\n"))
	report := mustPublishScored(t, store, m, folder)
	if rows := report.Release.Version("orders").Rows - first.Release.Version("orders").Rows; rows >= 200 || report.Rows > rows+3 {
		t.Errorf("%d rows came in, %d were loaded", rows, report.Rows)
	}
	compareScores(t, store, report.Release)
	whole := mustPublishScored(t, openSQLite(t), m, folder).Release.Version("orders")
	if got := report.Release.Version("orders"); got.ID != whole.ID || got.Digest != whole.Digest {
		t.Errorf("appended %.8s %.8s, loaded whole %.8s %.8s", got.ID, got.Digest, whole.ID, whole.Digest)
	}
}

// Another file makes another version although no row of the lake changed; another card does not.
func TestAnotherModelIsAnotherVersion(t *testing.T) {
	store, folder := openSQLite(t), scoredLake(t, 1)
	first := mustPublishScored(t, store, scoredModel(t, nil), folder).Release
	changed := scoredModel(t, func(files fstest.MapFS) { files["shop/returned.onnx"].Data = constantModel(0.25) })
	planned := plannedScored(t, store, changed, folder)
	report := mustPublishScored(t, store, changed, folder)
	if report.Release == nil || report.Release.Version("orders").ID == first.Version("orders").ID || report.Release.Version("bands").ID == first.Version("bands").ID {
		t.Fatalf("outcome %v", report.Outcome)
	}
	var why []string
	for _, d := range planned.Plan.Datasets {
		for _, w := range d.Why {
			why = append(why, w.Detail)
		}
	}
	if text := strings.Join(why, "\n"); !strings.Contains(text, "return_label, return_proba is scored by returned.onnx") && !strings.Contains(text, "return_proba, return_label is scored by returned.onnx") {
		t.Errorf("the report says %s", text)
	}
	withCard := scoredModel(t, func(files fstest.MapFS) {
		files["shop/returned.onnx"].Data = constantModel(0.25)
		files["shop/returned_meta.json"] = &fstest.MapFile{Data: []byte(`{"task": "classification", "features": [], "metrics": [{"name": "roc_auc", "value": 0.7}]}`)}
	})
	carded := mustPublishScored(t, store, withCard, folder)
	if carded.Release == nil || carded.Release.Version("orders").ID != report.Release.Version("orders").ID || carded.Release.Version("orders").Dataset.Scores[0].Card.Metrics[0].Value != 0.7 {
		t.Errorf("another card: outcome %v", carded.Outcome)
	}
}

func plannedScored(t *testing.T, store gold.Store, m *contract.Model, folder string) *publisher.Report {
	t.Helper()
	p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler)})
	report, err := p.Publish(t.Context(), publisher.Request{Model: m, Lake: fixture.OpenLake(t, folder), DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// constantModel takes the inputs of returned.onnx, and scores all rows alike.
func constantModel(score float32) []byte {
	const ml = "ai.onnx.ml"
	g := onnx.Graph{Name: "constant", Domains: []onnx.Domain{{Version: 21}, {Name: ml, Version: 3}}}
	for _, name := range []string{"price", "weight", "vip"} {
		g.Inputs = append(g.Inputs, onnx.Value{Name: name, Type: onnx.Float, Dims: []int{-1, 1}})
	}
	g.Inputs = append(g.Inputs, onnx.Value{Name: "country", Type: onnx.String, Dims: []int{-1, 1}})
	g.Nodes = []onnx.Node{
		{Name: "filled", Op: "Imputer", Domain: ml, Inputs: []string{"price"}, Outputs: []string{"filled"}, Attributes: []onnx.Attribute{
			{Name: "imputed_value_floats", Floats: []float32{0}}, {Name: "replaced_value_float", Float: float32(math.NaN())},
		}},
		{Name: "score", Op: "LinearClassifier", Domain: ml, Inputs: []string{"filled"}, Outputs: []string{"label", "probabilities"}, Attributes: []onnx.Attribute{
			{Name: "classlabels_ints", Ints: []int64{0, 1}},
			{Name: "coefficients", Floats: []float32{0, 0}},
			{Name: "intercepts", Floats: []float32{1 - score, score}},
			{Name: "multi_class", Int: 0},
			{Name: "post_transform", Text: "NONE"},
		}},
	}
	g.Outputs = []onnx.Value{{Name: "label", Type: onnx.Int64, Dims: []int{-1}}, {Name: "probabilities", Type: onnx.Float, Dims: []int{-1, 2}}}
	return g.Marshal()
}

// What can't be scored is refused with its file, row and field, and the release before it stays.
func TestRowsThatCantBeScoredAreRefused(t *testing.T) {
	store, folder := openSQLite(t), scoredLake(t, 1)
	mustPublishScored(t, store, scoredModel(t, nil), folder)
	optional := func(files fstest.MapFS) {
		f := files["shop/contracts/orders.odcs.yaml"]
		f.Data = []byte(strings.Replace(string(f.Data), "{name: quantity, logicalType: integer, required: true}", "{name: quantity, logicalType: integer}", 1))
	}
	path := filepath.Join(folder, "orders_0.csv")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	columns := strings.Split(lines[7], ",")
	columns[3] = ""
	lines[7] = strings.Join(columns, ",")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = publishScored(t, store, scoredModel(t, optional), folder)
	if gold.CodeOf(err) != gold.CodeScoreFailed || !strings.Contains(err.Error(), "orders_0.csv, column quantity, row 7: it is null, and input quantity of the model, of type int64, takes no nulls") {
		t.Errorf("error: %v", err)
	}
	r, err := store.Resolve(t.Context(), gold.Selector{Model: "shop"})
	if err != nil || r.Number != 1 {
		t.Errorf("release %+v, %v", r, err)
	}
}
