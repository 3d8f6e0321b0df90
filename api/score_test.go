package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/scoring"
)

// scoredShop serves a shop whose purchases are scored by a model of scikit-learn: see publisher/testdata/scored.py. change may
// change what the release says.
func scoredShop(t testing.TB, log *bytes.Buffer, change func(*gold.Dataset)) http.Handler {
	t.Helper()
	reader := newMemory(1)
	folder := os.DirFS("../publisher/testdata/scored")
	data, err := fs.ReadFile(folder, "returned.onnx")
	if err != nil {
		t.Fatal(err)
	}
	file, err := scoring.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range reader.releases[0].Versions {
		d := &reader.releases[0].Versions[i].Dataset
		if d.Name != "achats" {
			continue
		}
		d.Fields = append(slices.Clone(d.Fields), gold.Field{Name: "retour", Kind: gold.Double, Nullable: true}, gold.Field{Name: "classe", Kind: gold.Int, Nullable: true})
		d.Scores = []gold.Score{{
			Model: "returned.onnx", SHA256: file.SHA256,
			Inputs:  []gold.ScoreInput{{Name: "price", Fields: []string{"montant"}}, {Name: "weight", Fields: []string{"prix"}}, {Name: "vip", Fields: []string{"client"}}, {Name: "country", Fields: []string{"pays"}}},
			Outputs: []gold.ScoreOutput{{Field: "retour", Output: "probabilities[1]"}, {Field: "classe", Output: "label"}},
			Card:    &gold.Card{Task: "classification", Features: []gold.CardFeature{}, Metrics: []gold.CardMetric{{Name: "roc_auc", Value: 0.75, Low: 0.7, High: 0.8}}},
		}}
		if change != nil {
			change(d)
		}
	}
	c := api.Config{Reader: reader, Models: []gold.Model{shop()}, Version: "1.2.3", Scores: scoring.NewShelf(map[string]fs.FS{"shop": folder})}
	if log != nil {
		c.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	s, err := api.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s.Handler()
}

func TestPostedRowsAreScored(t *testing.T) {
	h := scoredShop(t, nil, nil)
	const rows = `{"rows": [{"montant": 49.76, "prix": 4.32, "client": 0, "pays": "Élbonie"}, {"pays": "Spain", "id": 7}, {}]}`
	w := post(h, "/score", rows)
	var answer struct {
		Data     []map[string]*float64
		ScoredBy []map[string]any `json:"scored_by"`
		Meta     map[string]any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK || len(answer.Data) != 3 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for i, row := range answer.Data {
		if len(row) != 2 || row["retour"] == nil || *row["retour"] <= 0 || *row["retour"] >= 1 || (*row["classe"] == 1) != (*row["retour"] > 0.5) {
			t.Errorf("row %d: %v", i, row)
		}
	}
	if *answer.Data[1]["retour"] == *answer.Data[2]["retour"] {
		t.Error("a country changes nothing")
	}
	if answer.Meta["release"] != 1.0 || answer.Meta["count"] != 3.0 || answer.ScoredBy[0]["model"] != "returned.onnx" || len(answer.ScoredBy[0]["sha256"].(string)) != 64 {
		t.Errorf("%v %v", answer.Meta, answer.ScoredBy)
	}
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("ETag") != "" || w.Header().Get("Goldserve-Release") != "shop/1" {
		t.Errorf("headers %v", w.Header())
	}
	for target, part := range map[string]string{
		"/m/shop/score?dataset=achats":    `"retour":`,
		"/score?outputs=classe&release=1": `{"data":[{"classe":`,
		"/score?as_of=2030-01-01":         `"release":1`,
	} {
		if w := post(h, target, rows); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), part) {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	all := strings.Repeat(`{"montant": 1},`, 999) + `{"montant": 1}`
	if w := post(h, "/score", `{"rows": [`+all+`]}`); w.Code != http.StatusOK || strings.Count(w.Body.String(), `"retour"`) != 1001 {
		t.Errorf("a thousand rows: %d %.200s", w.Code, w.Body)
	}
	if w := post(h, "/score", `{"rows": []}`); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"data":[],`) {
		t.Errorf("no rows: %d %s", w.Code, w.Body)
	}
	models := ask(h, "GET /models")
	if models.Code != http.StatusOK || !strings.Contains(models.Body.String(), `"outputs":{"classe":"label","retour":"probabilities[1]"}`) || !strings.Contains(models.Body.String(), `"name":"roc_auc","value":0.75`) {
		t.Errorf("models: %d %s", models.Code, models.Body)
	}
}

// secret is a value of hostile bodies that no answer and no log may have.
const secret = "Zaphod"

func TestBodiesThatCantBeScored(t *testing.T) {
	log := &bytes.Buffer{}
	h := scoredShop(t, log, nil)
	for _, c := range []struct {
		target, body string
		status       int
		want         string
	}{
		{"/score", secret, 400, "no complete JSON"},
		{"/score", `{"rows": [{"pays": "` + secret + `"}`, 400, "no complete JSON, as far as row 1"},
		{"/score", `["` + secret + `"]`, 400, "the body"},
		{"/score", `{"dataset": "` + secret + `", "rows": []}`, 400, "only member is rows"},
		{"/score", `{"rows": [], "more": "` + secret + `"}`, 400, "another member than rows"},
		{"/score", `{"rows": []} ` + secret, 400, "something follows"},
		{"/score", `{"rows": ["` + secret + `"]}`, 400, "row 1 is no object"},
		{"/score", `{"rows": [{"montant": "` + secret + `"}]}`, 400, `"field":"montant","row":1,"code":"invalid_value","detail":"expected a number or null"`},
		{"/score", `{"rows": [{}, {"pays": 31415926}]}`, 400, `"field":"pays","row":2,"code":"invalid_value","detail":"expected a text or null"`},
		{"/score", `{"rows": [{"montant": 1e999}]}`, 400, "expected a number within the range of a double"},
		{"/score", `{"rows": [{"client": 31415926.5}]}`, 400, "expected a whole number"},
		{"/score", `{"rows": [{"client": 99999999999999999999999}]}`, 400, "expected a whole number between"},
		{"/score", `{"rows": [{"prix": 3.1415926}]}`, 400, `"field":"prix"`},
		{"/score", `{"rows": [{"montant": NaN}]}`, 400, "no complete JSON"},
		{"/score", `{"rows": [{"montant": 1, "montant": 31415926}]}`, 400, "it is given twice"},
		{"/score", `{"rows": [{"montan": 31415926}]}`, 400, `"code":"unknown_field"`},
		{"/score", `{"rows": [{"montan": 31415926}]}`, 400, `"did_you_mean":"montant"`},
		{"/score", `{"rows": [{"` + strings.Repeat("x", 5000) + `": 31415926}]}`, 400, "x…"},
		{"/score", `{"rows": [{"pays": ` + strings.Repeat("[", 400_000) + `}]}`, 400, "expected a value, found a list or an object"},
		{"/score", strings.Repeat(`{"rows":`, 100_000), 400, "the body"},
		{"/score", "{\"rows\": [{\"pays\": \"\xff" + secret + "\"}]}", 400, "UTF-8"},
		{"/score", `{"rows": [` + strings.Repeat(`{},`, 1000) + `{}]}`, 413, "more than 1000 rows"},
		{"/score", `{"rows": [{"pays": "` + strings.Repeat("a", 1<<20) + `"}]}`, 413, "body_too_long"},
		{"/score?dataset=achat", `{"rows": []}`, 404, "did you mean achats?"},
		{"/score?outputs=montant", `{"rows": []}`, 400, "expected fields of retour, classe"},
		{"/score?release=9", `{"rows": []}`, 404, "unknown_release"},
		{"/score?limit=9", `{"rows": []}`, 400, "unknown_parameter"},
		{"/m/nope/score", `{"rows": []}`, 404, "unknown_model"},
	} {
		w := post(h, c.target, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %.60s: %d %.300s, expected %d %s", c.target, c.body, w.Code, w.Body, c.status, c.want)
		}
		for _, leaked := range []string{secret, "31415926", "3.14"} {
			if strings.Contains(w.Body.String(), leaked) || strings.Contains(log.String(), leaked) {
				t.Errorf("%.60s: the answer or the log repeats the body: %s", c.body, w.Body)
			}
		}
	}
	if w := post(h, "/score", `{"rows": []}`, "Content-Type", "text/plain"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d", w.Code)
	}
	if w := ask(h, "GET /score"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST, OPTIONS" {
		t.Errorf("GET: %d %v", w.Code, w.Header())
	}
	many := post(h, "/score", `{"rows": [`+strings.Repeat(`{"montant": "x", "pays": 1},`, 30)+`{}]}`)
	if many.Code != 400 || strings.Count(many.Body.String(), `"row":`) > 22 {
		t.Errorf("many problems: %d %s", many.Code, many.Body)
	}
}

// TestOneRowOfManyProblems: a row ends with the problem that is too many, whatever follows.
func TestOneRowOfManyProblems(t *testing.T) {
	h := scoredShop(t, nil, nil)
	row := []byte(`{"rows": [{"a": 1`)
	for i := range 50_000 {
		row = fmt.Appendf(row, `,"a%d":1`, i)
	}
	w := post(h, "/score", string(append(row, "}]}"...)))
	if w.Code != http.StatusBadRequest || strings.Count(w.Body.String(), `"row":1,`) != 20 || !strings.Contains(w.Body.String(), "20 values or more can't be scored") {
		t.Errorf("%d, %d bytes: %.300s", w.Code, w.Body.Len(), w.Body)
	}
}

func TestNoOtherFileScores(t *testing.T) {
	h := scoredShop(t, nil, func(d *gold.Dataset) { d.Scores[0].SHA256 = strings.Repeat("0", 64) })
	w := post(h, "/score", `{"rows": [{}]}`)
	checkProblem(t, w, http.StatusServiceUnavailable, "score_unavailable")
	if text := w.Body.String(); strings.Count(text, strings.Repeat("0", 64)) == 0 || !strings.Contains(text, "but this server's file has ") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%s", text)
	}
	h = scoredShop(t, nil, func(d *gold.Dataset) { d.Scores[0].Model, d.Scores[0].SHA256 = "../../stored.txt", "1" })
	checkProblem(t, post(h, "/score", `{"rows": [{}]}`), http.StatusServiceUnavailable, "score_unavailable")
	h = scoredShop(t, nil, func(d *gold.Dataset) { d.Scores = nil })
	checkProblem(t, post(h, "/score", `{"rows": [{}]}`), http.StatusNotFound, "unknown_dataset")
	if w := ask(h, "GET /models"); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"data":[],`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	h = newServer(t, newMemory(0))
	if w := post(h, "/score", `{"rows": [{}]}`); w.Code < 400 {
		t.Errorf("before a publish: %d %s", w.Code, w.Body)
	}
}

// FuzzScore posts any body: it is scored or refused as the client's mistake, and no error repeats its values.
func FuzzScore(f *testing.F) {
	for _, body := range []string{`{"rows": [{"montant": 1.5, "pays": "France"}]}`, `{"rows": [{"client": 1e2}]}`, `{"rows": [null]}`, `{"rows": [{"a": {}}]}`, `{`, ``} {
		f.Add(body)
	}
	h := scoredShop(f, nil, nil)
	f.Fuzz(func(t *testing.T, text string) {
		w := post(h, "/score", text)
		if w.Code != http.StatusOK && w.Code != http.StatusBadRequest && w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("no JSON: %s", w.Body)
		}
	})
}
