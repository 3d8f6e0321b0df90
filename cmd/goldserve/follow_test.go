package main

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
	"goldserve/test/fixture"
)

// startFollowing runs goldserve publish --watch until the test's end, or until stop, which returns its exit code.
func startFollowing(t *testing.T, args ...string) (out *lines, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out = &lines{}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"publish", "--watch", "15ms", "--log-level", "warn"}, args...), out, out)
	}()
	stop = func() int {
		cancel()
		code := <-ended
		ended <- code
		return code
	}
	t.Cleanup(func() {
		if code := stop(); code != exitDone {
			t.Errorf("publish --watch: exit %d\n%s", code, out)
		}
	})
	return out, stop
}

// TestWatchPublishesWhatChanges: a refused file, a lake that is gone and comes back as another folder, and another publisher at work
// end nothing, and each is told once.
func TestWatchPublishesWhatChanges(t *testing.T) {
	t.Parallel()
	lake, p := copyLake(t), sqlitePlace(t)
	out, stop := startFollowing(t, "--lake", lake, "--store", p.store)
	says := func(text string, times int) {
		t.Helper()
		fixture.WaitFor(t, text, func() bool { return strings.Count(out.String(), text) >= times })
		if n := strings.Count(out.String(), text); n > times {
			t.Errorf("%q is told %d times:\n%s", text, n, out)
		}
	}
	says("retail release 1: 62149 rows in ", 1)
	changeProducts(t, lake, otherRevenue)
	says("retail release 2: ", 1)

	whole, err := os.ReadFile(filepath.Join(lake, "ca_monthly.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bytes := range [][]byte{whole[:100], whole[:100], whole} { // refused, refused again, mended
		writeFile(t, filepath.Join(lake, "ca_monthly.parquet"), string(bytes))
		says("not published, and the last release stays: ca_monthly.parquet: it ends with", 1)
	}
	says("retail release 2: nothing to do, 16 datasets unchanged", 1)

	if err := os.Rename(lake, lake+".old"); err != nil {
		t.Fatal(err)
	}
	says("not published, and the last release stays: the lake "+lake+" does not exist", 1)
	if err := os.Rename(lake+".old", lake); err != nil {
		t.Fatal(err)
	}
	says("the failure is over: the last release has what is in the lake", 1)
	changeProducts(t, lake, otherRevenue)
	says("retail release 3: ", 1)

	other := openPlace(t, p)
	lease, err := other.Acquire(t.Context(), defaultModel, "the test", 0)
	if err != nil {
		t.Fatal(err)
	}
	changeProducts(t, lake, otherRevenue)
	time.Sleep(200 * time.Millisecond)
	if err := other.Release(t.Context(), *lease, nil); err != nil {
		t.Fatal(err)
	}
	says("retail release 4: ", 1)
	if text := out.String(); strings.Contains(text, "publisher") {
		t.Errorf("another publisher is told:\n%s", text)
	}
	if code := stop(); code != exitDone {
		t.Errorf("exit %d", code)
	}
	if r := current(t, p); r.Number != 4 {
		t.Errorf("release %d", r.Number)
	}
}

// TestRunTellsWhatItDoesOnce: after a release nothing is said until something changes, bronze that goes is named, and so is its return.
func TestRunTellsWhatItDoesOnce(t *testing.T) {
	t.Parallel()
	lake, with := builtLake(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, done := &lines{}, make(chan int, 1)
	go func() {
		done <- run(ctx, append([]string{"run", "--watch", "20ms", "--log-level", "warn", "--store", sqlitePlace(t).store}, with...), out, out)
	}()
	says := func(text string) {
		t.Helper()
		fixture.WaitFor(t, text, func() bool { return strings.Contains(out.String(), text) })
	}
	says("retail release 1: ")
	time.Sleep(300 * time.Millisecond) // some looks, of which the first finds the gold that was built
	bronze := filepath.Join(lake, "bronze")
	if err := os.Rename(bronze, bronze+".old"); err != nil {
		t.Fatal(err)
	}
	says("not published, and the last release stays: the folder " + bronze + " does not exist: expected the raw files there")
	if text := out.String(); strings.Contains(text, "nothing to do") || strings.Contains(text, "gold files") {
		t.Errorf("before anything changed:\n%s", text)
	}
	if err := os.Rename(bronze+".old", bronze); err != nil {
		t.Fatal(err)
	}
	// Whether a look or a publish met the failure, and so which of them tells of its end, is by chance.
	fixture.WaitFor(t, "the end of the failure", func() bool {
		text := out.String()
		return strings.Contains(text, "the failure is over: the last release has what is in the lake") || strings.Contains(text, "release 1: nothing to do")
	})
	stop()
	if code := <-done; code != exitDone {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// TestWatchReadsModelsAgain: contracts that are mended are tried without a change of the lake.
func TestWatchReadsModelsAgain(t *testing.T) {
	t.Parallel()
	lake := t.TempDir()
	writeFile(t, filepath.Join(lake, "tea.csv"), "name,price\nOolong,4\nSencha,5\n")
	models := t.TempDir()
	mustCLI(t, "init", lake, "--model", "shop", "--models", models)
	file := filepath.Join(models, "shop", "model.yaml")
	sound, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, string(sound)+"colour: green\n")
	out, _ := startFollowing(t, "--lake", lake, "--models", models, "--json", "--store", sqlitePlace(t).store)
	fixture.WaitFor(t, "the problem", func() bool { return strings.Contains(out.String(), string(gold.CodeContractInvalid)) })
	writeFile(t, file+".new", string(sound))
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
	fixture.WaitFor(t, "a release", func() bool { return strings.Contains(out.String(), `"event":"published"`) })
	if n := strings.Count(out.String(), `"event":"failed"`); n != 1 {
		t.Errorf("%d failures:\n%s", n, out)
	}
}

func TestWatchRefusesWhatIsForASingleRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ flag, says string }{
		{"--dry-run", "--dry-run is for a single publish"},
		{"--again", "--again is for"},
		{"--rehash", "--rehash is for"},
		{"--as-of=2026-01-01", "--as-of is for"},
		{"--reload=ca_monthly", "--reload is for"},
		{"--watch=1ms", "--watch is 1ms: expected a duration of at least 10ms"},
	} {
		code, _, stderr := cli(t, "publish", "--watch", "5s", "--lake", t.TempDir(), c.flag)
		if code != exitUsage || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: exit %d, %s", c.flag, code, stderr)
		}
	}
}

// BenchmarkLook looks at a lake of a thousand files without changes. It reads none of them.
func BenchmarkLook(b *testing.B) {
	lake := b.TempDir()
	for i := range 1000 {
		folder := filepath.Join(lake, fmt.Sprintf("orders_%d.parquet", i%10))
		if err := errors.Join(os.MkdirAll(folder, 0o750), os.WriteFile(filepath.Join(folder, fmt.Sprintf("part-%d.parquet", i)), make([]byte, 64<<10), 0o600)); err != nil {
			b.Fatal(err)
		}
	}
	reads := 0
	f := &following{app: &app{config: config{lakeSettings: lakeSettings{Lake: lake}}, reading: func(string, string) { reads++ }}, log: slog.New(slog.DiscardHandler)}
	first, err := f.look(b.Context())
	for b.Loop() {
		state, lookErr := f.look(b.Context())
		if err != nil || lookErr != nil || state != first || reads > 0 {
			b.Fatalf("state %s, %d reads, %v, %v", state, reads, err, lookErr)
		}
	}
	b.ReportMetric(float64(reads), "reads/look")
}
