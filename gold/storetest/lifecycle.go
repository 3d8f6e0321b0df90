package storetest

import (
	"slices"
	"sync"
	"testing"

	"goldserve/gold"
)

// lifecycle checks the way of a version from load over seal to a release.
func lifecycle(t *testing.T, h Harness) {
	t.Run("an empty store has no release", func(t *testing.T) {
		s := fresh(t, h)
		_, err := s.Resolve(t.Context(), gold.Selector{Model: model})
		wantError(t, "resolve", err, gold.Empty, gold.CodeNoRelease)
		if list := releases(t, s, gold.ReleaseQuery{Model: model}); len(list) != 0 {
			t.Errorf("%d releases, expected none", len(list))
		}
	})
	t.Run("the state of an unknown model is empty", func(t *testing.T) {
		st := state(t, fresh(t, h), "nobody")
		if st.Current != nil || st.Last != 0 || st.Lease != nil || len(st.Sealed)+len(st.Orphans)+len(st.Stale)+len(st.Taken) != 0 {
			t.Errorf("state is %+v, expected nothing", st)
		}
		if st.Now.IsZero() {
			t.Error("the store's clock is not in the state")
		}
	})
	t.Run("what several goroutines append comes back whole", func(t *testing.T) { publishesWhole(t, fresh(t, h)) })
	t.Run("a sealed version is reused by the next release", func(t *testing.T) { reusesSealed(t, fresh(t, h)) })
	t.Run("a version sealed twice is kept once", func(t *testing.T) { sealsOnce(t, fresh(t, h)) })
	t.Run("loading a sealed version again does it no harm", func(t *testing.T) { keepsSealed(t, fresh(t, h)) })
	t.Run("a version loaded to replace a sealed one takes its place", func(t *testing.T) { replacesSealed(t, fresh(t, h)) })
	t.Run("a dataset without rows is published", func(t *testing.T) { publishesEmpty(t, fresh(t, h)) })
	t.Run("an aborted version leaves nothing", func(t *testing.T) { abortsClean(t, fresh(t, h)) })
	t.Run("abort after seal does nothing", func(t *testing.T) {
		s := fresh(t, h)
		l := acquire(t, s, model)
		tb := smallTable(1)
		loader := open(t, s, l, tb)
		appendRows(t, loader, tb)
		v := seal(t, loader, tb)
		if err := loader.Abort(t.Context()); err != nil {
			t.Errorf("abort: %v", err)
		}
		makeCurrent(t, s, l, &gold.Release{Model: model, AsOf: instant("2011-12-09"), Versions: []gold.Version{v}})
		wantTable(t, s, tb)
	})
	t.Run("a wrong number of rows is not sealed", func(t *testing.T) { refusesCount(t, fresh(t, h)) })
	t.Run("an index is made at seal and changes no answer", func(t *testing.T) {
		s := fresh(t, h)
		tb := smallTable(1)
		tb.Indexes = []gold.Index{{{Field: "name"}, {Field: "n", Desc: true}}, {{Field: "n"}}}
		publish(t, s, instant("2011-12-09"), tb)
		wantTable(t, s, tb)
	})
}

// replacesSealed loads a version again in place of one that is sealed and released.
func replacesSealed(t *testing.T, s *fixture) {
	tb := smallTable(1)
	before := publish(t, s, instant("2011-12-08"), tb).Versions[0]
	l := acquire(t, s, model)
	loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id(), Rows: int64(len(tb.rows)), Replace: true})
	if err != nil {
		t.Fatal(err)
	}
	appendRows(t, loader, tb)
	v := seal(t, loader, tb)
	if st := state(t, s, model); v.Location == before.Location || len(st.Sealed) != 1 || st.Sealed[0].Location != v.Location {
		t.Errorf("%s was sealed in place of %s, the state has %+v", v.Location, before.Location, st.Sealed)
	}
	wantTable(t, s, tb) // until the switch, from where it was
	makeCurrent(t, s, l, &gold.Release{Model: model, AsOf: instant("2011-12-09"), Versions: []gold.Version{v}})
	dropped, err := s.DropOrphans(t.Context(), l, false)
	if err != nil || !slices.Equal(dropped, []string{before.Location}) {
		t.Errorf("dropped are %v (%v), expected %s", dropped, err, before.Location)
	}
	wantTable(t, s, tb)
	rows, err := s.Rows(t.Context(), gold.Query{Version: &before})
	if err == nil {
		_, err = rows.Next(t.Context())
		_ = rows.Close()
	}
	wantError(t, "read what was replaced", err, gold.Gone, gold.CodeReleasePruned)
	_, err = s.RollBack(t.Context(), gold.Rollback{Lease: l, From: 2, To: 1})
	wantError(t, "roll back to a release without its rows", err, gold.Gone, gold.CodeReleasePruned)
	giveBack(t, s, l)
}

// smallTable returns a table of three rows; tables of different seeds have different rows and ids.
func smallTable(seed int) table {
	fields := []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "name", Kind: gold.Text}, {Name: "n", Kind: gold.Int, Nullable: true}}
	return newTable("small", fields, 1, row(1, "one", seed), row(2, "two", nil), row(3, "three", seed*10))
}

// manyTable returns a table of n rows with a BI field.
func manyTable(n int) table {
	tb := newTable("many", []gold.Field{
		{Name: "id", Kind: gold.Int}, {Name: "name", Kind: gold.Text, Nullable: true}, {Name: "x", Kind: gold.Double}, {Name: "day", Kind: gold.Date},
	}, 1)
	tb.BI = []gold.BIField{{Name: "day_time", From: "day"}}
	for i := range n {
		name := gold.NewText("name " + gold.NewInt(int64(i%17)).String())
		if i%5 == 0 {
			name = gold.Value{}
		}
		d := int64(i % 1000)
		tb.rows = append(tb.rows, row(i, name, float64(i)/8, gold.NewDate(d), gold.NewTime(d*86_400_000)))
	}
	return tb
}

// wantTable checks that the current release holds exactly the rows of a table, without its BI fields.
func wantTable(t *testing.T, s gold.Store, tb table) {
	t.Helper()
	v := resolve(t, s, gold.Selector{Model: tb.Model}).Version(tb.Name)
	if v == nil {
		t.Fatalf("the release has no %s", tb.Name)
	}
	wantVersion(t, s, v, tb)
}

func wantVersion(t *testing.T, s gold.Store, v *gold.Version, tb table) {
	t.Helper()
	got := selectRows(t, s, everything(v))
	if len(got) != len(tb.rows) || digest(tb.RowFields(), got) != tb.digest() {
		t.Errorf("%s has %d rows of digest %.12s, expected %d of %.12s", tb.Name, len(got), digest(tb.RowFields(), got), len(tb.rows), tb.digest())
	}
}

// publishesWhole loads from several goroutines and compares the release and its rows with what was written.
func publishesWhole(t *testing.T, s *fixture) {
	tb := manyTable(5_003)
	tb.describeFully()
	l := acquire(t, s, model)
	loader := open(t, s, l, tb)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			parts := slices.Collect(slices.Chunk(tb.rows, 257))
			for i := w; i < len(parts); i += 4 {
				b := batch(tb.Stored(), parts[i])
				if err := loader.Append(t.Context(), b); err != nil {
					t.Errorf("append part %d: %v", i, err)
				}
				b.Reset()
			}
		})
	}
	wg.Wait()
	if st := state(t, s, model); len(st.Sealed) != 0 || st.Current != nil {
		t.Errorf("before seal: %d sealed versions and release %v, expected none", len(st.Sealed), st.Current)
	}
	v := seal(t, loader, tb)
	want := sealed(tb)
	want.Dataset, want.ID, want.Location = tb.Dataset, tb.id(), v.Location
	wantRelease := &gold.Release{
		Model: model, Number: 1, AsOf: instant("2011-12-09T12:50:00.123Z"), KPIs: []string{"total"}, Facts: "many", Calendar: gold.Calendar{Timezone: "Europe/Paris", WeekStart: 6, FiscalYearStart: 4}, Integrity: "unverified", Unreached: "s3://lake/gold",
		Quality:  []gold.RuleResult{{Dataset: "many", Rule: "r1", Severity: gold.SeverityWarning, Failing: 3, Examples: []string{"7"}}},
		Versions: []gold.Version{want},
		Lineage: &gold.Lineage{
			Build: "b1", Engine: "duckdb 1.5.6", Parameters: map[string]string{"cap": "7"}, Datasets: map[string]string{"many": "gold.many"},
			Tables: []gold.LineageTable{
				{Name: "bronze.bills", ID: "i0", Files: 1, Bytes: 1 << 40, Listed: []gold.RawFile{{Path: "é/1.csv", Bytes: 12, SHA256: "aa"}}},
				{Name: "gold.many", ID: "i1", SQL: "sql/gold/many.sql", SQLSHA256: "bb", Parameters: []string{"cap"}, Reads: []string{"bronze.bills"}, Rows: new(int64(5)), Rejected: 3},
			},
		},
		Inferred: &gold.Inferred{
			Files: map[string]string{"contracts/many.odcs.yaml": "schema:\n  - name: many # é\n", "model.yaml": ""},
			Gone:  map[string]string{"contracts/few.odcs.yaml": "kind: DataContract\n"}, Changes: []string{"many.x is a double now"},
		},
	}
	publication := *wantRelease
	publication.Number, publication.Versions = 0, []gold.Version{v}
	r := makeCurrent(t, s, l, &publication)
	giveBack(t, s, l)
	if r.PublishedAt.IsZero() {
		t.Error("the release has no time of publication")
	}
	wantRelease.PublishedAt, wantRelease.Requires = r.PublishedAt, 4
	for what, got := range map[string]*gold.Release{
		"the switch's release": r, "the current release": resolve(t, s, gold.Selector{Model: model}), "release 1": resolve(t, s, gold.Selector{Model: model, Number: 1}),
		"the state's release": state(t, s, model).Current, "another handle's release": resolve(t, s.again(t), gold.Selector{Model: model}),
	} {
		if diff := sameRelease(wantRelease, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	wantTable(t, s, tb)
	if st := state(t, s, model); len(st.Sealed) != 1 || st.Sealed[0].ID != tb.id() || st.Last != 1 || len(st.Orphans) != 0 {
		t.Errorf("state has %d sealed, last %d, orphans %v; expected 1, 1 and none", len(st.Sealed), st.Last, st.Orphans)
	}
}

// describeFully gives a contract everything that a version has to keep.
func (tb *table) describeFully() {
	low, high := gold.NewInt(0), gold.NewInt(1<<62)
	doc := gold.Doc{Label: map[string]string{"fr": "numéro", "en": "number"}, Description: map[string]string{"en": "its number"}, Unit: "1", Format: "integer", Values: map[string]map[string]string{"1": {"en": "one"}}}
	tb.Collection, tb.Endpoint = "gold_many", "/many"
	tb.Fields[0].Minimum, tb.Fields[0].Maximum, tb.Fields[0].Filters, tb.Fields[0].Sortable, tb.Fields[0].Doc = &low, &high, []gold.Op{gold.Eq, gold.In, gold.IsNull}, true, doc
	tb.Fields[1].Search, tb.Fields[1].PII, tb.Fields[1].Mask = true, true, gold.MaskInitials
	tb.Fields[2].MultipleOf = 0.01
	total := gold.Measure{Func: gold.Sum, Field: "x", As: "x"}
	tb.Metrics = []gold.Metric{{Name: "total", Measure: &total, MultipleOf: 0.01, Doc: doc}, {Name: "mean", Over: []string{"total", "total"}, Unfiltered: true}}
	tb.Derive = &gold.Derive{From: "facts", Group: &gold.DeriveGroup{By: []gold.Group{{Field: "at", Grain: gold.Month, As: "day"}}, Measures: []gold.Measure{total}, Sort: []gold.Sort{{Field: "x", Desc: true}}, Limit: 7}}
	tb.Rollup = &gold.Rollup{Of: "facts", Group: []gold.Group{{Field: "x", Bins: []float64{0, 0.5}}}, Measures: []gold.Measure{total}}
	tb.Lookups = []gold.Lookup{{Dataset: "clients", On: "id", Key: "id", Fields: []string{"pays"}}}
	tb.Indexes, tb.BIIndexes = []gold.Index{{{Field: "name"}, {Field: "id", Desc: true}}}, []gold.Index{{{Field: "day_time"}}}
	tb.DefaultLimit, tb.Accelerate, tb.Doc = 100, true, doc
	tb.Rules = []gold.Rule{{ID: "r1", Metric: "invalidValues", Field: "name", Valid: []string{"a"}, Missing: []string{"-"}, Pattern: "^n", Operator: "mustBeBetween", Values: []float64{0, 1}, Percent: true, Severity: gold.SeverityWarning, Doc: "names"}}
}

// reusesSealed publishes a second time with one version of the first release and one new.
func reusesSealed(t *testing.T, s *fixture) {
	first, other := smallTable(1), manyTable(10)
	one := publish(t, s, instant("2011-11-01"), first, other)
	changed := smallTable(2)
	two := publish(t, s, instant("2011-12-01"), changed, other)
	if one.Number != 1 || two.Number != 2 {
		t.Errorf("numbers are %d and %d, expected 1 and 2", one.Number, two.Number)
	}
	if a, b := one.Version("many").Location, two.Version("many").Location; a != b {
		t.Errorf("the same version lies at %s and %s", a, b)
	}
	if a, b := one.Version("small").Location, two.Version("small").Location; a == b {
		t.Errorf("two versions lie at %s", a)
	}
	wantTable(t, s, changed)
	wantTable(t, s, other)
	wantVersion(t, s, resolve(t, s, gold.Selector{Model: model, Number: 1}).Version("small"), first)
	if n := len(state(t, s, model).Sealed); n != 3 {
		t.Errorf("%d sealed versions, expected 3", n)
	}

	// A label changed: a new release shares every version and shows its own contract, the old one keeps its own.
	l := acquire(t, s, model)
	relabelled := *two
	relabelled.Versions = slices.Clone(two.Versions)
	relabelled.Version("small").Dataset.Doc.Label = map[string]string{"en": "Small things"}
	three := makeCurrent(t, s, l, &relabelled)
	giveBack(t, s, l)
	if three.Number != 3 || resolve(t, s, gold.Selector{Model: model}).Version("small").Dataset.Doc.Label["en"] != "Small things" {
		t.Errorf("release %d has label %q, expected release 3 with Small things", three.Number, three.Version("small").Dataset.Doc.Label["en"])
	}
	if label := resolve(t, s, gold.Selector{Model: model, Number: 2}).Version("small").Dataset.Doc.Label; len(label) != 0 {
		t.Errorf("release 2 has labels %v now", label)
	}
	wantNumbers(t, "releases", releases(t, s, gold.ReleaseQuery{Model: model}), 3, 2, 1)
	wantNumbers(t, "releases before 3", releases(t, s, gold.ReleaseQuery{Model: model, Before: 3}), 2, 1)
	wantNumbers(t, "the newest release", releases(t, s, gold.ReleaseQuery{Model: model, Limit: 1}), 3)
	wantNumbers(t, "the newest before 3", releases(t, s, gold.ReleaseQuery{Model: model, Before: 3, Limit: 1}), 2)
}

func wantNumbers(t *testing.T, what string, list []gold.Release, want ...int64) {
	t.Helper()
	var got []int64
	for _, r := range list {
		got = append(got, r.Number)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s are %v, expected %v", what, got, want)
	}
}

// sealsOnce loads the same version again, under a later lease.
func sealsOnce(t *testing.T, s *fixture) {
	tb := smallTable(1)
	l := acquire(t, s, model)
	first := load(t, s, l, tb)
	giveBack(t, s, l)
	l = acquire(t, s, model)
	loader := open(t, s, l, tb)
	appendRows(t, loader, tb)
	second := seal(t, loader, tb)
	if first.Location != second.Location {
		t.Errorf("the same version is sealed at %s and at %s", first.Location, second.Location)
	}
	if n := len(state(t, s, model).Sealed); n != 1 {
		t.Errorf("%d sealed versions, expected 1", n)
	}
	if _, err := s.DropOrphans(t.Context(), l, false); err != nil {
		t.Errorf("prune: %v", err)
	}
	makeCurrent(t, s, l, &gold.Release{Model: model, AsOf: instant("2011-12-09"), Versions: []gold.Version{second}})
	giveBack(t, s, l)
	wantTable(t, s, tb)
}

// keepsSealed loads a version again under the lease that it was sealed under, which no publisher should do.
func keepsSealed(t *testing.T, s *fixture) {
	tb := smallTable(1)
	l := acquire(t, s, model)
	v := load(t, s, l, tb)
	loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id()})
	if err == nil {
		if err := loader.Append(t.Context(), batch(tb.Stored(), smallTable(2).rows)); err != nil {
			t.Logf("append: %v", err)
		}
		if err := loader.Abort(t.Context()); err != nil {
			t.Errorf("abort: %v", err)
		}
	}
	makeCurrent(t, s, l, &gold.Release{Model: model, AsOf: instant("2011-12-09"), Versions: []gold.Version{v}})
	giveBack(t, s, l)
	wantTable(t, s, tb)
}

func publishesEmpty(t *testing.T, s *fixture) {
	tb := smallTable(1)
	tb.rows = nil
	publish(t, s, instant("2011-12-09"), tb)
	wantTable(t, s, tb)
	v := resolve(t, s, gold.Selector{Model: model}).Version("small")
	got := aggregate(t, s, gold.Aggregation{Version: v, Measures: []gold.Measure{{Func: gold.Count}, {Func: gold.Sum, Field: "n"}, {Func: gold.Max, Field: "name"}}})
	wantRows(t, "aggregate", got, [][]gold.Value{row(0, 0, nil)})
}

func abortsClean(t *testing.T, s *fixture) {
	tb := smallTable(1)
	l := acquire(t, s, model)
	loader := open(t, s, l, tb)
	appendRows(t, loader, tb)
	if err := loader.Abort(t.Context()); err != nil {
		t.Fatalf("abort: %v", err)
	}
	if st := state(t, s, model); len(st.Sealed)+len(st.Orphans) != 0 {
		t.Errorf("after abort: sealed %v, orphans %v", st.Sealed, st.Orphans)
	}
	// The same version can be loaded at once, under the same lease, and holds nothing of the first try.
	v := load(t, s, l, tb)
	makeCurrent(t, s, l, &gold.Release{Model: model, AsOf: instant("2011-12-09"), Versions: []gold.Version{v}})
	giveBack(t, s, l)
	wantTable(t, s, tb)
}

func refusesCount(t *testing.T, s *fixture) {
	tb := smallTable(1)
	l := acquire(t, s, model)
	defer giveBack(t, s, l)
	loader := open(t, s, l, tb)
	appendRows(t, loader, tb)
	v := sealed(tb)
	v.Rows++
	_, err := loader.Seal(t.Context(), v)
	wantError(t, "seal", err, gold.Internal, gold.CodeRowCount)
	if err := loader.Abort(t.Context()); err != nil {
		t.Errorf("abort: %v", err)
	}
	if st := state(t, s, model); len(st.Sealed)+len(st.Orphans) != 0 {
		t.Errorf("after seal was refused: sealed %v, orphans %v", st.Sealed, st.Orphans)
	}
}
