package publisher_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/lake/object/objecttest"
	"goldserve/publisher"
)

// salesFile returns a file of so many sales.
func salesFile(t *testing.T, dataset string, rows int) []byte {
	t.Helper()
	folder := t.TempDir()
	writeSales(t, folder, dataset, rows, func([]sale) {})
	return objecttest.BucketOf(t, folder).Content(dataset + ".parquet")
}

// commit is what a writer does to a lake in one go.
func (m *bucketMarket) commit(t *testing.T, rows int) {
	t.Helper()
	for _, name := range []string{"sales", "returns"} {
		m.Put(name+".parquet", salesFile(t, name, rows))
	}
}

// released returns the rows of each dataset of the current release; nil: there is none.
func (m *bucketMarket) released(t *testing.T) map[string]int64 {
	t.Helper()
	state, err := m.store.State(t.Context(), "stall")
	if err != nil {
		t.Fatal(err)
	}
	if len(state.Orphans) > 0 {
		t.Errorf("orphans: %v", state.Orphans)
	}
	if state.Current == nil {
		return nil
	}
	rows := map[string]int64{}
	for _, v := range state.Current.Versions {
		rows[v.Dataset.Name] = v.Rows
	}
	return rows
}

// TestAReleaseHoldsOneStateOfALakeThatChanges: a writer that commits between the plan and the load, between two files or within one
// is seen, and its lake is planned anew, by the same publish.
func TestAReleaseHoldsOneStateOfALakeThatChanges(t *testing.T) {
	of := func(rows int64) map[string]int64 {
		return map[string]int64{"sales": rows, "returns": rows, "notes": rows}
	}
	for _, c := range []struct {
		name string
		when func(m *bucketMarket, commit func())
	}{
		{"while files are hashed", func(m *bucketMarket, commit func()) {
			m.OnRead = func(_ context.Context, name string, _ int, p []byte, _ int64) (int, bool, error) {
				if name == "sales.parquet" && len(p) > 10_000 {
					commit()
				}
				return 0, false, nil
			}
		}},
		{"between the plan and the first row", onEvent("returns", publisher.Loading)},
		{"between two files", onEvent("sales", publisher.Loading)},
		{"during a file", func(m *bucketMarket, commit func()) {
			onEvent("sales", publisher.Loading)(m, func() {
				from := m.Count().Reads
				m.OnRead = func(_ context.Context, _ string, r int, _ []byte, _ int64) (int, bool, error) {
					if r == from+3 {
						commit()
					}
					return 0, false, nil
				}
			})
		}},
		{"after the last row of all", onEvent("notes", publisher.Done)},
	} {
		m := openBucket(t)
		committed := false
		c.when(m, func() {
			if !committed {
				committed = true
				m.commit(t, 500)
			}
		})
		report, err := m.publisher.Publish(t.Context(), publisher.Request{Model: stallModel(t, stall()), Lake: lake.New(m)})
		if err != nil || report.Outcome != publisher.Published || report.Release.Number != 1 || !committed {
			t.Errorf("%s: %+v, %v", c.name, report, err)
			continue
		}
		if got, want := fmt.Sprint(m.released(t)), fmt.Sprint(of(500)); got != want {
			t.Errorf("%s: released %s, want %s", c.name, got, want)
		}
	}
}

// onEvent commits when a dataset comes to a stage.
func onEvent(dataset string, stage publisher.Stage) func(*bucketMarket, func()) {
	return func(m *bucketMarket, commit func()) {
		m.config.Progress = func(e publisher.Event) {
			if e.Dataset == dataset && e.Stage == stage {
				commit()
			}
		}
		m.publisher = publisher.New(m.config)
	}
}

// TestALakeThatNeverRestsIsNotPublished: nothing is half done, and the next publish of a lake at rest is like any other.
func TestALakeThatNeverRestsIsNotPublished(t *testing.T) {
	m := openBucket(t)
	plans := 0
	onEvent("sales", publisher.Loading)(m, func() {
		plans++
		m.Put("sales.parquet", salesFile(t, "sales", 100+plans))
	})
	r := publisher.Request{Model: stallModel(t, stall()), Lake: lake.New(m)}
	report, err := m.publisher.Publish(t.Context(), r)
	if gold.CodeOf(err) != gold.CodeSourceChanged || gold.KindOf(err) != gold.Unavailable || report != nil || plans != 4 || !strings.Contains(err.Error(), "sales.parquet") {
		t.Errorf("%+v, %v after %d plans", report, err, plans)
	}
	if got := m.released(t); got != nil {
		t.Errorf("released %v", got)
	}
	m.config.Progress = nil
	if _, err := publisher.New(m.config).Publish(t.Context(), r); err != nil || m.released(t)["sales"] != 104 {
		t.Errorf("at rest: %v, %v", err, m.released(t))
	}
}

// TestRulesBrokenByALakeThatChangesAreNotItsFault: what is refused of a lake half before and half after a commit is planned
// anew as well; of a lake at rest it is refused.
func TestRulesBrokenByALakeThatChangesAreNotItsFault(t *testing.T) {
	folder := t.TempDir()
	writeSales(t, folder, "sales", 50, func(sales []sale) { sales[3].Amount = -1 })
	broken := objecttest.BucketOf(t, folder).Content("sales.parquet")
	for _, mended := range []bool{true, false} {
		m := openBucket(t)
		m.Put("sales.parquet", broken)
		once := mended
		onEvent("sales", publisher.Done)(m, func() {
			if once {
				once = false
				m.Put("sales.parquet", salesFile(t, "sales", 60))
			}
		})
		_, err := m.publisher.Publish(t.Context(), publisher.Request{Model: stallModel(t, stall()), Lake: lake.New(m)})
		if mended && (err != nil || m.released(t)["sales"] != 60) || !mended && gold.CodeOf(err) != gold.CodeQualityFailed {
			t.Errorf("mended %t: %v, %v", mended, err, m.released(t))
		}
	}
}

// TestAFileThatComesWhileOthersAreLoadedIsPublished: with Partial, a missing file is a state of the lake like any other.
func TestAFileThatComesWhileOthersAreLoadedIsPublished(t *testing.T) {
	m := openBucket(t)
	r := publisher.Request{Model: stallModel(t, stall()), Lake: lake.New(m), Partial: true}
	if _, err := m.publisher.Publish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	m.Remove("returns.parquet")
	m.Put("sales.parquet", salesFile(t, "sales", 1900))
	onEvent("sales", publisher.Loading)(m, func() { m.Put("returns.parquet", salesFile(t, "returns", 900)) })
	report, err := m.publisher.Publish(t.Context(), r)
	if err != nil || len(report.Kept) > 0 || m.released(t)["returns"] != 900 || report.Release.Number != 2 {
		t.Errorf("%+v, %v, %v", report, err, m.released(t))
	}
}

// waits is a log that calls back before a publish waits for the lake's writer.
type waits struct {
	slog.Handler
	begin func(n int)
	n     int
}

func (w *waits) Enabled(context.Context, slog.Level) bool { return true }

func (w *waits) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "waiting until the lake is written" {
		w.n++
		w.begin(w.n)
	}
	return nil
}

// TestAWriterThatFinishesLateIsWaitedFor: with settle, a lake is read once nothing of it has changed for a while.
func TestAWriterThatFinishesLateIsWaitedFor(t *testing.T) {
	const settle = 200 * time.Millisecond
	folder := t.TempDir()
	writeSales(t, folder, "sales", 30, func([]sale) {})
	whole := salesFile(t, "returns", 20)
	returns := filepath.Join(folder, "returns.parquet")
	if err := os.WriteFile(returns, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := lake.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = source.Close() })
	m := openBucket(t)
	log := &waits{begin: func(n int) {
		if n == 1 {
			if err := os.WriteFile(returns, whole, 0o600); err != nil {
				t.Error(err)
			}
		}
	}}
	m.config.Logger = slog.New(log)
	p := publisher.New(m.config)
	r := publisher.Request{Model: stallModel(t, stall()), Lake: source}
	if _, err := p.Publish(t.Context(), r); gold.CodeOf(err) != gold.CodeFileInvalid {
		t.Errorf("without settle: %v", err)
	}
	r.Model.Settle = settle
	if err := os.WriteFile(returns, whole[:len(whole)/2], 0o600); err != nil { // just now, however slow the machine
		t.Fatal(err)
	}
	if _, err := p.Publish(t.Context(), r); err != nil || m.released(t)["returns"] != 20 || log.n < 1 {
		t.Errorf("%v, released %v after %d waits", err, m.released(t), log.n)
	}
	log.n = 0
	time.Sleep(settle)
	if report, err := p.Publish(t.Context(), r); err != nil || report.Outcome != publisher.Unchanged || log.n != 0 {
		t.Errorf("of a lake at rest: %+v, %v after %d waits", report, err, log.n)
	}
}

// TestSettleGoesByWhatItSees: a lake whose clock is ahead is at rest once nothing of it changes, and one that changes all the
// time never is.
func TestSettleGoesByWhatItSees(t *testing.T) {
	ahead := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		changed func(string) time.Time
		code    gold.Code
		waits   int
	}{
		"a source that does not tell": {nil, "", 0},
		"at rest":                     {func(string) time.Time { return ahead.Add(-2 * time.Hour) }, "", 0},
		"a clock that is ahead":       {func(string) time.Time { return ahead }, "", 1},
		"written all the time":        {func(string) time.Time { return time.Now() }, gold.CodeSourceChanged, 4},
	} {
		m := openBucket(t)
		m.Changed = c.changed
		log := &waits{begin: func(int) {}}
		m.config.Logger = slog.New(log)
		r := publisher.Request{Model: stallModel(t, stall()), Lake: lake.New(m)}
		r.Model.Settle = 20 * time.Millisecond
		_, err := publisher.New(m.config).Publish(t.Context(), r)
		if err == nil && c.code != "" || err != nil && gold.CodeOf(err) != c.code || log.n != c.waits || c.code != "" && !strings.Contains(err.Error(), "is still being written: sales.parquet changed ") && !strings.Contains(err.Error(), "returns.parquet changed ") {
			t.Errorf("%s: %v after %d waits, want %q after %d", name, err, log.n, c.code, c.waits)
		}
		if (m.released(t) == nil) != (c.code != "") {
			t.Errorf("%s: released %v", name, m.released(t))
		}
	}
	m := openBucket(t)
	ctx, cancel := context.WithCancel(t.Context())
	m.config.Logger = slog.New(&waits{begin: func(int) { cancel() }})
	m.Changed = func(string) time.Time { return ahead }
	r := publisher.Request{Model: stallModel(t, stall()), Lake: lake.New(m)}
	r.Model.Settle = time.Hour
	if _, err := publisher.New(m.config).Publish(ctx, r); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled while it waits: %v", err)
	}
}

// TestALakeIsReadyWhenItsMarkerIsThere: a lake without the marker is not read, and one whose marker is written again meanwhile
// is planned anew.
func TestALakeIsReadyWhenItsMarkerIsThere(t *testing.T) {
	texts := stall()
	texts["model.yaml"] += "ready: {file: meta/_COMMITTED}\nsettle: 90s\n"
	model := stallModel(t, texts)
	if model.Ready != "meta/_COMMITTED" || model.Settle != 90*time.Second {
		t.Fatalf("%q, %s", model.Ready, model.Settle)
	}
	m := openBucket(t)
	r := publisher.Request{Model: model, Lake: lake.New(m)}
	_, err := m.publisher.Publish(t.Context(), r)
	if gold.CodeOf(err) != gold.CodeSourceUnreadable || gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), "meta/_COMMITTED") || m.Count().Opens > 0 {
		t.Errorf("without the marker: %v, %+v", err, m.Count())
	}
	m.Put("meta/_COMMITTED", nil)
	plans := 0
	m.config.Progress = func(e publisher.Event) {
		switch {
		case e.Stage == publisher.Planning:
			plans++
		case e.Stage == publisher.Loading && e.Dataset == "sales":
			m.Put("meta/_COMMITTED", nil)
		}
	}
	if _, err := publisher.New(m.config).Publish(t.Context(), r); err != nil || m.released(t)["sales"] != 2000 {
		t.Errorf("%v, %v", err, m.released(t))
	}
	if plans != 2 {
		t.Errorf("planned %d times, want 2", plans)
	}
}
