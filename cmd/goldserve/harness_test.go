package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/scoring"
	"goldserve/test/fixture"
)

// What these tests share with those in test/e2e.
const sample = fixture.Sample

type (
	purchase = fixture.Purchase
	lines    = fixture.Lines
)

var (
	realLake    = fixture.RealLake
	copyLake    = fixture.CopyLake
	changeFacts = fixture.ChangeFacts
	lastEvent   = fixture.LastEvent
	mongoClient = fixture.MongoClient
	get         = fixture.Get
	waitFor     = fixture.WaitFor
	awaitMemory = fixture.AwaitMemory
	answeredBy  = fixture.AnsweredBy
	median      = fixture.Median
	bareSelect  = fixture.BareSelect
)

// place is a fresh store of a test, as --store names it.
type place struct {
	store string
	db    string // MongoDB's database; empty for SQLite
}

// eachStore runs a test on a fresh store of each kind: MongoDB where the tests of servers are built (tag e2e), and alone
// under the race detector: SQLite is ten times slower with it, and has the tests of its own package.
func eachStore(t *testing.T, test func(t *testing.T, p place)) {
	if !raceDetector || !withServers {
		t.Run("sqlite", func(t *testing.T) { test(t, sqlitePlace(t)) })
	}
	if withServers {
		t.Run("mongodb", func(t *testing.T) { test(t, mongoPlace(t)) })
	}
}

func sqlitePlace(t testing.TB) place {
	return place{store: "sqlite:" + filepath.Join(t.TempDir(), "gold.db")}
}

func mongoPlace(t testing.TB) place {
	store, db := fixture.MongoDB(t)
	return place{store: store, db: db}
}

// cli runs one command line in this process.
func cli(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// mustCLI runs one command line that must succeed.
func mustCLI(t testing.TB, args ...string) string {
	t.Helper()
	code, stdout, stderr := cli(t, args...)
	if code != exitDone {
		t.Fatalf("goldserve %s: exit %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// publishLake publishes a lake and returns the result.
func publishLake(t testing.TB, p place, folder string, more ...string) published {
	t.Helper()
	out := mustCLI(t, append([]string{"publish", "--json", "--lake", folder, "--store", p.store}, more...)...)
	var r published
	lastEvent(t, out, &r)
	return r
}

// publishSample makes the sample the first release of a fresh store. In SQLite it is published once for all tests, and
// copied; a test of publishing itself does it on its own.
func publishSample(t testing.TB, p place) {
	t.Helper()
	file, ok := strings.CutPrefix(p.store, "sqlite:")
	if !ok {
		publishLake(t, p, filepath.Join(sample, "gold"))
		return
	}
	data, err := publishedSample()
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fresh.Write(data)
	if err := errors.Join(err, fresh.Close()); err != nil {
		t.Fatal(err)
	}
}

// publishedSample is an SQLite store whose first release is the sample.
var publishedSample = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "goldserve-sample-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	file, out := filepath.Join(folder, "gold.db"), &lines{}
	if code := run(context.Background(), []string{"publish", "--lake", filepath.Join(sample, "gold"), "--store", "sqlite:" + file}, out, out); code != exitDone {
		return nil, fmt.Errorf("the sample can't be published: exit %d\n%s", code, out)
	}
	return os.ReadFile(file)
})

// served serves a store in this process.
func served(t testing.TB, p place) *httptest.Server {
	t.Helper()
	return servedWith(t, config{storeSettings: storeSettings{Store: p.store}})
}

// servedWith serves a store and models in this process.
func servedWith(t testing.TB, c config) *httptest.Server {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	a := &app{config: c}
	store, err := a.open(t.Context(), log, true, true) // as serve does
	if err != nil {
		t.Fatal(err)
	}
	all, err := a.config.servedModels(log)
	if err != nil {
		t.Fatal(err)
	}
	reader, letGo, err := a.accelerate(log, store, newRegistry())
	if err != nil {
		t.Fatal(err)
	}
	handler, err := api.New(api.Config{Reader: reader, Models: compiled(all), Dashboards: dashboards(all), DefaultModel: defaultModel, Version: "test", Logger: log, Loopback: true, CacheSize: int64(c.CacheSize), Poll: c.Poll, Timeout: c.RequestTimeout, Scores: scoring.NewShelf(folders(all))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { handler.Watch(ctx) })
	server := httptest.NewServer(handler.Handler())
	t.Cleanup(func() {
		server.Close()
		stop()
		watching.Wait()
		letGo()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// openPlace opens a test's store for looking behind the API.
func openPlace(t testing.TB, p place) gold.Store {
	t.Helper()
	a := &app{config: config{storeSettings: storeSettings{Store: p.store}}}
	store, err := a.openStore(t.Context(), slog.New(slog.DiscardHandler), false)
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
