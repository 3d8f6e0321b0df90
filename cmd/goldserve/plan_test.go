package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/publisher"
)

func TestAPlanIsATable(t *testing.T) {
	p := &publisher.Plan{
		Current: 2,
		Why:     []publisher.Why{{Reason: publisher.DatasetRemoved, Detail: "dataset returns is no longer in the model"}, {Reason: publisher.KPIsChanged, Detail: "the figures of /kpis changed"}},
		Datasets: []publisher.DatasetPlan{
			{Dataset: "sales", Action: publisher.Load, RowsBefore: new(int64(20)), Rows: new(int64(21)), Collection: "stall_sales", CollectionBefore: "sales", Why: []publisher.Why{
				{Reason: publisher.ContractChanged, Detail: "the contract changed: note is new (text)"},
				{Reason: publisher.FileChanged, Detail: "the file sales.parquet changed: it has 21 rows, and had 20"},
			}},
			{Dataset: "notes", Action: publisher.Derive, RowsBefore: new(int64(20)), Why: []publisher.Why{{Reason: publisher.UpstreamChanged, Detail: "sales, which it is derived from, changed"}}},
			{Dataset: "prices", Action: publisher.Reuse, RowsBefore: new(int64(9)), Rows: new(int64(9)), Collection: "stall_prices", CollectionBefore: "stall_prices", Why: []publisher.Why{{Reason: publisher.AlreadyCurrent, Detail: "the current release has it already"}}},
			{Dataset: "lost", Action: publisher.Load, Rows: new(int64(3)), Collection: "stall_lost", Why: []publisher.Why{{Reason: publisher.NeverLoaded, Detail: "the current release does not have it"}}},
		},
		Stale: []string{"stall_prices"},
	}
	want := `DATASET  ACTION  ROWS     WHY
sales    load    20 → 21  the contract changed: note is new (text); the file sales.parquet changed: it has 21 rows, and had 20
notes    derive  20 → ?   sales, which it is derived from, changed
prices   reuse   9        the current release has it already
lost     load    3        the current release does not have it
release: dataset returns is no longer in the model; the figures of /kpis changed
BI database: collection sales is called stall_sales
BI database: collection stall_lost is new
BI database: stall_prices would be written again, since the current release is not there yet
`
	if diff := cmp.Diff(want, planText(p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text, err := json.Marshal(p.Datasets[1])
	if want := `{"dataset":"notes","action":"derive","why":[{"reason":"upstream_changed","detail":"sales, which it is derived from, changed"}],` +
		`"rows_before":20,"rows":null,"schema":null,"bi":null}`; err != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
}
