package periodtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/measure"
	"goldserve/gold/query"
	"goldserve/gold/storetest"
)

// world is a release of facts at times with gaps between, of their sums by a period, and of the growth of those.
type world struct {
	*rand.Rand
	calendar gold.Calendar
	by       gold.Group // the period of a fact
	facts    storetest.Table
	names    map[gold.Value]time.Time // the starts of the periods of all facts by their values as groups
	catalog  *query.Catalog
	growth   gold.DeriveGrowth // of the dataset grown
}

const model = "periods"

var every = []gold.Op{gold.Eq, gold.Ne, gold.In, gold.NotIn, gold.Gte, gold.Gt, gold.Lte, gold.Lt}

// chance is true in p of 100 cases.
func (w *world) chance(p int) bool { return w.IntN(100) < p }

func one[T any](w *world, of ...T) T { return of[w.IntN(len(of))] }

// newWorld publishes a world.
func newWorld(t *testing.T, s gold.Store, seed uint64) *world {
	t.Helper()
	w := &world{Rand: rand.New(rand.NewPCG(seed, 0x90_1d))} //nolint:gosec // tests want numbers that come again, not secrets
	w.calendar = gold.Calendar{Timezone: one(w, "", "Europe/Paris", "America/New_York", "Asia/Kolkata"), WeekStart: gold.Weekday(w.IntN(7)), FiscalYearStart: 1 + w.IntN(12)}
	kind := one(w, gold.Time, gold.Time, gold.Date)
	grain := one(w, w.calendar.Grains(kind)...)
	w.by = gold.Group{Field: "at", Grain: grain, Calendar: w.calendar.Of(kind, grain), As: "p"}
	w.makeFacts(kind)
	w.names = w.nameStarts()
	periods := w.group("periods", "facts", w.by)
	periods.Version.Dataset.Rollup = &gold.Rollup{Of: "facts", Group: []gold.Group{w.by}, Measures: sum}
	tables := []storetest.Table{w.facts, periods}
	if w.chance(50) { // aggregates are answered by it
		of := w.group("smaller", "facts", w.by, gold.Group{Field: "land"})
		of.Version.Dataset.Derive = &gold.Derive{From: "facts", Group: &gold.DeriveGroup{By: []gold.Group{w.by, {Field: "land"}}, Measures: sum}}
		tables = append(tables, of)
	}
	w.growth = gold.DeriveGrowth{Order: "p", Value: "v", Named: w.chance(50)}
	if w.chance(50) {
		w.growth = w.growth.ByPeriod(&periods.Version.Dataset, w.calendar)
	}
	tables = append(tables, w.grow(t, periods))
	contracts := &gold.Model{Name: model, Calendar: w.calendar, Facts: "facts"}
	if w.chance(50) {
		contracts.AsOf = gold.FieldRef{Dataset: "facts", Field: "at"}
	}
	w.catalog = query.NewCatalog(contracts, w.publish(t, s, tables), false)
	return w
}

// sum is what facts are grouped for.
var sum = []gold.Measure{{Func: gold.Sum, Field: "amount", As: "v"}, {Func: gold.Count, As: "n"}}

// makeFacts makes up to 60 facts within few days of three years.
func (w *world) makeFacts(kind gold.Kind) {
	amount := gold.Field{Name: "amount", Kind: one(w, gold.Int, gold.Double, gold.Decimal, gold.WideDecimal), Nullable: true, Filters: every}
	if amount.Kind.Scaled() {
		amount.Scale = 2
	}
	if amount.Kind == gold.WideDecimal {
		amount.Precision = 30
	}
	w.facts.Version = &gold.Version{Dataset: gold.Dataset{
		Name: "facts", Key: []string{"id"},
		Fields: []gold.Field{
			{Name: "id", Kind: gold.Int, Filters: every, Sortable: true},
			{Name: "at", Kind: kind, Filters: every, Sortable: true},
			{Name: "land", Kind: gold.Text, Filters: every, Sortable: true},
			amount,
		},
	}}
	apart := one(w, 1, 3, 20, 40, 120)
	for id := range 1 + w.IntN(60) {
		// Hours from 5 on: no clock is changed then.
		day := time.Date(2010, 11, 20+apart*w.IntN(1+900/apart)+w.IntN(2), 5+w.IntN(19), w.IntN(60), 0, 0, w.location())
		when := gold.NewTime(day.UnixMilli())
		if kind == gold.Date {
			when = gold.NewDate(time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC).Unix() / 86_400)
		}
		value := gold.Value{}
		switch n := int64(w.IntN(41) - 16); {
		case w.chance(10):
		case amount.Kind == gold.Double:
			value = gold.NewDouble(float64(n) / 4)
		case amount.Kind == gold.WideDecimal:
			value, _ = gold.ParseValue(gold.WideDecimal, 2, fmt.Sprintf("%d.25", n))
		default:
			value = gold.NewIntegral(amount.Kind, n)
		}
		w.facts.Rows = append(w.facts.Rows, []gold.Value{gold.NewInt(int64(id)), when, gold.NewText(one(w, "fr", "de", "uk")), value})
	}
}

// location returns the model's time zone.
func (w *world) location() *time.Location {
	at, err := time.LoadLocation(w.calendar.Timezone)
	if err != nil {
		panic(err)
	}
	return at
}

// group returns a dataset of groups of the facts, whose key they are.
func (w *world) group(name, from string, by ...gold.Group) storetest.Table {
	a := gold.Aggregation{Version: w.facts.Version, Group: by, Measures: sum}
	rows, err := storetest.Aggregate(a, w.facts)
	if err != nil {
		panic(fmt.Sprintf("group %s: %v", from, err))
	}
	d := gold.Dataset{Name: name, Fields: a.OutFields()}
	for i := range by {
		d.Key, d.Fields[i].Nullable = append(d.Key, by[i].Name()), false
	}
	return storetest.Table{Version: &gold.Version{Dataset: d}, Rows: rows}
}

// grow returns the growth of the periods, as the publisher computes it.
func (w *world) grow(t *testing.T, periods storetest.Table) storetest.Table {
	t.Helper()
	source := &periods.Version.Dataset
	d := gold.Dataset{Name: "grown", Key: []string{"p"}, Derive: &gold.Derive{From: "periods", Growth: &w.growth}}
	d.Fields = measure.DeriveFields(d.Derive, source)
	for i := range d.Fields {
		d.Fields[i].Filters, d.Fields[i].Sortable = every, true
	}
	grown, err := measure.Growth(batch(source.Fields, periods.Rows), w.growth)
	if err != nil {
		t.Fatal(err)
	}
	table := storetest.Table{Version: &gold.Version{Dataset: d}}
	for i := range grown.Rows {
		table.Rows = append(table.Rows, grown.Row(i, nil))
	}
	return table
}

func batch(fields []gold.Field, rows [][]gold.Value) *gold.Batch {
	b := gold.NewBatch(fields, len(rows))
	for _, row := range rows {
		b.AppendRow(row...)
	}
	return b
}

// publish makes the tables the current release.
func (w *world) publish(t *testing.T, s gold.Store, tables []storetest.Table) *gold.Release {
	t.Helper()
	ctx := t.Context()
	lease, err := s.Acquire(ctx, model, "periodtest", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Release(ctx, *lease, &gold.Attempt{Command: "publish", Outcome: "published"}); err != nil {
			t.Error(err)
		}
	}()
	r := &gold.Release{Model: model, AsOf: time.Now(), Facts: "facts", Calendar: w.calendar}
	for _, table := range tables {
		r.Versions = append(r.Versions, load(ctx, t, s, *lease, table))
	}
	state, err := s.State(ctx, model)
	if err != nil {
		t.Fatal(err)
	}
	p := gold.Publication{Lease: *lease, Release: r}
	if state.Current != nil {
		p.From = state.Current.Number
	}
	published, err := s.Publish(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	w.facts.Version = published.Version("facts")
	return published
}

// load makes a sealed version of a table.
func load(ctx context.Context, t *testing.T, s gold.Store, lease gold.Lease, table storetest.Table) gold.Version {
	t.Helper()
	d := table.Version.Dataset
	d.Model, d.DefaultSort = model, d.TotalSort(nil)
	rows := batch(d.Fields, table.Rows)
	var digest gold.Digest
	digest.Add(rows, len(d.Fields))
	id := fmt.Sprintf("%s-%d", d.Name, time.Now().UnixNano())
	loader, err := s.Load(ctx, gold.Load{Lease: lease, Dataset: d, ID: id, Rows: int64(rows.Rows)})
	if err != nil {
		t.Fatal(err)
	}
	if err := loader.Append(ctx, rows); err != nil {
		t.Fatal(err)
	}
	v, err := loader.Seal(ctx, gold.Version{Dataset: d, ID: id, Rows: int64(rows.Rows), Digest: digest.String(), Bytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	return *v
}

// matching returns the facts that a predicate keeps.
func (w *world) matching(where []gold.Predicate) [][]gold.Value {
	rows, err := storetest.SelectRows(gold.Query{Version: w.facts.Version, Where: where, Sort: []gold.Sort{{Field: "id"}}}, w.facts)
	if err != nil {
		panic(err)
	}
	return slices.Clone(rows)
}
