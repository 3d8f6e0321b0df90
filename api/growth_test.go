package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/measure"
	"goldserve/gold/storetest"
)

// grown serves months with gaps and numbers, with the growth of each: /by_period names the month that it compares
// with, /by_row compares with the row before, and /numbers have no periods.
func grown(t *testing.T) http.Handler {
	t.Helper()
	source := func(name string, order gold.Field, values ...gold.Value) table {
		tb := table{Dataset: gold.Dataset{Model: "g", Name: name, Endpoint: "/" + name, Key: []string{"at"}, Fields: []gold.Field{order, {Name: "ca", Kind: gold.Int, Filters: comparable4, Sortable: true}}}}
		for i, v := range values {
			tb.rows = append(tb.rows, []gold.Value{v, gold.NewInt(1 << i)})
		}
		return tb
	}
	months := source("months", gold.Field{Name: "at", Kind: gold.Text, Filters: comparable4, Sortable: true, Doc: gold.Doc{Format: "month"}},
		gold.NewText("2011-06"), gold.NewText("2011-08"), gold.NewText("2011-09"), gold.NewText("2012-01"))
	numbers := source("nums", gold.Field{Name: "at", Kind: gold.Int, Filters: comparable4, Sortable: true}, gold.NewInt(1), gold.NewInt(3))
	tables := []table{months, numbers}
	for name, g := range map[string]gold.DeriveGrowth{"by_period": {Grain: gold.Month, Named: true}, "by_row": {}, "numbers": {}} {
		from := months
		if name == "numbers" {
			from = numbers
		}
		g.Order, g.Value = "at", "ca"
		tb := table{Dataset: gold.Dataset{Model: "g", Name: name, Endpoint: "/" + name, Key: []string{"at"}, Derive: &gold.Derive{From: from.Name, Growth: &g}}}
		tables = append(tables, tb.fill(measure.Growth(from.batch(), g)))
	}
	model, release := gold.Model{Name: "g"}, gold.Release{Model: "g", Number: 1, AsOf: time.Now(), PublishedAt: time.Now()}
	reader := &memory{}
	for i := range tables {
		tables[i].DefaultSort = tables[i].TotalSort(nil)
		v := tables[i].version()
		model.Datasets, release.Versions = append(model.Datasets, v.Dataset), append(release.Versions, v)
		reader.tables = append(reader.tables, storetest.Table{Version: &v, Rows: tables[i].rows})
	}
	reader.releases = []gold.Release{release}
	s, err := api.New(api.Config{Reader: reader, Models: []gold.Model{model}})
	if err != nil {
		t.Fatal(err)
	}
	return s.Handler()
}

func TestQuestionsSayWhatGrowthComparesWith(t *testing.T) {
	h := grown(t)
	const (
		byPeriod = "at,ca,prev_ca,growth_abs,growth_pct 2011-06,1,,, 2011-08,2,,, 2011-09,4,2,2,1 2012-01,8,,,"
		byRow    = "at,ca,prev_ca,growth_abs,growth_pct 2011-06,1,,, 2011-08,2,1,1,1 2011-09,4,2,2,1 2012-01,8,4,4,1"
		named    = "at,ca,prev_at,prev_ca,growth_abs,growth_pct 2011-06,1,,,, 2011-08,2,2011-06,1,1,1 2011-09,4,2011-08,2,2,1 2012-01,8,2011-09,4,4,1"
		unnamed  = "at,ca,prev_at,prev_ca,growth_abs,growth_pct 2011-06,1,,,, 2011-08,2,,,, 2011-09,4,2011-08,2,2,1 2012-01,8,,,,"
	)
	for _, c := range []struct{ ask, want string }{
		{"/by_row.csv", byRow},
		{"/by_row.csv?previous=present", byRow},
		{"/by_row.csv?previous=period", byPeriod},
		{"/by_period.csv", unnamed},
		{"/by_period.csv?previous=period", unnamed},
		{"/by_period.csv?previous=present", named},
		{"/datasets/by_period/rows.csv?previous=present", named},
		{"/by_period.csv?previous=present&ca__gte=4&sort=-at&fields=at,prev_at", "at,prev_at 2012-01,2011-09 2011-09,2011-08"},
		{"/by_row.csv?previous=period&growth_abs__gte=1&fields=at", "at 2011-09"},
		{"/numbers.csv?previous=present", "at,ca,prev_ca,growth_abs,growth_pct 1,1,,, 3,2,1,1,1"},
	} {
		w := ask(h, "GET "+c.ask)
		if got := strings.Join(strings.Fields(w.Body.String()), " "); w.Code != http.StatusOK || got != c.want {
			t.Errorf("%s: %d\n got %s\nwant %s", c.ask, w.Code, got, c.want)
		}
	}
	for ask, want := range map[string]string{
		"/by_period/2012-01?previous=present":              `{"data":{"at":"2012-01","ca":8,"prev_at":"2011-09","prev_ca":4,"growth_abs":4,"growth_pct":1},`,
		"/by_period?previous=present&limit=1&count=exact":  `"total":4,"truncated":true,`,
		"/by_period?previous=present&explain=true&limit=0": `{"rewrite":"recompute","of":"by_period","applied":true}`,
		"/by_period?previous=present&fields=at":            `"answered_by":"months"`,
	} {
		if w := askJSON(h, ask); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s\nlacks %s", ask, w.Code, w.Body, want)
		}
	}
	for ask, want := range map[string]string{
		"/numbers?previous=period":                   `"detail":"nums.at holds no periods, which have one before them: leave previous out"`,
		"/by_period?previous=presnet&nope=1":         `"detail":"expected period or present","did_you_mean":"present"},{"parameter":"nope"`,
		"/by_period?previus=present":                 `"did_you_mean":"previous"`,
		"/months?previous=present":                   `"detail":"unknown parameter previous"`,
		"/months/2011-06?previous=present":           `"code":"unknown_parameter"`,
		"/datasets/months/values/at?previous=period": `"detail":"unknown parameter previous"`,
	} {
		if w := askJSON(h, ask); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s\nlacks %s", ask, w.Code, w.Body, want)
		}
	}
}

func TestPreviousIsDescribedWhereItIsTaken(t *testing.T) {
	var doc struct {
		Paths map[string]struct {
			Get struct{ Parameters []map[string]any }
		}
	}
	if err := json.Unmarshal(askJSON(grown(t), "/openapi.json").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"/by_row": true, "/by_period": true, "/by_period/{at}": true, "/datasets/by_row/rows": true, "/datasets/by_row/rows/{at}": true, "/datasets/months/aggregate": true,
		"/months": false, "/months/{at}": false, "/datasets/months/rows": false, "/datasets/by_row/values/{field}": false,
	} {
		described, known := doc.Paths[path]
		if !known {
			t.Errorf("%s is not described", path)
		}
		if got := slices.ContainsFunc(described.Get.Parameters, func(p map[string]any) bool { return p["$ref"] == "#/components/parameters/previous" }); got != want {
			t.Errorf("%s takes previous: %v, expected %v", path, got, want)
		}
	}
}

func askJSON(h http.Handler, target string) *httptest.ResponseRecorder { return ask(h, "GET "+target) }

// TestPagesOfGrowthAreOfOneComparison follows the cursor of a page of growth that is not the stored one.
func TestPagesOfGrowthAreOfOneComparison(t *testing.T) {
	h := grown(t)
	next, pages := "/by_period?previous=present&limit=2&fields=at,prev_at", []string{}
	for next != "" {
		w := ask(h, "GET "+next)
		rows, meta, _ := strings.Cut(w.Body.String(), "],\n\"meta\":")
		pages = append(pages, strings.TrimPrefix(strings.ReplaceAll(rows, "\n", ""), `{"data":[`))
		_, meta, more := strings.Cut(meta, `"next":"`)
		next, _, _ = strings.Cut(meta, `"`)
		if !more {
			next = ""
		}
	}
	if got, want := strings.Join(pages, " "), `{"at":"2011-06","prev_at":null},{"at":"2011-08","prev_at":"2011-06"} {"at":"2011-09","prev_at":"2011-08"},{"at":"2012-01","prev_at":"2011-09"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
