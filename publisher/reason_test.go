package publisher_test

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
	"goldserve/gold/sqlitestore"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

// stall is a market stall's model whose contracts a test may change: two files, of which one has a derived dataset.
func stall() map[string]string {
	contractOf := func(name, properties, settings string) string {
		return "apiVersion: v3.1.0\nkind: DataContract\nid: stall." + name + "\nversion: 1.0.0\nstatus: active\nschema:\n  - name: " + name +
			"\n    properties:\n" + properties + "    customProperties:\n      - {property: goldserve, value: {" + settings + "}}\n"
	}
	const sale = "      - {name: id, logicalType: integer, required: true, primaryKey: true}\n" +
		"      - {name: amount, logicalType: number, required: true, logicalTypeOptions: {minimum: 0}}\n" +
		"      - {name: note, logicalType: string, required: true}\n"
	return map[string]string{
		"model.yaml":                  "name: stall\ntitle: {en: Stall}\n",
		"contracts/sales.odcs.yaml":   contractOf("sales", sale, "collection: stall_sales, label: {en: Sales}"),
		"contracts/returns.odcs.yaml": contractOf("returns", sale, "collection: stall_returns"),
		"contracts/notes.odcs.yaml": contractOf("notes",
			"      - {name: note, logicalType: string, required: true, primaryKey: true}\n      - {name: sales, logicalType: integer, required: true}\n",
			"derive: {from: sales, group: note, measures: {sales: count()}}"),
	}
}

// stallModel compiles the files of a model.
func stallModel(t *testing.T, texts map[string]string) *contract.Model {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range texts {
		files["stall/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	models, broken, err := contract.LoadAll(contract.Overlays{}, files)
	if err != nil || len(broken) > 0 {
		t.Fatal(err, broken[0].Err, broken)
	}
	return models[0]
}

// market is a stall's lake and store.
type market struct {
	folder string
	source *lake.Lake
	store  gold.Store
}

// openMarket writes a lake and opens an empty store.
func openMarket(t *testing.T) *market {
	t.Helper()
	m := &market{folder: t.TempDir()}
	m.write(t, "sales", 20, func([]sale) {})
	m.write(t, "returns", 10, func([]sale) {})
	m.open(t)
	return m
}

// open opens the lake that was written, and an empty store.
func (m *market) open(t *testing.T) {
	t.Helper()
	m.source = fixture.OpenLake(t, m.folder)
	var err error
	if m.store, err = sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.store.Close(); err != nil {
			t.Error(err)
		}
	})
}

// write writes a dataset's file; change may change its rows.
func (m *market) write(t *testing.T, dataset string, rows int, change func([]sale)) {
	t.Helper()
	writeSales(t, m.folder, dataset, rows, change)
}

func (m *market) publish(t *testing.T, texts map[string]string, r publisher.Request) *publisher.Report {
	t.Helper()
	r.Model, r.Lake = stallModel(t, texts), m.source
	p := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	report, err := p.Publish(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// planLines writes a plan as a test reads it.
func planLines(p *publisher.Plan) []string {
	reasons := func(why []publisher.Why) string {
		var texts []string
		for _, w := range why {
			if w.Detail == "" || strings.HasSuffix(w.Detail, ".") {
				texts = append(texts, "NO SENTENCE")
			}
			texts = append(texts, string(w.Reason))
		}
		return strings.Join(texts, "+")
	}
	count := func(n *int64) string {
		if n == nil {
			return "?"
		}
		return fmt.Sprint(*n)
	}
	var lines []string
	for i := range p.Datasets {
		d := &p.Datasets[i]
		line := fmt.Sprintf("%s: %s, %s, %s→%s", d.Dataset, d.Action, reasons(d.Why), count(d.RowsBefore), count(d.Rows))
		for _, c := range d.Schema {
			line += "; " + c.String()
		}
		for _, c := range d.BI {
			line += "; BI " + c.String()
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	if len(p.Why) > 0 {
		lines = append(lines, "release: "+reasons(p.Why))
	}
	return lines
}

func TestAPlanSaysWhatHappensToEachDatasetAndWhy(t *testing.T) {
	const (
		notes   = "notes: reuse, unchanged, 20→20"
		returns = "returns: reuse, unchanged, 10→10"
		sales   = "sales: reuse, unchanged, 20→20"
	)
	replace := func(file, old, with string) func(*testing.T, *market, map[string]string, *publisher.Request) {
		return func(t *testing.T, _ *market, texts map[string]string, _ *publisher.Request) {
			name := "contracts/" + file + ".odcs.yaml"
			changed := strings.Replace(texts[name], old, with, 1)
			if changed == texts[name] {
				t.Fatalf("%s has no %q", name, old)
			}
			texts[name] = changed
		}
	}
	for name, c := range map[string]struct {
		change func(*testing.T, *market, map[string]string, *publisher.Request)
		want   []string
		loaded []string // by the publish that follows, in any order
	}{
		"nothing": {func(*testing.T, *market, map[string]string, *publisher.Request) {}, []string{notes, returns, sales}, nil},
		"a row more": {func(t *testing.T, m *market, _ map[string]string, _ *publisher.Request) {
			m.write(t, "sales", 21, func([]sale) {})
		}, []string{"notes: derive, upstream_changed, 20→?", returns, "sales: load, file_changed, 20→21"}, []string{"notes", "sales"}},
		"another value": {func(t *testing.T, m *market, _ map[string]string, _ *publisher.Request) {
			m.write(t, "returns", 10, func(rows []sale) { rows[3].Amount++ })
		}, []string{notes, "returns: load, file_changed, 10→10", sales}, []string{"returns"}},
		"a field that may be null": {replace("returns", "logicalType: string, required: true", "logicalType: string"), []string{
			notes, "returns: load, contract_changed, 10→10; note is text, nullable, and was text", sales,
		}, []string{"returns"}},
		"a field less": {replace("returns", "      - {name: note, logicalType: string, required: true}\n", ""), []string{
			notes, "returns: load, contract_changed, 10→10; note is gone (text)", sales,
		}, []string{"returns"}},
		"a field less and a row more": {func(t *testing.T, m *market, texts map[string]string, r *publisher.Request) {
			replace("returns", "      - {name: note, logicalType: string, required: true}\n", "")(t, m, texts, r)
			m.write(t, "returns", 11, func([]sale) {})
		}, []string{notes, "returns: load, contract_changed+file_changed, 10→11; note is gone (text)", sales}, []string{"returns"}},
		"another dashboard": {func(_ *testing.T, _ *market, texts map[string]string, _ *publisher.Request) {
			texts["dashboard.yaml"] = "rows:\n  - {height: 300, widgets: [{id: l, type: list, span: 12, dataset: sales, fields: [id], sort: [id], limit: 5}]}\n"
		}, []string{notes, returns, sales, "release: dashboard_changed"}, nil},
		"another title": {func(_ *testing.T, _ *market, texts map[string]string, _ *publisher.Request) {
			texts["model.yaml"] = strings.Replace(texts["model.yaml"], "title: {", "title: {de: Markt, ", 1)
		}, []string{notes, returns, sales, "release: model_changed"}, nil},
		"another locale": {func(_ *testing.T, _ *market, texts map[string]string, _ *publisher.Request) {
			texts["model.yaml"] += "locale: fr-FR\n"
		}, []string{notes, returns, sales, "release: model_changed"}, nil},
		"another BI database": {func(_ *testing.T, _ *market, texts map[string]string, _ *publisher.Request) {
			texts["model.yaml"] += "biDatabase: elsewhere\n"
		}, []string{notes, returns, sales, "release: bi_database_changed"}, nil},
		"a BI field": {replace("returns", "collection: stall_returns", "collection: stall_returns, bi: {note_date: note}"), []string{
			notes, "returns: load, contract_changed, 10→10; BI note_date is new (time, nullable)", sales,
		}, []string{"returns"}},
		"another derivation": {replace("notes", "group: note, measures: {sales: count()}", "group: note, measures: {sales: count()}, limit: 15"), []string{
			"notes: derive, contract_changed, 20→?", returns, sales,
		}, []string{"notes"}},
		"a label":  {replace("sales", "label: {en: Sales}", "label: {en: What is sold}"), []string{notes, returns, "sales: reuse, contract_updated, 20→20"}, nil},
		"a rule":   {replace("sales", "minimum: 0", "minimum: -1"), []string{notes, returns, "sales: reuse, contract_updated+rules_unchecked, 20→20"}, nil},
		"a metric": {replace("sales", "label: {en: Sales}", "metrics: {total: sum(amount)}"), []string{notes, returns, "sales: reuse, contract_updated+measures_missing, 20→20"}, nil},
		"a figure of /kpis": {func(_ *testing.T, _ *market, texts map[string]string, _ *publisher.Request) {
			texts["contracts/sales.odcs.yaml"] = strings.Replace(texts["contracts/sales.odcs.yaml"], "label: {en: Sales}", "metrics: {number: count()}", 1)
			texts["model.yaml"] += "facts: sales\nkpis: [number]\n"
		}, []string{notes, returns, "sales: reuse, contract_updated+measures_missing, 20→20", "release: kpis_changed"}, nil},
		"a dataset less": {func(_ *testing.T, _ *market, texts map[string]string, _ *publisher.Request) {
			delete(texts, "contracts/returns.odcs.yaml")
		}, []string{notes, sales, "release: dataset_removed"}, nil},
		"a dataset more": {func(t *testing.T, m *market, texts map[string]string, _ *publisher.Request) {
			texts["contracts/lost.odcs.yaml"] = strings.ReplaceAll(texts["contracts/returns.odcs.yaml"], "returns", "lost")
			m.write(t, "lost", 3, func([]sale) {})
		}, []string{"lost: load, never_loaded, ?→3", notes, returns, sales}, []string{"lost"}},
		"a reload": {
			func(_ *testing.T, _ *market, _ map[string]string, r *publisher.Request) {
				r.Reload = []string{"returns"}
			},
			[]string{notes, "returns: load, reload_requested, 10→10", sales},
			[]string{"returns"},
		},
		"a missing file": {func(t *testing.T, m *market, _ map[string]string, r *publisher.Request) {
			r.Partial = true
			if err := os.Remove(filepath.Join(m.folder, "sales.parquet")); err != nil {
				t.Fatal(err)
			}
		}, []string{"notes: keep, upstream_kept, 20→20", returns, "sales: keep, file_missing, 20→20"}, nil},
		"the file of the release before": {func(t *testing.T, m *market, texts map[string]string, _ *publisher.Request) {
			m.write(t, "returns", 12, func([]sale) {})
			m.publish(t, texts, publisher.Request{})
			m.write(t, "returns", 10, func([]sale) {})
		}, []string{notes, "returns: reuse, stored_before+rules_unchecked, 12→10", sales}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m, texts := openMarket(t), stall()
			first := m.publish(t, texts, publisher.Request{DryRun: true})
			wantFirst := []string{"notes: derive, never_loaded, ?→?", "returns: load, never_loaded, ?→10", "sales: load, never_loaded, ?→20", "release: first_release"}
			if diff := cmp.Diff(wantFirst, planLines(first.Plan)); diff != "" {
				t.Errorf("the first plan (-want +got):\n%s", diff)
			}
			m.publish(t, texts, publisher.Request{})
			texts, request := maps.Clone(texts), publisher.Request{}
			c.change(t, m, texts, &request)
			dry := request
			dry.DryRun = true
			planned := m.publish(t, texts, dry)
			if diff := cmp.Diff(c.want, planLines(planned.Plan)); diff != "" {
				t.Errorf("the plan (-want +got):\n%s", diff)
			}
			if nothing := name == "nothing" || name == "a missing file"; nothing != (planned.Outcome == publisher.Unchanged) {
				t.Errorf("the dry run's outcome is %s", planned.Outcome)
			}
			done := m.publish(t, texts, request)
			if says := planned.Plan.Next; says != 0 && (done.Outcome != publisher.Published || done.Release.Number != says) || says == 0 && done.Outcome != publisher.Unchanged {
				t.Errorf("planned release %d, and then %s, release %d", says, done.Outcome, done.Release.Number)
			}
			slices.Sort(done.Loaded)
			slices.Sort(planned.Loaded)
			if diff := cmp.Diff(c.loaded, done.Loaded); diff != "" || !slices.Equal(planned.Loaded, done.Loaded) {
				t.Errorf("loaded %v, and planned %v (-want +got):\n%s", done.Loaded, planned.Loaded, diff)
			}
			if again := m.publish(t, texts, publisher.Request{Partial: request.Partial}); again.Outcome != publisher.Unchanged {
				t.Errorf("once more: %s, loaded %v", again.Outcome, again.Loaded)
			}
		})
	}
}

// TestATighterBoundIsCheckedAgain: the rule of a field's bounds is another one where the bounds change.
func TestATighterBoundIsCheckedAgain(t *testing.T) {
	m, texts := openMarket(t), stall()
	m.publish(t, texts, publisher.Request{})
	texts["contracts/sales.odcs.yaml"] = strings.Replace(texts["contracts/sales.odcs.yaml"], "minimum: 0", "minimum: 1", 1)
	p := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	_, err := p.Publish(t.Context(), publisher.Request{Model: stallModel(t, texts), Lake: m.source})
	if gold.CodeOf(err) != gold.CodeQualityFailed {
		t.Errorf("an amount of 0, and at least 1 is expected: %v, want %s", err, gold.CodeQualityFailed)
	}
}

// TestANumberIsNeverPlannedTwice: after a rollback, the next release comes after those that were withdrawn.
func TestANumberIsNeverPlannedTwice(t *testing.T) {
	m, texts := openMarket(t), stall()
	m.publish(t, texts, publisher.Request{})
	m.write(t, "returns", 11, func([]sale) {})
	m.publish(t, texts, publisher.Request{})
	p := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	if _, err := p.Rollback(t.Context(), "stall", 1); err != nil {
		t.Fatal(err)
	}
	m.write(t, "returns", 12, func([]sale) {})
	planned := m.publish(t, texts, publisher.Request{DryRun: true}).Plan
	if done := m.publish(t, texts, publisher.Request{}).Release.Number; planned.Current != 1 || planned.Next != 3 || done != 3 {
		t.Errorf("planned release %d after %d, and then %d was published, want 3 after 1", planned.Next, planned.Current, done)
	}
}
