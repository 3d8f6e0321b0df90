package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/storetest"
)

// sample is the lake that ships with the project.
const sample = "../../models/retail/sample"

// place is a fresh store of a test, as --store names it.
type place struct {
	store string
	db    string // MongoDB's database; empty for SQLite
}

// eachStore runs a test on a fresh store of each kind. Under the race detector, where SQLite is ten times slower and
// has the tests of its own package, MongoDB is enough.
func eachStore(t *testing.T, test func(t *testing.T, p place)) {
	if !raceDetector || os.Getenv("GOLDSERVE_TEST_MONGODB") == "" {
		t.Run("sqlite", func(t *testing.T) { test(t, sqlitePlace(t)) })
	}
	t.Run("mongodb", func(t *testing.T) { test(t, mongoPlace(t)) })
}

func sqlitePlace(t testing.TB) place {
	return place{store: "sqlite:" + filepath.Join(t.TempDir(), "gold.db")}
}

func mongoPlace(t testing.TB) place {
	u, err := url.Parse(storetest.MongoDB(t))
	if err != nil {
		t.Fatal(err)
	}
	p := place{db: "e2e_" + strings.ToLower(rand.Text()[:10])}
	u.Path = "/" + p.db
	p.store = u.String()
	t.Cleanup(func() {
		client := mongoClient(t)
		for _, name := range []string{p.db, p.db + "_releases"} {
			if err := client.Database(name).Drop(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

// mongoClient is the test's own connection, to see what is really in the databases.
func mongoClient(t testing.TB) *mongo.Client { return connect(t, storetest.MongoDB(t)) }

func connect(t testing.TB, uri string) *mongo.Client {
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client
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

// lastEvent reads the result of a command whose --json prints events.
func lastEvent(t testing.TB, out string, into any) {
	t.Helper()
	if err := json.Unmarshal(lastLine(out), into); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
}

// lastLine returns the last line of a text.
func lastLine(text string) []byte {
	text = strings.TrimSpace(text)
	return []byte(text[strings.LastIndexByte(text, '\n')+1:])
}

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
	store, err := a.openStore(t.Context(), log, true)
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
	handler, err := api.New(api.Config{Reader: reader, Models: compiled(all), DefaultModel: defaultModel, Version: "test", Logger: log, Loopback: true, CacheSize: int64(c.CacheSize), Poll: c.Poll, Timeout: c.RequestTimeout})
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

// get asks a server and returns status and body.
func get(t testing.TB, server, path string) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

// program is the built program, for the tests that kill it.
var program string

func TestMain(m *testing.M) {
	if os.Getenv(countingServer) != "" {
		os.Exit(serveCounting())
	}
	folder, err := os.MkdirTemp("", "goldserve-test-")
	if err == nil {
		program = filepath.Join(folder, "goldserve")
		var out []byte
		if out, err = exec.CommandContext(context.Background(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
			err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
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
