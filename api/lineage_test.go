package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/api"
	"goldserve/gold"
)

// TestADatasetSaysOfWhatABuildMadeIt, and nothing where no build made its release.
func TestADatasetSaysOfWhatABuildMadeIt(t *testing.T) {
	store := openStore(t)
	ctx := t.Context()
	lease := must(store.Acquire(ctx, "shop", "test", time.Minute))(t)
	record := gold.BuildRecord{
		Build: "b1", Engine: gold.BuildEngine{Name: "duckdb", Version: "1.5.6"}, Parameters: []gold.BuildValue{{Name: "cap", Value: "7"}},
		Sources: []gold.BuiltSource{{Name: "bills", ID: "i0", Files: []gold.BuildFile{{Path: "bills.csv", Bytes: 12, SHA256: "aa", Token: "secret"}}}, {Name: "unread", ID: "u"}},
		Tables: []gold.BuiltTable{
			{Stage: "silver", Name: "bills", ID: "i1", SQL: "sql/silver/bills.sql", SQLSHA256: "bb", Inputs: []string{"bronze.bills"}, Parameters: []string{"cap"}, Rows: 9, Rejected: map[string]int64{"late": 2, "null": 1}},
			{Stage: "gold", Name: "sales", ID: "i2", SQL: "sql/gold/sales.sql", SQLSHA256: "cc", Inputs: []string{"silver.bills"}, Rows: 4},
		},
	}
	for number := range int64(2) {
		var versions []gold.Version
		for _, tb := range shopTables(1) {
			versions = append(versions, load(ctx, t, store, *lease, tb))
		}
		r := newRelease(1, versions)
		if number > 0 {
			r.Lineage = record.Lineage(map[string]string{"achats": "gold.sales"}, false)
		}
		must(store.Publish(ctx, gold.Publication{Lease: *lease, From: number, Release: r}))(t)
	}
	h := must(api.New(api.Config{Reader: store, Models: []gold.Model{shop()}}))(t).Handler()
	type answered struct {
		Data struct{ Lineage, Build json.RawMessage }
	}
	answer := func(url string) (body answered) {
		t.Helper()
		if w := ask(h, "GET "+url); json.Unmarshal(w.Body.Bytes(), &body) != nil {
			t.Fatalf("%s: %d %s", url, w.Code, w.Body)
		}
		return body
	}
	want := `{"build":"b1","engine":"duckdb 1.5.6","parameters":{"cap":"7"},"tables":[` +
		`{"name":"bronze.bills","id":"i0","files":1,"bytes":12,"listed":[{"path":"bills.csv","bytes":12,"sha256":"aa"}]},` +
		`{"name":"silver.bills","id":"i1","sql":"sql/silver/bills.sql","sql_sha256":"bb","parameters":["cap"],"reads":["bronze.bills"],"rows":9,"rejected":3},` +
		`{"name":"gold.sales","dataset":"achats","id":"i2","sql":"sql/gold/sales.sql","sql_sha256":"cc","reads":["silver.bills"],"rows":4}]}`
	if diff := cmp.Diff(want, string(answer("/datasets/achats").Data.Lineage)); diff != "" {
		t.Error(diff)
	}
	for url, want := range map[string]string{"/releases/2": `"b1"`, "/releases/1": ""} {
		if got := string(answer(url).Data.Build); got != want {
			t.Errorf("%s: build %s, want %s", url, got, want)
		}
	}
	for _, url := range []string{"/datasets/achats?release=1", "/datasets/futur"} {
		if l := answer(url).Data.Lineage; l != nil {
			t.Errorf("%s: %s", url, l)
		}
	}
}
