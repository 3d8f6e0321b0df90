package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
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

// TestADryRunShowsItsTableAlways, with what a publish would come to above it.
func TestADryRunShowsItsTableAlways(t *testing.T) {
	plan := func(next int64, action publisher.Action, why publisher.Why, stale ...string) *publisher.Plan {
		return &publisher.Plan{Current: 7, Next: next, Stale: stale, Datasets: []publisher.DatasetPlan{{
			Dataset: "orders", Action: action, RowsBefore: new(int64(5)), Rows: new(int64(5)), Why: []publisher.Why{why},
		}}}
	}
	current := publisher.Why{Reason: publisher.AlreadyCurrent, Detail: "the current release has it already"}
	seven := &gold.Release{Number: 7}
	for name, c := range map[string]struct {
		report publisher.Report
		want   string
	}{
		"nothing": {
			publisher.Report{Outcome: publisher.Unchanged, Release: seven, Reused: []string{"orders"}, Plan: plan(0, publisher.Reuse, current)},
			"shop release 7: nothing to do, 1 dataset unchanged (0.0 s)\n" +
				"DATASET  ACTION  ROWS  WHY\norders   reuse   5     the current release has it already\n",
		},
		"what is kept": {
			publisher.Report{
				Outcome: publisher.Unchanged, Release: seven, Kept: []string{"orders"},
				Plan: plan(0, publisher.Keep, publisher.Why{Reason: publisher.FileMissing, Detail: "its file is missing; the current rows are kept"}),
			},
			"shop release 7: nothing to do, 0 datasets unchanged; kept without a file: orders (0.0 s)\n" +
				"DATASET  ACTION  ROWS  WHY\norders   keep    5     its file is missing; the current rows are kept\n",
		},
		"another contract": {
			publisher.Report{
				Outcome: publisher.Planned, Reused: []string{"orders"},
				Plan: plan(9, publisher.Reuse, publisher.Why{Reason: publisher.ContractUpdated, Detail: "the contract changed, but nothing that shapes rows: limits"}),
			},
			"shop: would publish release 9; to load: none; unchanged: orders\n" +
				"DATASET  ACTION  ROWS  WHY\norders   reuse   5     the contract changed, but nothing that shapes rows: limits\n",
		},
		"a BI database behind": {
			publisher.Report{Outcome: publisher.Planned, Reused: []string{"orders"}, Plan: plan(0, publisher.Reuse, current, "shop_orders")},
			"shop: would publish no release, but refresh the BI collections of release 7; to load: none; unchanged: orders\n" +
				"DATASET  ACTION  ROWS  WHY\norders   reuse   5     the current release has it already\n" +
				"BI database: shop_orders would be written again, since the current release is not there yet\n",
		},
		"no dry run": {
			publisher.Report{Outcome: publisher.Unchanged, Release: seven, Reused: []string{"orders"}},
			"shop release 7: nothing to do, 1 dataset unchanged (0.0 s)\n",
		},
	} {
		var out bytes.Buffer
		a := &app{stdout: &out}
		if err := a.printPublished(&madeRelease{name: "shop", done: &c.report}, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
