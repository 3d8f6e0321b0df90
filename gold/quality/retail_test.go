package quality_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
	"goldserve/gold/quality"
	"goldserve/gold/storetest"
	"goldserve/models"
	"goldserve/test/fixture"
)

// checked is a dataset as the lake has it, dropped fields included, with all of its rules.
type checked struct {
	dataset gold.Dataset
	rules   []gold.Rule
	table   *lake.Table
}

// openRetail opens the datasets that lie in a lake, by name.
func openRetail(t *testing.T, dir string) map[string]checked {
	t.Helper()
	shipped, _, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil {
		t.Fatal(err)
	}
	m := shipped[slices.IndexFunc(shipped, func(m *contract.Model) bool { return m.Name == "retail" })]
	l := fixture.OpenLake(t, dir)
	all := map[string]checked{}
	for _, c := range m.Contracts {
		if c.Dataset.Derive != nil {
			continue
		}
		d := c.Dataset
		d.Fields = slices.Concat(d.Fields, c.Dropped)
		table, err := l.Table(context.Background(), lake.Spec{Dataset: d, Source: c.Source})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = table.Close() })
		all[d.Name] = checked{d, slices.Concat(c.Dataset.Rules, c.SourceRules), table}
	}
	return all
}

func sampleGold(t *testing.T) string {
	return filepath.Join(storetest.Root(t), "models", "retail", "sample", "gold")
}

func TestRetailKeepsItsRules(t *testing.T) {
	t.Run("sample", func(t *testing.T) { keepsItsRules(t, sampleGold(t)) })
	t.Run("retail", func(t *testing.T) { keepsItsRules(t, filepath.Join(storetest.Shared(t), "data/retail/gold")) })
}

func keepsItsRules(t *testing.T, dir string) {
	for name, c := range openRetail(t, dir) {
		t.Run(name, func(t *testing.T) {
			var checkers []*quality.Checker
			for range 3 {
				checker, err := quality.New(&c.dataset, c.rules, quality.Options{Memory: 64 << 20, CheckKey: true})
				if err != nil {
					t.Fatal(err)
				}
				checkers = append(checkers, checker)
			}
			read := lake.Read{Fields: slices.Concat(c.dataset.Key, checkers[0].Fields()), Workers: len(checkers)}
			report, err := c.table.Read(context.Background(), read, func(worker int, b *gold.Batch, first int64) error {
				return checkers[worker].Add(b, first)
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, other := range checkers[1:] {
				if err := checkers[0].Merge(other); err != nil {
					t.Fatal(err)
				}
			}
			for _, r := range checkers[0].Results(report.Rows, time.Now()) {
				if !r.Passed || r.Failing != 0 || r.Examples != nil {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

// rowsOf reads a whole table into memory.
func rowsOf(t *testing.T, c checked) [][]gold.Value {
	t.Helper()
	var mu sync.Mutex
	rows := make([][]gold.Value, c.table.Rows())
	_, err := c.table.Read(context.Background(), lake.Read{}, func(_ int, b *gold.Batch, first int64) error {
		mu.Lock()
		defer mu.Unlock()
		for i := range b.Rows {
			rows[first-1+int64(i)] = b.Row(i, nil)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestBrokenRowsFailTheRightRule(t *testing.T) {
	all := openRetail(t, sampleGold(t))
	for _, c := range []struct {
		dataset, field string
		value          gold.Value
		rule, example  string
	}{
		{"fact_achats", "montant", gold.NewDouble(0), "montant_range", "row 3: 0"},
		{"fact_achats", "montant", gold.NewDouble(-0.01), "montant_range", "row 3: -0.01"},
		{"fact_achats", "jour", gold.NewText("2011/12/08"), "jour_pattern", "row 3: '2011/12/08'"},
		{"fact_achats", "jour", gold.NewText("2011-12-08 "), "jour_pattern", "row 3: '2011-12-08 '"},
		{"fact_achats", "mois", gold.NewText(""), "mois_pattern", "row 3: ''"},
		{"fact_achats", "annee", gold.NewInt(1999), "annee_range", "row 3: 1999"},
		{"dim_clients", "recency_days", gold.NewInt(-1), "recency_days_range", "row 3: -1"},
		{"dim_clients", "email", gold.NewText("nobody"), "email_pattern", "row 3"},
		{"client_scores", "segment_label", gold.NewText("À relancer"), "segments", "row 3: 'À relancer'"},
		{"client_scores", "prob_reachat_12m", gold.NewDouble(1.0000001), "prob_reachat_12m_range", "row 3: 1.0000001"},
		{"segment_summary", "segment_label", gold.NewText("vip"), "segments", "row 3: 'vip'"},
	} {
		t.Run(c.dataset+" "+c.field+" "+c.value.String(), func(t *testing.T) {
			broken := all[c.dataset]
			rows := rowsOf(t, broken)
			rows[2][slices.Index(broken.dataset.FieldNames(), c.field)] = c.value
			results := checkRows(t, broken, rows)
			if want := []string{c.rule}; !slices.Equal(failed(results), want) {
				t.Fatalf("failed: %v, want %v", failed(results), want)
			}
			r := results[slices.IndexFunc(results, func(r gold.RuleResult) bool { return !r.Passed })]
			if diff := cmp.Diff([]string{c.example}, r.Examples); diff != "" || r.Failing != 1 || !quality.Blocked(results) {
				t.Errorf("%d failing: %s", r.Failing, diff)
			}
		})
	}
	t.Run("every dataset without rows", func(t *testing.T) {
		for name, c := range all {
			if got := failed(checkRows(t, c, nil)); !slices.Equal(got, []string{"rows"}) {
				t.Errorf("%s: failed: %v", name, got)
			}
		}
	})
}

func checkRows(t *testing.T, c checked, rows [][]gold.Value) []gold.RuleResult {
	t.Helper()
	checker, err := quality.New(&c.dataset, c.rules, quality.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := gold.NewBatch(c.dataset.Fields, len(rows))
	for _, row := range rows {
		b.AppendRow(row...)
	}
	if err := checker.Add(b, 1); err != nil {
		t.Fatal(err)
	}
	return checker.Results(int64(len(rows)), time.Now())
}

func failed(results []gold.RuleResult) []string {
	var ids []string
	for _, r := range results {
		if !r.Passed {
			ids = append(ids, r.Rule)
		}
	}
	return ids
}
