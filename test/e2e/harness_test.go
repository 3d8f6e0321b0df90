//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/mongostore"
	"goldserve/gold/sqlitestore"
	"goldserve/models"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

const (
	sample       = fixture.Sample
	defaultModel = "retail"
	patience     = fixture.Patience
)

// Exit codes, as the README lists them.
const (
	exitDone        = 0
	exitUsage       = 2
	exitUnavailable = 4
	exitFailed      = 5
)

type (
	purchase = fixture.Purchase
	lines    = fixture.Lines
)

var (
	realLake    = fixture.RealLake
	copyLake    = fixture.CopyLake
	changeFacts = fixture.ChangeFacts
	lastEvent   = fixture.LastEvent
	lastLine    = fixture.LastLine
	mongoClient = fixture.MongoClient
	connect     = fixture.Connect
	get         = fixture.Get
	waitFor     = fixture.WaitFor
	awaitMemory = fixture.AwaitMemory
	median      = fixture.Median
	bareSelect  = fixture.BareSelect

	writeCertificate = fixture.WriteCertificate
)

// program is the built program, and racing is it with the race detector; races is where that reports.
var program, racing, races string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "goldserve-test-")
	if err == nil {
		program, racing, races = filepath.Join(folder, "goldserve"), filepath.Join(folder, "goldserve-race"), filepath.Join(folder, "race")
		err = errors.Join(build(program), os.Setenv("GORACE", "log_path="+races))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	reports, err := filepath.Glob(races + ".*")
	for _, report := range reports {
		text, _ := os.ReadFile(report)
		err = errors.Join(err, fmt.Errorf("a process of the program reports\n%s", text))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// build builds the program into a file.
func build(file string, flags ...string) error {
	args := append([]string{"build", "-o", file}, append(flags, "goldserve/cmd/goldserve")...)
	cmd := exec.CommandContext(context.Background(), "go", args...)
	if len(flags) > 0 {
		cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// withRace builds with the race detector and the flags of .ci/test: what that has compiled for the packages' tests isn't compiled again.
var withRace = []string{"-race", "-gcflags=modernc.org/sqlite/lib=-race=false", "-gcflags=modernc.org/libc=-race=false"}

var buildRacing = sync.OnceValue(func() error { return build(racing, withRace...) })

// withRaceDetector is the program with the race detector, for what has many requests, connections and listeners at work at
// the same time. It is built where a test asks for it; what one of its processes finds fails the whole run.
func withRaceDetector(t testing.TB) string {
	t.Helper()
	if err := buildRacing(); err != nil {
		t.Fatal(err)
	}
	return racing
}

// place is a fresh store of a test, as --store names it.
type place struct {
	store string
	db    string // MongoDB's database; empty for SQLite
}

// eachStore runs a test on a fresh store of each kind.
func eachStore(t *testing.T, test func(t *testing.T, p place)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqlitePlace(t)) })
	t.Run("mongodb", func(t *testing.T) { test(t, mongoPlace(t)) })
}

func sqlitePlace(t testing.TB) place {
	return place{store: "sqlite:" + filepath.Join(t.TempDir(), "gold.db")}
}

func mongoPlace(t testing.TB) place {
	store, db := fixture.MongoDB(t)
	return place{store: store, db: db}
}

// cli runs one command line of the program.
func cli(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
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

// published is what publish --json says at its end.
type published struct {
	Release int64             `json:"release"`
	Outcome publisher.Outcome `json:"outcome"`
	Rows    int64             `json:"rows"`
	Seconds float64           `json:"seconds"`
	Loaded  []string          `json:"loaded"`
}

// publishLake publishes a lake and returns the result.
func publishLake(t testing.TB, p place, folder string, more ...string) published {
	t.Helper()
	out := mustCLI(t, append([]string{"publish", "--json", "--lake", folder, "--store", p.store}, more...)...)
	var r published
	lastEvent(t, out, &r)
	return r
}

// served serves a store with the race detector and returns its URL, until the test's end.
func served(t testing.TB, p place, args ...string) (url string) {
	t.Helper()
	_, url = serveWith(t, withRaceDetector(t), p, append([]string{"--drain", "1ms"}, args...)...)
	return url
}

// openPlace opens a test's store for looking behind the API.
func openPlace(t testing.TB, p place) gold.Store {
	t.Helper()
	var store gold.Store
	var err error
	log := slog.New(slog.DiscardHandler)
	if path, ok := strings.CutPrefix(p.store, "sqlite:"); ok {
		store, err = sqlitestore.Open(t.Context(), path, sqlitestore.Options{Logger: log})
	} else {
		store, err = mongostore.Open(t.Context(), p.store, mongostore.Options{Database: p.db, Logger: log})
	}
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

// retail is the model that ships with the program.
func retail(t testing.TB) *contract.Model {
	t.Helper()
	all, broken, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil || len(broken) > 0 {
		t.Fatalf("%v, %d broken models", err, len(broken))
	}
	for _, m := range all {
		if m.Name == defaultModel {
			return m
		}
	}
	t.Fatal("there is no model " + defaultModel)
	return nil
}
