package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/test/fixture"
)

// startServingLake runs goldserve serve --lake until the test's end, and returns its URLs: the public one, and that of its metrics.
func startServingLake(t *testing.T, args ...string) (base, metrics string, log *lines) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	log = &lines{}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{
			"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log", "json", "--drain", "0s", "--poll", "15ms",
		}, args...), log, log)
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != exitDone {
			t.Errorf("serve --lake: exit %d\n%s", code, log)
		}
	})
	fixture.WaitFor(t, "the addresses", func() bool {
		for line := range strings.Lines(log.String()) {
			var record struct{ Msg, URL string }
			if json.Unmarshal([]byte(line), &record) != nil {
				continue
			}
			switch record.Msg {
			case "serving":
				base = record.URL
			case "serving metrics":
				metrics = record.URL
			}
		}
		return base != "" && metrics != ""
	})
	return base, metrics, log
}

// watchingOf returns how a server follows its lake.
func watchingOf(t *testing.T, base string) gold.Watching {
	t.Helper()
	_, text := fixture.Get(t, base, "/readyz")
	var ready struct{ Watching *gold.Watching }
	if err := json.Unmarshal(text, &ready); err != nil || ready.Watching == nil {
		t.Fatalf("/readyz: %s (%v)", text, err)
	}
	return *ready.Watching
}

// TestServeFollowsALake: what changes is served, what is refused changes nothing, and status, /readyz and metrics say how it goes.
func TestServeFollowsALake(t *testing.T) {
	t.Parallel()
	lake, p := copyLake(t), sqlitePlace(t)
	base, metrics, log := startServingLake(t, "--lake", lake, "--watch", "15ms", "--store", p.store)
	releaseIs := func(number int64) func() bool {
		return func() bool {
			var health struct{ Release *int64 }
			_, text := fixture.Get(t, base, "/health")
			return json.Unmarshal(text, &health) == nil && health.Release != nil && *health.Release == number
		}
	}
	fixture.WaitFor(t, "release 1", releaseIs(1))
	changeProducts(t, lake, otherRevenue)
	fixture.WaitFor(t, "release 2", releaseIs(2))
	fixture.WaitFor(t, "nothing behind", func() bool {
		w := watchingOf(t, base)
		return w.Model == defaultModel && w.Lake == "gold" && w.BehindSince.IsZero() && w.Failures == 0 && time.Since(w.LastSuccess) < time.Minute
	})

	file := filepath.Join(lake, "ca_monthly.parquet")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, string(whole[:100]))
	fixture.WaitFor(t, "the failure", func() bool { return watchingOf(t, base).Failures == 1 })
	w := watchingOf(t, base)
	if last := w.LastFailure; w.BehindSince.IsZero() || last.Code != gold.CodeFileInvalid || !last.Current || !strings.HasPrefix(last.Message, "ca_monthly.parquet: it ends with") {
		t.Errorf("beside a file that was refused: %+v %+v", w, w.LastFailure)
	}
	if status, text := fixture.Get(t, base, "/readyz"); status != 200 {
		t.Errorf("/readyz: %d %s", status, text)
	}
	address := strings.TrimPrefix(base, "http://")
	out := mustCLI(t, "status", "--store", p.store, "--listen", address)
	if !strings.Contains(out, "watching   gold: looked at 0 seconds ago, changed ") || !strings.Contains(out, "           failed ") || !strings.Contains(out, "ca_monthly.parquet") {
		t.Errorf("status:\n%s", out)
	}
	var s statusReport
	if err := json.Unmarshal([]byte(mustCLI(t, "status", "--json", "--store", p.store, "--listen", address)), &s); err != nil || s.Watching == nil || s.Watching.Failures != 1 {
		t.Errorf("status --json: %+v (%v)", s.Watching, err)
	}
	_, text := fixture.Get(t, strings.TrimSuffix(metrics, "/metrics"), "/metrics")
	for _, line := range []string{`goldserve_watch_failures_total{model="retail"} 1`, `goldserve_watch_behind_seconds{model="retail"} `, `goldserve_watch_last_look_timestamp_seconds{model="retail"} `} {
		if !strings.Contains(string(text), line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
	writeFile(t, file, string(whole))
	fixture.WaitFor(t, "the end of the failure", func() bool { w := watchingOf(t, base); return !w.LastFailure.Current && w.BehindSince.IsZero() })
	if n := strings.Count(log.String(), "not published, and the last release stays"); n != 1 || !releaseIs(2)() {
		t.Errorf("the failure is logged %d times:\n%s", n, log)
	}
}

// TestServeLeavesTheLakesOfSettingsAlone: a lake that is configured for publish is only followed where the command line says so.
func TestServeLeavesTheLakesOfSettingsAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		origins map[string]string
		ask     serveRequest
		want    time.Duration
	}{
		{map[string]string{"lake": "goldserve.yaml: lake"}, serveRequest{}, 0},
		{map[string]string{"lake": "GOLDSERVE_LAKE"}, serveRequest{}, 0},
		{map[string]string{"lake": "--lake"}, serveRequest{}, defaultWatch},
		{map[string]string{"lake": "GOLDSERVE_LAKE", "watch": "--watch"}, serveRequest{watch: time.Minute}, time.Minute},
	} {
		follows, err := c.ask.follows(&config{lakeSettings: lakeSettings{Lake: "gold"}, origins: c.origins})
		if err != nil || follows != (c.want > 0) || c.ask.watch != c.want {
			t.Errorf("%v: follows %v every %v (%v), want %v", c.origins, follows, c.ask.watch, err, c.want)
		}
	}
}
