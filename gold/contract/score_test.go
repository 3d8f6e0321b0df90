package contract_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// scoredModel has three models that scikit-learn trained: see publisher/testdata/scored.py.
func scoredModel(t *testing.T, score string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{
		"m/model.yaml": {Data: []byte("name: m\ntitle: {en: M}\n")},
		"m/contracts/orders.odcs.yaml": {Data: []byte(`apiVersion: v3.1.0
kind: DataContract
id: m.orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {name: order_id, logicalType: integer, required: true, primaryKey: true}
      - {name: price, logicalType: number, physicalType: "decimal(10,2)"}
      - {name: weight, logicalType: number}
      - {name: quantity, logicalType: integer}
      - {name: vip, logicalType: boolean}
      - {name: country, logicalType: string}
      - {name: email, logicalType: string, classification: pii}
      - {name: proba, logicalType: number, physicalType: float}
      - {name: other_proba, logicalType: number, physicalName: Other}
      - {name: label, logicalType: integer}
      - {name: band, logicalType: string}
      - {name: day, logicalType: date}
    customProperties:
      - property: goldserve
        value:
          score: ` + score + "\n")},
		"m/broken.onnx": {Data: []byte("not a model")},
	}
	for _, name := range []string{"returned", "basket", "band"} {
		data, err := os.ReadFile(filepath.Join("../../publisher/testdata/scored", name+".onnx"))
		if err != nil {
			t.Fatal(err)
		}
		files["m/scores/"+name+".onnx"] = &fstest.MapFile{Data: data}
	}
	return files
}

func TestScoresAreBoundToFields(t *testing.T) {
	m, err := load(scoredModel(t, `[{model: scores/returned.onnx, outputs: {label: label, proba: "probabilities[1]"}}, {model: scores/band.onnx, inputs: {X: [price, weight]}, outputs: {band: label}}]`))
	if err != nil {
		t.Fatal(err)
	}
	d := &contractOf(m, "orders").Dataset
	want := []gold.Score{
		{
			Model: "scores/returned.onnx", SHA256: d.Scores[0].SHA256,
			Inputs:  []gold.ScoreInput{{Name: "price", Fields: []string{"price"}}, {Name: "weight", Fields: []string{"weight"}}, {Name: "vip", Fields: []string{"vip"}}, {Name: "country", Fields: []string{"country"}}},
			Outputs: []gold.ScoreOutput{{Field: "proba", Output: "probabilities[1]"}, {Field: "label", Output: "label"}},
		},
		{
			Model: "scores/band.onnx", SHA256: d.Scores[1].SHA256,
			Inputs:  []gold.ScoreInput{{Name: "X", Fields: []string{"price", "weight"}}},
			Outputs: []gold.ScoreOutput{{Field: "band", Output: "label"}},
		},
	}
	if diff := cmp.Diff(want, d.Scores); diff != "" || len(d.Scores[0].SHA256) != 64 || len(contractOf(m, "orders").Scorers) != 2 {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestScoresThatDontFit(t *testing.T) {
	for score, want := range map[string]string{
		`{model: ../returned.onnx, outputs: {proba: label}}`:                                                                                                    `24:26: goldserve: score: model: expected the path of an ONNX file in the model's folder, such as artifacts/returned.onnx, found "../returned.onnx"`,
		`{model: scores/retrned.onnx, outputs: {proba: label}}`:                                                                                                 `there is no file "scores/retrned.onnx" that can be read in the model's folder, where model.yaml is: put it there, or train it (goldserve train)`,
		`{model: broken.onnx, outputs: {proba: label}}`:                                                                                                         `goldserve: score: model: broken.onnx: `,
		`{model: scores/returned.onnx}`:                                                                                                                         `the key outputs is missing`,
		`{model: scores/returned.onnx, outputs: {}}`:                                                                                                            `no field is computed`,
		`{model: scores/returned.onnx, outputs: {prob: label}}`:                                                                                                 `orders has no field "prob" (did you mean proba?)`,
		`{model: scores/returned.onnx, outputs: {proba: label}}`:                                                                                                `output label is of type int64, which is no double: declare logicalType: integer`,
		`{model: scores/returned.onnx, outputs: {proba: probs}}`:                                                                                                `the file has no output probs: it has label, probabilities`,
		`{model: scores/returned.onnx, outputs: {proba: "probabilities"}}`:                                                                                      `output probabilities has 2 columns: choose one of probabilities[0] to probabilities[1]`,
		`{model: scores/returned.onnx, outputs: {proba: "probabilities[2]"}}`:                                                                                   `output probabilities has 2 columns, counted from 0: there is no probabilities[2]`,
		`{model: scores/returned.onnx, outputs: {proba: "probabilities[01]"}}`:                                                                                  `expected an output and the number of its column`,
		`{model: scores/returned.onnx, outputs: {order_id: label}}`:                                                                                             `it is of the key`,
		`{model: scores/returned.onnx, outputs: {email: label}}`:                                                                                                `email`,
		`{model: scores/returned.onnx, outputs: {other_proba: "probabilities[1]"}}`:                                                                             `it is computed, and not read from the source: leave physicalName, cast and defaultTimezone out`,
		`{model: scores/returned.onnx, outputs: {label: label}, inputs: {pric: price}}`:                                                                         `scores/returned.onnx has no input "pric" (did you mean price?)`,
		`{model: scores/returned.onnx, outputs: {label: label}, inputs: {price: prise}}`:                                                                        `input "price" of scores/returned.onnx: orders has no field "prise": declare it (did you mean price?)`,
		`{model: scores/returned.onnx, outputs: {label: label}, inputs: {country: day}}`:                                                                        `input country is of type string: expected a text, but day is a date`,
		`{model: scores/returned.onnx, outputs: {label: label}, inputs: {country: email}}`:                                                                      `input country of scores/returned.onnx: email`,
		`{model: scores/band.onnx, outputs: {band: label}}`:                                                                                                     `input "X" of scores/band.onnx: orders has no field "X": declare it, or say under inputs which field it takes`,
		`{model: scores/band.onnx, inputs: {X: price}, outputs: {band: label}}`:                                                                                 `input "X" of scores/band.onnx takes 2 columns, and is given 1 field`,
		`[{model: scores/returned.onnx, outputs: {proba: "probabilities[1]"}}, {model: scores/returned.onnx, outputs: {proba: "probabilities[0]"}}]`:            `two models compute it`,
		`[{model: scores/returned.onnx, outputs: {proba: "probabilities[1]"}}, {model: scores/band.onnx, inputs: {X: [price, proba]}, outputs: {band: label}}]`: `proba is computed by a model itself`,
	} {
		_, err := load(scoredModel(t, score))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "m/contracts/orders.odcs.yaml:24:") {
			t.Errorf("%s\n got %v\nwant %s", score, err, want)
		}
	}
}

func TestCardsAreCheckedWhenTheyAreLoaded(t *testing.T) {
	const reference = `{"task": "classification", "features": [{"name": "price", "kind": "number", "min": 1}], "metrics": [], "data": {"release": 7},
 "reference": {"columns": ["country", "price", "weight", "vip"], "rows": [["Élbonie", 49.76, 4.317663352976359, false], [null, null, null, null]], "scores": [0.5389763116836548, SECOND], "tolerance": TOLERANCE}}`
	score := `{model: scores/returned.onnx, outputs: {proba: "probabilities[1]"}}`
	for name, c := range map[string]struct{ card, want string }{
		"right":          {strings.NewReplacer("SECOND", "0.5", "TOLERANCE", "0.5").Replace(reference), ""},
		"another score":  {strings.NewReplacer("SECOND", "0.9", "TOLERANCE", "0.000001").Replace(reference), "scores/returned_meta.json: reference: row 2: the file gives another score than the card has"},
		"another file":   {`{"sha256": "00"}`, "sha256: it is the card of another file"},
		"an unknown key": {`{"referenced": {}}`, `unknown field "referenced"`},
		"no column":      {`{"reference": {"columns": ["price"], "rows": [[1]], "scores": [1]}}`, "reference: columns: there is none for input weight"},
		"a text":         {`{"reference": {"columns": ["price", "weight", "vip", "country"], "rows": [["x", 1, 1, "y"]], "scores": [1]}}`, "reference: row 1: price: the value is none of type float"},
		"a short row":    {`{"reference": {"columns": ["price", "weight", "vip", "country"], "rows": [[1]], "scores": [1]}}`, "reference: row 1 has 1 value for 4 columns"},
		"a label":        {`{"reference": {"output": "label", "columns": [], "rows": [], "scores": []}}`, "output label is of type int64"},
	} {
		files := scoredModel(t, score)
		files["m/scores/returned_meta.json"] = &fstest.MapFile{Data: []byte(c.card)}
		m, err := load(files)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		card := contractOf(m, "orders").Dataset.Scores[0].Card
		if card == nil || card.Reference != nil || card.Data.Release != 0 || *card.Features[0].Min != 1 {
			t.Errorf("card %+v", card)
		}
	}
}
