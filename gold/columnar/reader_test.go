package columnar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldserve/gold"
)

// gate is a store whose rows wait for leave, and fail with an error where there is one.
type gate struct {
	gold.Reader
	leave chan struct{} // nil: none is needed
	err   error
	asked []string // datasets whose rows were asked for
	mu    sync.Mutex
}

func (g *gate) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	g.mu.Lock()
	g.asked = append(g.asked, q.Version.Dataset.Name)
	leave, err := g.leave, g.err
	g.mu.Unlock()
	if leave != nil && q.Sort == nil { // as loads ask
		<-leave
	}
	if err != nil {
		return nil, err
	}
	return g.Reader.Rows(ctx, q)
}

func (g *gate) set(leave chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leave, g.err = leave, err
}

func newReader(t testing.TB, store gold.Reader, c Config) *Reader {
	t.Helper()
	if c.Memory == 0 {
		c.Memory = 1 << 30
	}
	r, err := New(store, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// total returns the sum of a version's amounts, and what answered.
func total(t testing.TB, r gold.Reader, v *gold.Version) (float64, string) {
	t.Helper()
	rows, err := r.Aggregate(t.Context(), gold.Aggregation{Version: v, Measures: []gold.Measure{{Func: gold.Sum, Field: "amount"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	b, err := rows.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b.Columns[0].Floats[0], rows.Stats().AnsweredBy
}

func wantAnswer(t testing.TB, r gold.Reader, v *gold.Version, by string) {
	t.Helper()
	if _, got := total(t, r, v); got != by {
		t.Errorf("%s was answered by %q, expected %q", v.Dataset.Name, got, by)
	}
}

func TestTheFirstReleaseIsShownAtOnceAndAnsweredFromMemorySoon(t *testing.T) {
	s := newStore(t)
	publish(t, s, version{sales(), id("a"), saleRows(100, 3), false}, version{clients(), id("c"), clientRows(), false})
	g := &gate{Reader: s, leave: make(chan struct{})}
	r := newReader(t, g, Config{})
	release := current(t, r)
	v := release.Version("sales")
	wantAnswer(t, r, v, "")
	close(g.leave)
	until(t, "loaded", func() bool { return r.snapshot(v) != nil })
	wantAnswer(t, r, v, "sales in memory")
	if r.snapshot(release.Version("clients")) == nil {
		t.Error("the clients, in whom a field is looked up, are not held")
	}
}

func TestANewReleaseIsShownOnceItsSnapshotsAreLoaded(t *testing.T) {
	s := newStore(t)
	publish(t, s, version{sales(), id("a"), saleRows(100, 3), false}, version{clients(), id("c"), clientRows(), false})
	g := &gate{Reader: s}
	r := newReader(t, g, Config{})
	before := current(t, r)
	until(t, "loaded", func() bool { return r.snapshot(before.Version("sales")) != nil })
	leave := make(chan struct{})
	g.set(leave, nil)
	published := publish(t, s, version{sales(), id("b"), saleRows(100, 4), false}, version{clients(), id("c"), clientRows(), false})
	for range 3 {
		if shown := current(t, r); shown.Number != before.Number {
			t.Fatalf("release %d is shown while its snapshot is loaded", shown.Number)
		}
	}
	if direct, err := r.Resolve(t.Context(), gold.Selector{Model: shop, Number: published.Number}); err != nil || direct.Number != published.Number {
		t.Errorf("release %d by its number: %v, %v", published.Number, direct, err)
	}
	close(leave)
	until(t, "shown", func() bool { return current(t, r).Number == published.Number })
	now := current(t, r)
	wantAnswer(t, r, now.Version("sales"), "sales in memory")
	wantAnswer(t, r, before.Version("sales"), "sales in memory") // pages go on
	if got := countOf(g.asked, "clients"); got != 1 {
		t.Errorf("the clients, which both releases share, were read %d times", got)
	}
}

func TestANewReleaseWhoseSnapshotCannotBeLoadedIsShown(t *testing.T) {
	s := newStore(t)
	publish(t, s, version{sales(), id("a"), saleRows(100, 3), false})
	g := &gate{Reader: s}
	var log bytes.Buffer
	r := newReader(t, g, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	v := current(t, r).Version("sales")
	until(t, "loaded", func() bool { return r.snapshot(v) != nil })
	g.set(nil, gold.Errorf(gold.Gone, gold.CodeReleasePruned, "pruned"))
	published := publish(t, s, version{sales(), id("b"), saleRows(100, 4), false})
	until(t, "shown", func() bool { return current(t, r).Number == published.Number })
	current(t, r)
	_ = r.Close()
	if n := strings.Count(log.String(), "snapshot can't be loaded"); n != 1 {
		t.Errorf("the log tells %d times: %s", n, log.String())
	}
}

func TestARollbackIsShownAtOnce(t *testing.T) {
	s := newStore(t)
	first := publish(t, s, version{sales(), id("a"), saleRows(100, 3), false})
	publish(t, s, version{sales(), id("b"), saleRows(100, 4), false})
	g := &gate{Reader: s}
	r := newReader(t, g, Config{})
	v := current(t, r).Version("sales")
	until(t, "loaded", func() bool { return r.snapshot(v) != nil })
	leave := make(chan struct{})
	g.set(leave, nil)
	defer close(leave)
	lease, err := s.Acquire(t.Context(), shop, "test", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.RollBack(t.Context(), gold.Rollback{Lease: *lease, From: 2, To: first.Number}); err != nil {
		t.Fatal(err)
	}
	if shown := current(t, r); shown.Number != first.Number {
		t.Errorf("release %d is shown after a rollback to %d", shown.Number, first.Number)
	}
}

func TestAReplacedVersionIsNotAnsweredFromWhatWasDamaged(t *testing.T) {
	s := newStore(t)
	damaged := publish(t, s, version{sales(), id("a"), saleRows(100, 3), false}).Version("sales")
	r := newReader(t, s, Config{})
	current(t, r)
	until(t, "loaded", func() bool { return r.snapshot(damaged) != nil })
	wrong, _ := total(t, r, damaged)
	publish(t, s, version{sales(), id("a"), saleRows(100, 4), true})
	v := current(t, r).Version("sales")
	if r.snapshot(damaged) != nil {
		t.Error("the damaged version is still held")
	}
	until(t, "loaded", func() bool { return r.snapshot(v) != nil })
	if got, by := total(t, r, v); got == wrong || by == "" {
		t.Errorf("%v, answered by %q: the damaged version's", got, by)
	}
}

func TestSnapshotsStayWithinTheBudget(t *testing.T) {
	s := newStore(t)
	other := func(name string) gold.Dataset {
		d := sales()
		d.Name, d.Lookups = name, nil
		return d
	}
	publish(t, s, version{other("one"), id("1"), saleRows(1_000, 3), false}, version{other("two"), id("2"), saleRows(1_000, 4), false})
	alone := newReader(t, s, Config{})
	release := current(t, alone)
	one, two := release.Version("one"), release.Version("two")
	until(t, "loaded", func() bool { return alone.snapshot(one) != nil && alone.snapshot(two) != nil })
	size := alone.snapshot(one).size

	r := newReader(t, s, Config{Memory: size * 3 / 2})
	current(t, r)
	until(t, "given up", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.failures) == 1
	})
	wantAnswer(t, r, one, "one in memory")
	wantAnswer(t, r, two, "")
	// Who is asked more often has the room, though not at once.
	r.mu.Lock()
	loss := r.failures[keyOfVersion(two)]
	loss.again, loss.asked = time.Now().Add(-time.Second), time.Now().Add(time.Hour).UnixNano()
	r.mu.Unlock()
	current(t, r)
	until(t, "loaded", func() bool { return r.snapshot(two) != nil })
	wantAnswer(t, r, two, "two in memory")
	wantAnswer(t, r, one, "")

	// What no current release has goes first.
	three := publish(t, s, version{other("one"), id("3"), saleRows(1_000, 5), false}).Version("one")
	until(t, "shown", func() bool { return current(t, r).Version("one").ID == three.ID })
	until(t, "loaded", func() bool { current(t, r); return r.snapshot(three) != nil })
	if r.snapshot(two) != nil {
		t.Error("two snapshots are held where there is room for one")
	}
}

func TestIdleSnapshotsOfEarlierReleasesAreDropped(t *testing.T) {
	s := newStore(t)
	first := publish(t, s, version{sales(), id("a"), saleRows(100, 3), false}).Version("sales")
	r := newReader(t, s, Config{})
	current(t, r)
	until(t, "loaded", func() bool { return r.snapshot(first) != nil })
	second := publish(t, s, version{sales(), id("b"), saleRows(100, 4), false}).Version("sales")
	until(t, "shown", func() bool { return current(t, r).Version("sales").ID == second.ID })
	if r.snapshot(first) == nil {
		t.Error("the snapshot of the release before was dropped at once")
	}
	for _, h := range *r.held.Load() {
		h.used.Store(time.Now().Add(-2 * idleAfter).UnixNano())
	}
	current(t, r)
	if r.snapshot(first) != nil || r.snapshot(second) == nil {
		t.Error("expected the current snapshot alone")
	}
}

// TestAnswersFromMemoryNeedNoStore asks while the store is down.
func TestAnswersFromMemoryNeedNoStore(t *testing.T) {
	s := newStore(t)
	publish(t, s, version{sales(), id("a"), saleRows(100, 3), false})
	r := newReader(t, s, Config{})
	v := current(t, r).Version("sales")
	until(t, "loaded", func() bool { return r.snapshot(v) != nil })
	_ = s.Close()
	wantAnswer(t, r, v, "sales in memory")
	if _, err := r.Resolve(t.Context(), gold.Selector{Model: shop}); err == nil {
		t.Error("the store is closed, and a release was found")
	}
}

func TestMetricsTellOfSnapshotsAnswersAndFallbacks(t *testing.T) {
	s := newStore(t)
	publish(t, s, version{sales(), id("a"), saleRows(100, 3), false})
	registry := prometheus.NewRegistry()
	g := &gate{Reader: s, leave: make(chan struct{})}
	r := newReader(t, g, Config{Metrics: registry})
	v := current(t, r).Version("sales")
	wantAnswer(t, r, v, "")
	close(g.leave)
	until(t, "loaded", func() bool { return r.snapshot(v) != nil })
	wantAnswer(t, r, v, "sales in memory")
	wantAnswer(t, r, v, "sales in memory")
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			got[f.GetName()] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	want := map[string]float64{
		"goldserve_snapshot_answers_total": 2, "goldserve_snapshot_fallbacks_total": 1,
		"goldserve_snapshot_bytes": float64(r.snapshot(v).size), "goldserve_snapshot_budget_bytes": 1 << 30,
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %v, expected %v", name, got[name], value)
		}
	}
	if got["goldserve_snapshot_load_seconds"] <= 0 {
		t.Error("the load took no time")
	}
}

// TestReleasesSwitchWhileQuestionsRun publishes while readers ask: each sees the amounts of the release that it asks, in
// the one snapshot or the other.
func TestReleasesSwitchWhileQuestionsRun(t *testing.T) {
	s := newStore(t)
	seeds := 6
	want := make([]float64, seeds+1)
	release := func(seed int) {
		published := publish(t, s, version{sales(), id(fmt.Sprint("seed", seed)), saleRows(3_000, seed), false}, version{clients(), id("c"), clientRows(), false})
		want[published.Number], _ = total(t, s, published.Version("sales"))
	}
	release(1)
	r := newReader(t, s, Config{})
	r.grid = grid{block: 128, chunk: 32, indexed: 10}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				now, err := r.Resolve(t.Context(), gold.Selector{Model: shop})
				if err != nil {
					t.Error(err)
					return
				}
				got, by := total(t, r, now.Version("sales"))
				mu.Lock()
				answers[by]++
				if want[now.Number] != 0 && got != want[now.Number] {
					t.Errorf("release %d has %v, expected %v", now.Number, got, want[now.Number])
				}
				mu.Unlock()
			}
		})
	}
	for seed := 2; seed <= seeds; seed++ {
		func() {
			published := publish(t, s, version{sales(), id(fmt.Sprint("seed", seed)), saleRows(3_000, seed), false}, version{clients(), id("c"), clientRows(), false})
			sum, _ := total(t, s, published.Version("sales"))
			mu.Lock()
			want[published.Number] = sum
			mu.Unlock()
			until(t, "shown", func() bool { return current(t, r).Number == published.Number })
		}()
	}
	close(stop)
	readers.Wait()
	if answers["sales in memory"] == 0 {
		t.Errorf("answered by %v", answers)
	}
}

// TestAReleaseWaitsNoLongerThanItsPatience shows a release whose load never ends.
func TestAReleaseWaitsNoLongerThanItsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := endless{}
		r, err := New(never, Config{Memory: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		first, second := never.release(1), never.release(2)
		r.follow(first)
		r.keep(&first.Versions[0], &snapshot{grid: defaultGrid})
		if shown := r.follow(second); shown != first {
			t.Errorf("release %d is shown at once", shown.Number)
		}
		time.Sleep(maxWait)
		if shown := r.follow(second); shown != second {
			t.Errorf("release %d is shown after %s", shown.Number, maxWait)
		}
	})
}

// endless is a store whose rows never come.
type endless struct{ gold.Reader }

func (endless) release(number int64) *gold.Release {
	v := gold.Version{Dataset: sales(), ID: fmt.Sprint(number), Location: fmt.Sprint(number), Rows: 1}
	return &gold.Release{Model: shop, Number: number, Versions: []gold.Version{v}}
}

func (endless) Rows(ctx context.Context, _ gold.Query) (gold.Rows, error) {
	<-ctx.Done()
	return nil, errors.Join(ctx.Err(), io.ErrUnexpectedEOF)
}

func countOf(names []string, name string) int {
	return len(slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n != name }))
}
