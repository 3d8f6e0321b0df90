//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"goldserve/gold"
	"goldserve/gold/storetest"
	"goldserve/test/fixture"
)

// saved is a question that somebody made in Metabase: the pipeline that its driver makes of it.
type saved struct {
	name, collection string
	pipeline         bson.A
}

// answer is what a saved question gives: the type of each column (of its first value that isn't null), and the rows.
type answer struct {
	columns map[string]string
	rows    []bson.M
}

func stage(name string, value any) bson.D { return bson.D{{Key: name, Value: value}} }

// month is how Metabase groups a date by month.
func month(field string) bson.D {
	return stage("$dateTrunc", bson.D{{Key: "date", Value: "$" + field}, {Key: "unit", Value: "month"}, {Key: "timezone", Value: "UTC"}, {Key: "startOfWeek", Value: "sunday"}})
}

// between is how Metabase filters a date: from a day on, and before another.
func between(field, from, before string) bson.D {
	compare := func(operator, day string) bson.D {
		return stage("$expr", stage(operator, bson.A{"$" + field, stage("$dateFromString", stage("dateString", day+"T00:00Z"))}))
	}
	return stage("$match", stage("$and", bson.A{compare("$gte", from), compare("$lt", before)}))
}

// summarize is how Metabase summarizes by one field, or over all rows where by is empty.
func summarize(measure string, accumulator any, by string, group any) bson.A {
	var id any
	project := bson.D{{Key: "_id", Value: false}}
	if by != "" {
		id = stage(by, group)
		project = append(project, bson.E{Key: by, Value: "$_id." + by})
	}
	return bson.A{
		stage("$group", bson.D{{Key: "_id", Value: id}, {Key: measure, Value: accumulator}}),
		stage("$sort", stage("_id", 1)),
		stage("$project", append(project, bson.E{Key: measure, Value: true})),
		stage("$limit", 1048575),
	}
}

// join is how Metabase joins rows of a collection whose field equals this one's, which go on without one.
func join(collection, field string) bson.A {
	variable := "let_" + field + "_1"
	return bson.A{
		stage("$lookup", bson.D{
			{Key: "from", Value: collection},
			{Key: "let", Value: stage(variable, "$"+field)},
			{Key: "pipeline", Value: bson.A{stage("$match", stage("$expr", stage("$eq", bson.A{"$$" + variable, "$" + field})))}},
			{Key: "as", Value: "join_alias_" + collection},
		}),
		stage("$unwind", bson.D{{Key: "path", Value: "$join_alias_" + collection}, {Key: "preserveNullAndEmptyArrays", Value: true}}),
	}
}

// The questions of docs/metabase.md.
var guided = []saved{
	{"revenue by month", "gold_monthly", summarize("sum", stage("$sum", "$ca"), "mois_date", month("mois_date"))},
	{"value at risk by segment", "gold_client_scores", summarize("sum", stage("$sum", "$value_at_risk_12m"), "segment_label", "$segment_label")},
	{"revenue of 2025 by country", "gold_fact_achats", append(bson.A{between("date_achat", "2025-01-01", "2026-01-01")},
		summarize("sum", stage("$sum", "$montant"), "pays", "$pays")...)},
	{"revenue by segment of the buyer", "gold_fact_achats", append(join("gold_client_scores", "id_client"),
		summarize("sum", stage("$sum", "$montant"), "segment_label", "$join_alias_gold_client_scores.segment_label")...)},
}

// savedQuestions are questions on every collection of a model: the whole table, its number of rows, a sum of each
// number, and a count of each text and of each month of each date.
func savedQuestions(datasets []gold.Dataset) []saved {
	all := slices.Clone(guided)
	for i := range datasets {
		d := &datasets[i]
		add := func(name string, pipeline bson.A) {
			all = append(all, saved{d.Collection + ": " + name, d.Collection, pipeline})
		}
		table := bson.D{{Key: "_id", Value: "$_id"}}
		count := stage("$sum", 1)
		for _, f := range d.Stored() {
			table = append(table, bson.E{Key: f.Name, Value: "$" + f.Name})
			switch f.Kind {
			case gold.Int, gold.Double, gold.Decimal:
				add("sum of "+f.Name, summarize("sum", stage("$sum", "$"+f.Name), "", nil))
			case gold.Date, gold.Time:
				add("months of "+f.Name, append(bson.A{between(f.Name, "2000-01-01", "2100-01-01")}, summarize("count", count, f.Name, month(f.Name))...))
			default:
				add("count by "+f.Name, summarize("count", count, f.Name, "$"+f.Name))
			}
		}
		add("rows", bson.A{stage("$sort", stage("_id", 1)), stage("$project", table), stage("$limit", 1048575)})
		add("count", summarize("count", count, "", nil))
	}
	return append(all, saved{"gold_release: rows", "gold_release", bson.A{stage("$sort", stage("_id", 1)), stage("$limit", 1048575)}})
}

func (q *saved) run(ctx context.Context, db *mongo.Database) (*answer, error) {
	cursor, err := db.Collection(q.collection).Aggregate(ctx, q.pipeline)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.name, err)
	}
	a := &answer{columns: map[string]string{}}
	defer func() { _ = cursor.Close(ctx) }()
	for cursor.Next(ctx) {
		elements, err := cursor.Current.Elements()
		if err != nil {
			return nil, err
		}
		for _, e := range elements {
			if kind := e.Value().Type; a.columns[e.Key()] == "" || a.columns[e.Key()] == "null" {
				a.columns[e.Key()] = kind.String()
			}
		}
		var row bson.M
		if err := cursor.Decode(&row); err != nil {
			return nil, err
		}
		a.rows = append(a.rows, row)
	}
	return a, cursor.Err()
}

// figures returns an answer of two columns, label and number, as text → number.
func (a *answer) figures(label, number string) map[string]float64 {
	out := map[string]float64{}
	for _, row := range a.rows {
		text := fmt.Sprint(row[label])
		if at, ok := row[label].(bson.DateTime); ok {
			text = at.Time().UTC().Format("2006-01")
		}
		out[text] = row[number].(float64)
	}
	return out
}

// apiRows reads all rows of a URL, page by page.
func apiRows(t *testing.T, server, path string) []map[string]any {
	t.Helper()
	var rows []map[string]any
	for path != "" {
		status, body := get(t, server, path)
		var page struct {
			Data []map[string]any
			Meta struct{ Next string }
		}
		if err := json.Unmarshal(body, &page); err != nil || status != 200 {
			t.Fatalf("%s: %d, %v", path, status, err)
		}
		rows, path = append(rows, page.Data...), page.Meta.Next
	}
	return rows
}

// apiFigures reads two fields of a URL's rows as text → number.
func apiFigures(t *testing.T, server, path, label, number string) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, row := range apiRows(t, server, path) {
		out[row[label].(string)] = row[number].(float64)
	}
	return out
}

func sameFigures(a, b map[string]float64) bool { return len(a) > 0 && maps.EqualFunc(a, b, near) }

// sameValue reports whether a BSON value and the API's JSON value mean the same. The API writes money to the cent.
func sameValue(stored, answered any) bool {
	switch v := stored.(type) {
	case bson.DateTime:
		at, err := time.Parse(time.RFC3339, fmt.Sprint(answered))
		return err == nil && at.Equal(v.Time())
	case float64:
		number, ok := answered.(float64)
		return ok && near(v, number)
	case int64:
		number, ok := answered.(float64)
		return ok && float64(v) == number
	default:
		return stored == answered
	}
}

// metabase is a Metabase that people have made questions in, and an API beside it.
type metabase struct {
	t         *testing.T
	db        *mongo.Database
	server    string
	datasets  []gold.Dataset
	questions []saved
	columns   map[string]map[string]string // of each question, when it was saved
}

// check runs every saved question while a release is current: its columns are those that it was saved with, and what it
// shows is what the API answers for that release.
func (d *metabase) check(release int) {
	d.t.Helper()
	of := func(path string) string {
		if strings.Contains(path, "?") {
			return fmt.Sprintf("%s&release=%d", path, release)
		}
		return fmt.Sprintf("%s?release=%d", path, release)
	}
	answers := map[string]*answer{}
	for _, q := range d.questions {
		a, err := q.run(d.t.Context(), d.db)
		if err != nil {
			d.t.Errorf("release %d: %v", release, err)
			continue
		}
		answers[q.name] = a
		if d.columns[q.name] == nil {
			d.columns[q.name] = a.columns
		}
		for name, kind := range d.columns[q.name] {
			if a.columns[name] != kind {
				d.t.Errorf("release %d: %s: column %s is %q and was %q", release, q.name, name, a.columns[name], kind)
			}
		}
	}
	if d.t.Failed() {
		d.t.FailNow()
	}
	for i, c := range []struct{ path, by, label, number string }{
		{"/monthly", "mois_date", "mois", "ca"},
		{"/segments", "segment_label", "segment_label", "value_at_risk_12m"},
		{"/by_country?date_achat=2025", "pays", "pays", "ca"},
		{"/datasets/fact_achats/aggregate?group_by=segment_label&measures=sum(montant)", "segment_label", "segment_label", "sum_montant"},
	} {
		shown, want := answers[guided[i].name].figures(c.by, "sum"), apiFigures(d.t, d.server, of(c.path), c.label, c.number)
		if !sameFigures(shown, want) {
			d.t.Errorf("release %d: %s shows %v, the API %v", release, guided[i].name, shown, want)
		}
	}
	for i := range d.datasets {
		d.compareRows(&d.datasets[i], answers[d.datasets[i].Collection+": rows"].rows, of("/datasets/"+d.datasets[i].Name+"/rows?limit=10000&sort="+d.datasets[i].Key[0]))
	}
	for _, row := range answers["gold_release: rows"].rows {
		if row["release"] != int64(release) || row["refreshing"] != false {
			d.t.Errorf("release %d: gold_release says %v", release, row)
		}
	}
}

// compareRows compares a saved table, in the order of its key, with the API's rows, which may have newer fields.
func (d *metabase) compareRows(set *gold.Dataset, shown []bson.M, path string) {
	d.t.Helper()
	rows := apiRows(d.t, d.server, path)
	if len(shown) != len(rows) {
		d.t.Errorf("%s: %d documents, %d rows of %s", set.Collection, len(shown), len(rows), path)
		return
	}
	for i, row := range rows {
		for name, value := range row {
			if stored, saved := shown[i][name]; saved && !sameValue(stored, value) {
				d.t.Errorf("%s: document %v has %s %v, %s %v", set.Collection, shown[i]["_id"], name, stored, path, value)
				return
			}
		}
	}
}

// keepLooking runs one question over and over until stop is called. An answer is that of a whole release, or an error.
func (d *metabase) keepLooking(q saved, measure string) (stop func(whole []float64)) {
	seen := map[float64]bool{}
	done := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
			a, err := q.run(context.WithoutCancel(d.t.Context()), d.db)
			if err != nil {
				continue
			}
			sum := 0.0
			for _, row := range a.rows {
				sum += row[measure].(float64)
			}
			seen[sum] = true
		}
	})
	return func(whole []float64) {
		close(done)
		looking.Wait()
		if len(seen) < 2 {
			d.t.Errorf("only %v was seen", slices.Collect(maps.Keys(seen)))
		}
		for sum := range seen {
			if !slices.ContainsFunc(whole, func(w float64) bool { return near(w, sum) }) {
				d.t.Errorf("a dashboard showed %v, which is no release's: %v", sum, whole)
			}
		}
	}
}

// monthlyRow is a row of ca_monthly, as a test rewrites it; the third field is what the contract grows by.
type monthlyRow struct {
	Month   string  `parquet:"mois"`
	Revenue float64 `parquet:"ca"`
	Clients *int64  `parquet:"clients,optional"`
}

func changeMonthly(t *testing.T, lake string, change func(rows []monthlyRow) []monthlyRow) {
	t.Helper()
	fixture.ChangeRows(t, lake, "ca_monthly", change)
}

// grownModels returns a folder with the shipped model, in which ca_monthly has one more field.
func grownModels(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, defaultModel), os.DirFS(filepath.Join(storetest.Root(t), "models", defaultModel))); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, defaultModel, "contracts", "ca_monthly.odcs.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// A rollup makes all fields of a dataset, and can't make this one.
	before, rest, _ := bytes.Cut(text, []byte("          rollup:\n"))
	_, after, _ := bytes.Cut(rest, []byte("    properties:\n"))
	text = slices.Concat(before, []byte("    properties:\n"), after)
	text = append(text, "      - name: clients\n        description: Buyers of the month.\n        logicalType: integer\n        physicalType: BIGINT\n"...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestSavedQuestionsOutliveReleases(t *testing.T) {
	t.Parallel()
	p := mongoPlace(t)
	model := retail(t)
	shown := slices.DeleteFunc(slices.Clone(model.Datasets), func(d gold.Dataset) bool { return d.Collection == "" })
	lake := copyLake(t)
	publishLake(t, p, lake)
	d := &metabase{
		t: t, db: mongoClient(t).Database(p.db), server: served(t, p),
		datasets: shown, questions: savedQuestions(shown), columns: map[string]map[string]string{},
	}
	t.Logf("%d questions on %d collections", len(d.questions), len(d.datasets)+1)
	d.check(1)
	first := d.total(1)

	stop := d.keepLooking(guided[0], "sum")
	changeFacts(t, lake, func(rows []purchase) []purchase { return rows[:len(rows)/2] })
	changeMonthly(t, lake, func(rows []monthlyRow) []monthlyRow {
		for i := range rows {
			rows[i].Revenue = math.Round(rows[i].Revenue*150) / 100
		}
		return rows[1:]
	})
	publishLake(t, p, lake, "--allow-shrink")
	d.check(2)
	second := d.total(2)

	mustCLI(t, "rollback", "1", "--store", p.store)
	d.check(1)

	changeMonthly(t, lake, func(rows []monthlyRow) []monthlyRow {
		for i := range rows {
			clients := int64(i + 1)
			rows[i].Clients, rows[i].Revenue = &clients, rows[i].Revenue*2
		}
		return rows
	})
	publishLake(t, p, lake, "--allow-shrink", "--models", grownModels(t))
	grown := saved{"buyers", "gold_monthly", summarize("sum", stage("$sum", "$clients"), "", nil)}
	if a, err := grown.run(t.Context(), d.db); err != nil || a.rows[0]["sum"] != int64(24*25/2) {
		t.Errorf("the field that the contract grew by: %v, %v", a, err)
	}
	d.questions = append(d.questions, saved{"months with buyers", "gold_monthly", bson.A{stage("$sort", stage("_id", 1)), stage("$project", bson.D{{Key: "mois", Value: "$mois"}, {Key: "has", Value: stage("$type", "$clients")}})}})
	d.check(3)
	third := d.total(3)

	mustCLI(t, "rollback", "1", "--store", p.store)
	d.check(1)
	stop([]float64{first, second, third})
	// The older release knows nothing of the field, and shows it all the same: null, never absent.
	n, err := d.db.Collection("gold_monthly").CountDocuments(t.Context(), bson.D{{Key: "clients", Value: stage("$type", "null")}})
	if err != nil || n != 25 {
		t.Errorf("%d documents with a null of the newer field, %v", n, err)
	}
	d.guide()
	d.joins()
}

// joins checks that every relationship of the contracts can be joined in both directions without reading the other
// collection once for each row.
func (d *metabase) joins() {
	d.t.Helper()
	for _, pair := range [][2]string{
		{"gold_fact_achats", "gold_client_scores"}, {"gold_fact_achats", "gold_dim_clients"}, {"gold_client_scores", "gold_dim_clients"}, {"gold_client_features", "gold_dim_clients"},
	} {
		for range 2 {
			from, to := pair[0], pair[1]
			var plan struct {
				Stages []struct {
					Scans   *int64   `bson:"collectionScans"`
					Indexes []string `bson:"indexesUsed"`
				}
			}
			command := bson.D{{Key: "aggregate", Value: from}, {Key: "pipeline", Value: join(to, "id_client")}, {Key: "cursor", Value: bson.D{}}}
			if err := d.db.RunCommand(d.t.Context(), bson.D{{Key: "explain", Value: command}, {Key: "verbosity", Value: "executionStats"}}).Decode(&plan); err != nil {
				d.t.Fatal(err)
			}
			last := plan.Stages[len(plan.Stages)-1]
			if last.Scans == nil || *last.Scans > 0 || !slices.Equal(last.Indexes, []string{"goldserve_id_client"}) {
				d.t.Errorf("%s joined to %s by id_client scans it %v times and uses the indexes %v", from, to, last.Scans, last.Indexes)
			}
			pair[0], pair[1] = to, from
		}
	}
}

// total is the revenue of all months of a release.
func (d *metabase) total(release int) float64 {
	sum := 0.0
	for _, revenue := range apiFigures(d.t, d.server, fmt.Sprintf("/monthly?release=%d", release), "mois", "ca") {
		sum += revenue
	}
	return sum
}

// guide checks that docs/metabase.md shows what the questions give on the sample, which is current.
func (d *metabase) guide() {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(storetest.Root(d.t), "docs", "metabase.md"))
	if err != nil {
		d.t.Fatal(err)
	}
	for i, labels := range [][]string{{"2024-01", "2025-12", "2026-01"}, {"VIP", "Actifs", "A potentiel", "Dormants"}, nil, nil} {
		q := guided[i]
		a, err := q.run(d.t.Context(), d.db)
		if err != nil {
			d.t.Fatal(err)
		}
		by := []string{"mois_date", "segment_label", "pays", "segment_label"}[i]
		figures := a.figures(by, "sum")
		if labels == nil {
			labels = slices.Collect(maps.Keys(figures))
		}
		for _, label := range labels {
			if line := fmt.Sprintf("| %s | %s |", label, grouped(figures[label])); !strings.Contains(string(text), line) {
				d.t.Errorf("docs/metabase.md does not say of %s: %s", q.name, line)
			}
		}
	}
}

// grouped writes a number as Metabase shows it: to the cent, thousands apart.
func grouped(v float64) string {
	text := fmt.Sprintf("%.2f", v)
	whole, cents, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return whole + "." + cents
}
