package publisher_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/diff"
	"goldserve/gold/sqlitestore"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

// event is a row of a dataset that is written part by part.
type event struct {
	ID       int64   `parquet:"id"`
	Day      string  `parquet:"day"`
	Product  string  `parquet:"product"`
	Amount   float64 `parquet:"amount"`
	Units    *int64  `parquet:"units,optional"`
	Customer string  `parquet:"customer"`
}

// eventsModel has a dataset of parts whose measures are continued from part to part, and some that can't be, and datasets
// that are derived from it in each way.
func eventsModel(t testing.TB) *contract.Model {
	t.Helper()
	return modelOf(t, map[string]string{
		"visits": `    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: day, logicalType: string, required: true}
      - {name: product, logicalType: string, required: true}
      - {name: amount, logicalType: number, required: true, logicalTypeOptions: {minimum: 0}, quality: [{type: library, metric: nullValues, mustBe: 0}]}
      - {name: units, logicalType: integer, quality: [{type: library, metric: nullValues, mustBeLessThan: 50, unit: percent, severity: warning}]}
      - {name: customer, logicalType: string, required: true}
    quality:
      - {type: library, metric: rowCount, mustBeLessThan: 100000}
    customProperties:
      - property: goldserve
        value:
          collection: shop_events
          metrics: {total: sum(amount), mean: avg(amount), items: sum(units), sold: "count(where units > 1)", customers: count_distinct(customer), middle: median(amount), first: min(day), largest: max(amount)}
`,
		"by_day": `    properties:
      - {name: day, logicalType: string, required: true, primaryKey: true}
      - {name: total, logicalType: number, required: true}
      - {name: mean, logicalType: number}
      - {name: items, logicalType: integer}
      - {name: events, logicalType: integer, required: true}
    customProperties:
      - {property: goldserve, value: {derive: {from: visits, group: [day], measures: {total: sum(amount), mean: avg(amount), items: sum(units), events: count()}}}}
`,
		"spread": `    properties:
      - {name: bucket, logicalType: string, required: true, primaryKey: true}
      - {name: lower, logicalType: number, required: true}
      - {name: upper, logicalType: number, required: true}
      - {name: count, logicalType: integer, required: true}
    customProperties:
      - {property: goldserve, value: {derive: {from: visits, histogram: {field: amount, bins: 7}}}}
`,
	})
}

// stream is a lake that a writer adds parts to, and what is published of it.
type stream struct {
	folder string
	model  *contract.Model
	rand   *rand.Rand
	parts  map[string][]event
	next   int64
}

func newStream(t testing.TB, seed uint64) *stream {
	t.Helper()
	s := &stream{folder: t.TempDir(), model: eventsModel(t), rand: rand.New(rand.NewPCG(seed, 1)), parts: map[string][]event{}}
	if err := errors.Join(os.Mkdir(filepath.Join(s.folder, "visits.parquet"), 0o700), os.WriteFile(filepath.Join(s.folder, "visits.parquet", "_SUCCESS"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	return s
}

// events makes rows with keys that no others have.
func (s *stream) events(n int) []event {
	rows := make([]event, n)
	for i := range rows {
		s.next += 1 + s.rand.Int64N(3)
		rows[i] = event{
			ID: s.next, Day: fmt.Sprintf("2026-01-%02d", 1+s.rand.IntN(9)), Product: fmt.Sprint("product ", s.rand.IntN(5)),
			Amount: float64(s.rand.IntN(100_000)) / 100, Customer: fmt.Sprint("customer ", s.rand.IntN(20)),
		}
		if s.rand.IntN(4) > 0 {
			rows[i].Units = new(s.rand.Int64N(9))
		}
	}
	return rows
}

// write writes a part; nil: it is removed.
func (s *stream) write(t testing.TB, name string, rows []event) {
	t.Helper()
	path := filepath.Join(s.folder, "visits.parquet", name)
	if rows == nil {
		delete(s.parts, name)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	s.parts[name] = rows
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
}

// merge writes the rows of parts into one in their place, and says so.
func (s *stream) merge(t testing.TB, to string, names ...string) {
	t.Helper()
	m, rows := gold.Merged{}, []event{}
	sum := func(name string) string {
		data, err := os.ReadFile(filepath.Join(s.folder, "visits.parquet", name))
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%x", sha256.Sum256(data))
	}
	for _, name := range names {
		m.Of = append(m.Of, sum(name))
		rows = append(rows, s.parts[name]...)
		s.write(t, name, nil)
	}
	s.write(t, to, rows)
	m.SHA256 = sum(to)
	s.say(t, m)
}

// say adds a line to what the writer says of merged parts.
func (s *stream) say(t testing.TB, m gold.Merged) {
	t.Helper()
	line, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(s.folder, "visits.parquet", gold.MergedFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.Write(append(line, '\n'))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// change changes the lake at random, most often as a stream does, and says how.
func (s *stream) change(t testing.TB) string {
	t.Helper()
	names := slices.Sorted(maps.Keys(s.parts))
	fresh := fmt.Sprintf("part-%d.parquet", s.rand.IntN(1_000_000))
	some := func() string { return names[s.rand.IntN(len(names))] }
	switch n := s.rand.IntN(24); {
	case n < 10 || len(names) < 2:
		s.write(t, fresh, s.events(1+s.rand.IntN(30)))
		return "a part came in"
	case n < 12:
		s.write(t, fresh, s.events(3))
		s.write(t, "b"+fresh, s.events(5))
		return "two parts came in"
	case n < 13:
		s.write(t, fresh, []event{})
		return "a part without rows came in"
	case n < 15:
		name := some()
		rows := s.parts[name]
		s.write(t, name, nil)
		s.write(t, fresh, rows)
		return "a part was renamed"
	case n < 17:
		s.write(t, some(), nil)
		return "a part was removed"
	case n < 18:
		name := some()
		s.write(t, some(), nil)
		s.write(t, fresh, s.events(4))
		return "one part in the place of another " + name
	case n < 20:
		s.write(t, some(), s.events(6))
		return "a part was written again"
	default:
		s.merge(t, fresh, names[:2+s.rand.IntN(min(len(names)-1, 3))]...)
		if n < 22 {
			return "parts were merged"
		}
		s.write(t, "b"+fresh, s.events(4))
		return "parts were merged, and one came in"
	}
}

// publisher makes a publisher, whose lease is short where it dies: only then the next one waits for its end, and one that lives renews it
// in time on a busy machine too.
func (s *stream) publisher(store gold.Store) *publisher.Publisher {
	c := publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test"}
	if _, dies := store.(dying); dies {
		c.TTL = time.Second
	}
	return publisher.New(c)
}

func (s *stream) publish(t testing.TB, store gold.Store) (*publisher.Report, error) {
	t.Helper()
	return s.publisher(store).Publish(t.Context(), publisher.Request{Model: s.model, Lake: fixture.OpenLake(t, s.folder), AllowShrink: true, Again: true})
}

func (s *stream) mustPublish(t testing.TB, store gold.Store) *publisher.Report {
	t.Helper()
	report, err := s.publish(t, store)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func openSQLite(t testing.TB) gold.Store {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// sameRelease compares a release with one of the same lake that was loaded whole into a store of its own.
func (s *stream) sameRelease(t testing.TB, report *publisher.Report) {
	t.Helper()
	got := report.Release
	want := s.mustPublish(t, openSQLite(t)).Release
	for _, w := range want.Versions {
		g := got.Version(w.Dataset.Name)
		if g.ID != w.ID || g.Digest != w.Digest || g.Rows != w.Rows || g.Bytes != w.Bytes {
			t.Errorf("%s has the id %.8s, the digest %.8s, %d rows and %d bytes; loaded whole %.8s, %.8s, %d and %d",
				w.Dataset.Name, g.ID, g.Digest, g.Rows, g.Bytes, w.ID, w.Digest, w.Rows, w.Bytes)
		}
		if diff := cmp.Diff(w.Measures, g.Measures, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b gold.Value) bool { return a == b })); diff != "" {
			t.Errorf("measures of %s (-whole +appended):\n%s", w.Dataset.Name, diff)
		}
	}
	quality := slices.Clone(got.Quality)
	for i := range quality {
		if !slices.Contains(report.Loaded, "visits") && i < len(want.Quality) { // its rows had other numbers when they were read
			quality[i].Examples = want.Quality[i].Examples
		}
	}
	if diff := cmp.Diff(want.Quality, quality); diff != "" {
		t.Errorf("quality (-whole +appended):\n%s", diff)
	}
}

// verify reads every release that is kept again.
func (s *stream) verify(t testing.TB, store gold.Store) {
	t.Helper()
	if _, err := s.publisher(store).Verify(t.Context(), publisher.VerifyRequest{Model: "shop", All: true}); err != nil {
		t.Errorf("verify: %v", err)
	}
}

// TestWhatIsAppendedIsWhatLoadingAllFilesGives, whatever the files go through, and each release keeps its own rows.
func TestWhatIsAppendedIsWhatLoadingAllFilesGives(t *testing.T) {
	testAppends(t, openSQLite(t), 25)
}

func testAppends(t *testing.T, store gold.Store, steps int) {
	t.Helper()
	s := newStream(t, 1)
	s.write(t, "part-0.parquet", s.events(60))
	s.write(t, "part-1.parquet", s.events(40))
	appended := 0
	for step := range steps {
		what := "the first parts"
		if step > 0 {
			what = s.change(t)
		}
		report := s.mustPublish(t, store)
		if !slices.Contains([]publisher.Outcome{publisher.Published, publisher.Unchanged}, report.Outcome) {
			t.Fatalf("step %d, %s: %s", step, what, report.Outcome)
		}
		s.sameRelease(t, report)
		if _, segment := gold.SplitLocation(report.Release.Version("visits").Location); segment > 0 && report.Outcome == publisher.Published {
			appended++
		}
		if step%8 == 7 {
			s.verify(t, store)
		}
		if step == 11 {
			if _, err := s.publisher(store).Rollback(t.Context(), "shop", report.Release.Number-1); err != nil {
				t.Fatal(err)
			}
			s.verify(t, store)
		}
		if t.Failed() {
			t.Fatalf("step %d, %s", step, what)
		}
	}
	s.verify(t, store)
	if appended < steps/4 {
		t.Errorf("%d of %d releases were appended", appended, steps)
	}
}

// TestAPartThatComesInIsAllThatIsLoaded, with the keys of all rows, and rules that are broken by its rows.
func TestAPartThatComesInIsAllThatIsLoaded(t *testing.T) {
	s, store := newStream(t, 2), openSQLite(t)
	s.write(t, "part-0.parquet", s.events(100))
	s.mustPublish(t, store)
	s.write(t, "part-1.parquet", s.events(10))
	if report := s.mustPublish(t, store); report.Rows < 10 || report.Rows > 30 { // with the days and bins derived from them
		t.Errorf("%d rows were loaded", report.Rows)
	}
	for name, c := range map[string]struct {
		spoil func(rows []event)
		code  gold.Code
	}{
		"a key of another part": {func(rows []event) { rows[3].ID = s.parts["part-0.parquet"][7].ID }, gold.CodeDuplicateKey},
		"a negative amount":     {func(rows []event) { rows[3].Amount = -1 }, gold.CodeQualityFailed},
	} {
		rows := s.events(10)
		c.spoil(rows)
		s.write(t, "part-2.parquet", rows)
		_, err := s.publish(t, store)
		_, whole := s.publish(t, openSQLite(t))
		if gold.CodeOf(err) != c.code || whole == nil || err.Error() != whole.Error() {
			t.Errorf("%s: %v, and loaded whole %v", name, err, whole)
		}
		if e, ok := errors.AsType[*gold.Error](err); c.code == gold.CodeDuplicateKey && (!ok || len(e.Problems) != 1 || !strings.HasSuffix(e.Problems[0].File, "/part-2.parquet") ||
			e.Problems[0].Row != 4 || !strings.Contains(e.Message, "is also in row 8 of ") || !strings.Contains(e.Message, "/part-0.parquet; ")) {
			t.Errorf("%s: expected row 4 of part-2.parquet and row 8 of part-0.parquet: %v", name, err)
		}
		s.write(t, "part-2.parquet", nil)
		if report := s.mustPublish(t, store); report.Outcome != publisher.Unchanged {
			t.Errorf("after %s: %s", name, report.Outcome)
		}
	}
	before := s.mustPublish(t, store).Release
	s.write(t, "part-2.parquet", s.events(5))
	report := s.mustPublish(t, store)
	s.sameRelease(t, report)
	s.verify(t, store)
	for _, c := range []struct {
		before, after *gold.Release
		want          diff.Counts
	}{{before, report.Release, diff.Counts{Added: 5}}, {report.Release, before, diff.Counts{Removed: 5}}} {
		counts, err := diff.New(c.before.Version("visits"), c.after.Version("visits")).Rows(t.Context(), store, func(diff.Row) error { return nil })
		if err != nil || counts != c.want {
			t.Errorf("%+v rows differ, expected %+v, %v", counts, c.want, err)
		}
	}
}

// TestMergedPartsAreNotLoadedAgain, where their writer says what they were merged from; else, and where it is not true, all parts are.
func TestMergedPartsAreNotLoadedAgain(t *testing.T) {
	s, store := newStream(t, 4), openSQLite(t)
	part := func(i int) string { return fmt.Sprintf("part-%d.parquet", i) }
	loaded := func(want int64) {
		t.Helper()
		report := s.mustPublish(t, store)
		s.sameRelease(t, report)
		if _, segment := gold.SplitLocation(report.Release.Version("visits").Location); (segment > 0) != (want < 100) || report.Rows < want || report.Rows > want+30 { // with what is derived
			t.Errorf("%d rows were loaded, segment %d; expected %d", report.Rows, segment, want)
		}
	}
	for i := range 9 {
		s.write(t, part(i), s.events(20))
	}
	loaded(180)
	s.merge(t, "part-0-2.parquet", part(0), part(1), part(2))
	s.write(t, part(9), s.events(7))
	loaded(7)
	s.merge(t, "part-3-4.parquet", part(3), part(4)) // and again, before the next publish
	s.merge(t, "part-0-4.parquet", "part-0-2.parquet", "part-3-4.parquet")
	loaded(0)
	s.merge(t, "part-0-9.parquet", "part-0-4.parquet", part(5), part(6), part(7), part(8), part(9))
	s.write(t, "part-0-9.parquet", slices.Concat(s.parts["part-0-9.parquet"][1:], s.events(1))) // by somebody who changed a row
	s.write(t, part(10), s.events(5))
	loaded(192)
	rows := s.parts[part(10)]
	s.merge(t, "part-0-10.parquet", "part-0-9.parquet", part(10))
	if err := os.Remove(filepath.Join(s.folder, "visits.parquet", gold.MergedFile)); err != nil {
		t.Fatal(err)
	}
	loaded(192)
	s.say(t, gold.Merged{SHA256: strings.Repeat("ab", 32), Of: []string{strings.Repeat("ab", 32)}}) // of itself
	s.write(t, part(11), rows[:0])
	s.write(t, part(12), s.events(2))
	loaded(2)
	s.say(t, gold.Merged{SHA256: "abc"})
	s.write(t, part(13), s.events(2))
	if _, err := s.publish(t, store); gold.CodeOf(err) != gold.CodeSourceUnreadable || !strings.Contains(err.Error(), "visits.parquet/_merged.jsonl, row 2: expected {") {
		t.Error(err)
	}
}

// dying is a store whose process dies before one of its writes: that and all later ones fail.
type dying struct {
	gold.Store
	left *int
}

var errDead = errors.New("the process is dead")

func (d dying) step() error {
	if *d.left--; *d.left < 0 {
		return errDead
	}
	return nil
}

func (d dying) Load(ctx context.Context, l gold.Load) (gold.Loader, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	loader, err := d.Store.Load(ctx, l)
	return dyingLoader{loader, d}, err
}

func (d dying) Publish(ctx context.Context, p gold.Publication) (*gold.Release, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	return d.Store.Publish(ctx, p)
}

func (d dying) Refresh(ctx context.Context, r gold.Refresh) (*gold.RefreshReport, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	return d.Store.Refresh(ctx, r)
}

func (d dying) Prune(ctx context.Context, p gold.Prune) (*gold.PruneReport, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	return d.Store.Prune(ctx, p)
}

func (d dying) Release(ctx context.Context, l gold.Lease, ended *gold.Attempt) error {
	if *d.left < 0 {
		return errDead
	}
	return d.Store.Release(ctx, l, ended)
}

type dyingLoader struct {
	gold.Loader
	dying dying
}

func (l dyingLoader) Append(ctx context.Context, b *gold.Batch) error {
	if err := l.dying.step(); err != nil {
		return err
	}
	return l.Loader.Append(ctx, b)
}

func (l dyingLoader) Seal(ctx context.Context, v gold.Version) (*gold.Version, error) {
	if err := l.dying.step(); err != nil {
		return nil, err
	}
	return l.Loader.Seal(ctx, v)
}

func (l dyingLoader) Abort(ctx context.Context) error {
	if *l.dying.left < 0 {
		return errDead
	}
	return l.Loader.Abort(ctx)
}

// TestAPublisherThatDiesWhileItAppendsLeavesWholeReleases, at whatever step, and the next one reaches the same state.
func TestAPublisherThatDiesWhileItAppendsLeavesWholeReleases(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gold.db")
	testDeaths(t, func() gold.Store {
		store, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}, 1)
}

func testDeaths(t *testing.T, open func() gold.Store, every int) {
	t.Helper()
	s := newStream(t, 3)
	s.write(t, "part-0.parquet", s.events(200))
	store := open()
	release := s.mustPublish(t, store).Release
	appended := false
	for step, done := 0, false; !done; step += every {
		s.write(t, fmt.Sprintf("part-%d.parquet", step+1), s.events(5))
		left := step
		_, err := s.publish(t, dying{store, &left})
		done = err == nil
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		store = open()
		current, err := store.Resolve(t.Context(), gold.Selector{Model: "shop"})
		if err != nil || current.Number != release.Number && current.Number != release.Number+1 {
			t.Fatalf("step %d: %v, %v", step, current, err)
		}
		if _, err := s.publisher(store).Verify(t.Context(), publisher.VerifyRequest{Model: "shop", All: true}); err != nil && gold.CodeOf(err) != gold.CodeBIBehind {
			t.Fatalf("step %d: %v", step, err)
		}
		report := s.mustPublish(t, store)
		release = report.Release
		s.sameRelease(t, report)
		s.verify(t, store)
		state, err := store.State(t.Context(), "shop")
		if err != nil || len(state.Orphans) > 0 {
			t.Errorf("orphans %v, %v", state.Orphans, err)
		}
		_, segment := gold.SplitLocation(release.Version("visits").Location)
		appended = appended || segment > 0
		if t.Failed() {
			t.Fatalf("step %d", step)
		}
	}
	if !appended {
		t.Error("nothing was appended")
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}
