package publisher_test

import (
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/sqlitestore"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

// newStore returns an empty store.
func newStore(t *testing.T) gold.Store {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// pinnedModel is a model of two Delta tables, a CSV file, a folder of parts and the files of a pattern.
func pinnedModel(t *testing.T, settings string) *publisher.Request {
	t.Helper()
	texts := map[string]string{"model.yaml": "name: stall\ntitle: {en: Stall}\n" + settings}
	for name, source := range map[string]string{"first": "{delta: first}", "last": "{delta: last}", "text": "{csv: text}", "parts": "parts", "days": "days_*.csv"} {
		texts["contracts/"+name+".odcs.yaml"] = "apiVersion: v3.1.0\nkind: DataContract\nid: stall." + name + "\nversion: 1.0.0\nstatus: active\nschema:\n  - name: " + name +
			"\n    properties:\n      - {name: id, logicalType: integer, required: true, primaryKey: true}\n      - {name: amount, logicalType: number, required: true}\n" +
			"    customProperties:\n      - {property: goldserve, value: {source: " + source + "}}\n"
	}
	return &publisher.Request{Model: stallModel(t, texts), AllowShrink: true}
}

// generations is a writer that commits to all sources of a lake back to back: each has as many rows as the generation's number.
type generations struct {
	writer
	remove  func(name string)
	between func() // two writes of a generation
	number  atomic.Int64
	took    atomic.Int64 // nanoseconds of the last publish
	slowest atomic.Int64 // nanoseconds between two writes of a generation, on a busy machine more than was meant
}

// write writes the next generation. With a marker, it takes that away first, and leaves it again at the end.
func (g *generations) write(t *testing.T, marker string) {
	t.Helper()
	n := int(g.number.Load()) + 1
	steps := []func(){
		func() { g.commitDelta(t, "first", n-1, n) },
		func() { g.writer("text.csv", csvOf(n, 0)) },
		func() {
			g.writer("parts/a.parquet", salesOf(t, n))
			g.writer("parts/_SUCCESS", nil)
		},
		func() { g.writer("days_1.csv", csvOf(n, 0)) },
		func() { g.commitDelta(t, "last", n-1, n) },
	}
	rand.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	if marker != "" && n > 1 {
		g.remove(marker)
	}
	for _, step := range steps {
		begin := time.Now()
		step()
		g.between()
		g.slowest.Store(max(g.slowest.Load(), int64(time.Since(begin))))
	}
	if marker != "" {
		g.writer(marker, nil)
	}
	g.number.Store(int64(n))
}

// inFolder writes a lake in a folder, each file by a rename, as writers do.
func inFolder(t *testing.T, folder string) *generations {
	return &generations{
		writer: func(name string, content []byte) {
			name = filepath.Join(folder, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Error(err)
			}
			part := filepath.Join(filepath.Dir(name), "."+filepath.Base(name))
			if err := os.WriteFile(part, content, 0o600); err != nil {
				t.Error(err)
			}
			if err := os.Rename(part, name); err != nil {
				t.Error(err)
			}
		},
		remove: func(name string) { _ = os.Remove(filepath.Join(folder, name)) },
	}
}

// follow publishes while a writer writes so many generations, more of them where publishes are slow, and holds each release to one of them. After that it publishes the
// last one.
func (g *generations) follow(t *testing.T, r *publisher.Request, open func() *lake.Lake, marker string, most int64, pause func()) {
	t.Helper()
	store := newStore(t)
	p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	g.write(t, marker)
	stop, stopped := make(chan struct{}), make(chan struct{})
	write := func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				pause()
				if r := rand.IntN(2); r == 0 || marker == "" { // time enough for a publish, sometimes, whenever it begins
					time.Sleep(2 * time.Duration(g.took.Load()))
				}
				g.write(t, marker)
			}
		}
	}
	released, refused := map[int64]bool{}, 0
	publish := func(must bool) {
		r.Lake = open()
		begin := time.Now()
		report, err := p.Publish(t.Context(), *r)
		if err == nil || gold.CodeOf(err) == gold.CodeSourceChanged {
			g.took.Store(int64(time.Since(begin)))
		}
		switch {
		case err == nil:
			rows := map[string]int64{}
			whole := true
			for _, v := range report.Release.Versions {
				rows[v.Dataset.Name] = v.Rows
				whole = whole && v.Rows == report.Release.Versions[0].Rows
			}
			paused := r.Model.Settle > 0 && time.Duration(g.slowest.Load()) >= r.Model.Settle // and was taken to be done
			if !whole && !paused || len(rows) != 5 {
				t.Errorf("release %d is of several generations: %v", report.Release.Number, rows)
			}
			released[report.Release.Versions[0].Rows] = true
		case must, gold.CodeOf(err) != gold.CodeSourceChanged && !strings.Contains(err.Error(), "its writer leaves it once it is done"):
			t.Errorf("%v (%s)", err, gold.CodeOf(err))
		default:
			refused++
		}
	}
	publish(marker != "") // nobody writes: how long it takes here
	clear(released)
	go write()
	for n := int64(0); n < most || len(released) == 0 && n < 10*most; n = g.number.Load() {
		publish(false)
		time.Sleep(5 * time.Millisecond)
	}
	close(stop)
	<-stopped
	r.Model.Settle = 0
	publish(true)
	t.Logf("%d generations, %d of them released, %d publishes found a writer at work", g.number.Load(), len(released), refused)
	if !released[g.number.Load()] || len(released) < 2 {
		t.Errorf("released %v of %d generations", released, g.number.Load())
	}
}

// TestAReleaseIsOfOneGeneration: a writer commits to several tables of several kinds, one after the other; none of the releases
// that are made meanwhile mixes two of its generations, where the model says by what it is known that the writer is done.
func TestAReleaseIsOfOneGeneration(t *testing.T) {
	t.Run("ready", func(t *testing.T) {
		folder := t.TempDir()
		g := inFolder(t, folder)
		g.between = func() { time.Sleep(time.Duration(rand.IntN(4)) * time.Millisecond) }
		g.follow(t, pinnedModel(t, "ready: {file: _COMMITTED}\n"), func() *lake.Lake { return fixture.OpenLake(t, folder) }, "_COMMITTED", 15, func() { time.Sleep(time.Duration(rand.IntN(120)) * time.Millisecond) })
	})
	t.Run("settle", func(t *testing.T) {
		const settle = 300 * time.Millisecond
		folder := t.TempDir()
		g := inFolder(t, folder)
		g.between = func() { time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond) }
		r := pinnedModel(t, "")
		r.Model.Settle = settle
		g.follow(t, r, func() *lake.Lake { return fixture.OpenLake(t, folder) }, "", 4, func() { time.Sleep(settle + time.Duration(rand.IntN(200))*time.Millisecond) })
	})
}

// TestAWriterThatBeginsOnceTheLakeWasFoundAtRest, and has written one of two files when they are listed, is waited for: until then,
// neither of them changes any more.
func TestAWriterThatBeginsOnceTheLakeWasFoundAtRest(t *testing.T) {
	m := openBucket(t)
	changed := map[string]time.Time{}
	m.Changed = func(name string) time.Time { return changed[name] }
	put := func(name string) {
		changed[name+".parquet"] = time.Now().Add(time.Hour) // by a clock that is ahead, however long the plan took
		m.Put(name+".parquet", salesFile(t, name, 500))
	}
	for _, name := range []string{"sales", "returns"} {
		changed[name+".parquet"] = time.Now().Add(-time.Hour)
	}
	plans := 0
	m.config.Progress = func(e publisher.Event) {
		if e.Stage == publisher.Planning {
			if plans++; plans == 1 {
				put("sales")
			}
		}
	}
	m.config.Logger = slog.New(&waits{begin: func(n int) {
		if n == 1 {
			put("returns")
		}
	}})
	r := publisher.Request{Model: stallModel(t, stall()), Lake: lake.New(m)}
	r.Model.Settle = 50 * time.Millisecond
	report, err := publisher.New(m.config).Publish(t.Context(), r)
	if err != nil || report.Release.Number != 1 || plans != 2 {
		t.Fatalf("%+v, %v after %d plans", report, err, plans)
	}
	if rows := m.released(t); rows["sales"] != 500 || rows["returns"] != 500 {
		t.Errorf("released %v", rows)
	}
}
