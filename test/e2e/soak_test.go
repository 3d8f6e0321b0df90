//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"goldserve/test/fixture"
)

// questions are the kinds of questions that people ask of the retail model: cheap and dear ones, and some that are
// refused.
var questions = []string{
	"/", "/health", "/readyz", "/datasets", "/releases", "/openapi.json",
	"/kpis", "/kpis?pays=France", "/kpis?segment_label=VIP&mois__gte=2011-06", "/kpis?compare=previous",
	"/monthly", "/monthly?pays=Germany", "/monthly_growth", "/segments", "/cohort", "/by_country", "/by_country?limit=5", "/by_product?limit=50",
	"/daily", "/weekly", "/distribution", "/distribution?pays=France",
	"/scores", "/scores?limit=100", "/scores?segment_label=VIP&limit=20", "/scores/12347", "/scores/0",
	"/datasets/fact_achats/rows?limit=10000", "/datasets/fact_achats/rows?pays=Belgium&limit=100", "/datasets/fact_achats/values/pays",
	"/datasets/fact_achats/aggregate?group_by=pays&measures=ca:sum(montant)", "/datasets/client_scores/schema", "/datasets/fact_achats/quality",
	"/scores?limit=minus", "/nothing", "/datasets/nothing/rows", "/monthly?colour=red",
}

// startServing starts a program that serves a store, and returns it and its URL.
func startServing(tb testing.TB, name string, stdout io.Writer, p place, environment ...string) (*exec.Cmd, string) {
	tb.Helper()
	cmd := exec.CommandContext(context.Background(), name, "serve", "--store", p.store, "--listen", "127.0.0.1:0", "--log", "json", "--drain", "10ms")
	cmd.Env = append(os.Environ(), environment...)
	said := &first{}
	cmd.Stdout, cmd.Stderr = stdout, said
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return cmd, fixture.ServedURL(tb, said)
}

// stopServing ends a program that startServing started.
func stopServing(tb testing.TB, cmd *exec.Cmd) {
	tb.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		tb.Errorf("serve ended with %v", err)
	}
}

// first keeps the beginning of a process's output.
type first struct {
	lines
	kept atomic.Int64
}

func (f *first) Write(p []byte) (int, error) {
	if room := 1<<16 - f.kept.Load(); room > 0 {
		n, err := f.lines.Write(p[:min(int64(len(p)), room)])
		f.kept.Add(int64(n))
		return len(p), err
	}
	return len(p), nil
}

// held is what a serving process held at one moment.
type held struct {
	rss                      int64
	goroutines, files, tasks int
}

// TestSoak holds a server under load for GOLDSERVE_SOAK (make soak: ten minutes) while releases come and go, and wants
// its memory, goroutines, file descriptors and threads to stay what they are.
func TestSoak(t *testing.T) {
	text := os.Getenv("GOLDSERVE_SOAK")
	if text == "" {
		t.Skip("GOLDSERVE_SOAK says for how long: run make soak")
	}
	took, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	eachStore(t, func(t *testing.T, p place) {
		t.Parallel()
		soak(t, p, took)
	})
}

func soak(t *testing.T, p place, took time.Duration) {
	lake := filepath.Join(t.TempDir(), "gold")
	if err := os.CopyFS(lake, os.DirFS(realLake(t))); err != nil {
		t.Fatal(err)
	}
	publishLake(t, p, lake)
	admin := freeAddress(t)
	cmd, url := startServing(t, program, nil, p, "GOLDSERVE_ADMIN_LISTEN="+admin)
	deadline, done := context.WithTimeout(t.Context(), took)
	defer done()
	var load sync.WaitGroup
	var answers, late atomic.Int64
	for range 3 {
		load.Go(func() { keepMixing(deadline, t, url, &answers, &late) })
	}
	load.Go(func() { keepPublishing(deadline, t, p, lake, took/12) })
	var samples []held
	for every := time.Tick(min(10*time.Second, took/60)); ; {
		select {
		case <-deadline.Done():
			load.Wait()
			stopServing(t, cmd)
			t.Logf("%d answers, %d questions ended by their deadline, %d samples", answers.Load(), late.Load(), len(samples))
			flat(t, samples)
			return
		case <-every:
			samples = append(samples, look(t, cmd.Process.Pid, admin))
		}
	}
}

// look takes a sample.
func look(t *testing.T, pid int, admin string) held {
	t.Helper()
	rss, err := memory(pid, "VmRSS")
	if err != nil {
		t.Fatal(err)
	}
	h := held{rss: rss}
	_, profile := get(t, "http://"+admin, "/debug/pprof/goroutine?debug=1")
	if _, err := fmt.Fscanf(bytes.NewReader(profile), "goroutine profile: total %d", &h.goroutines); err != nil {
		t.Fatalf("%v in %.100s", err, profile)
	}
	for folder, n := range map[string]*int{"fd": &h.files, "task": &h.tasks} {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/%s", pid, folder))
		if err != nil {
			t.Fatal(err)
		}
		*n = len(entries)
	}
	return h
}

// flat compares the last third of the samples with the one before: the first is for pools, caches and the heap to grow
// to their sizes. A leak of one thing a publish, or one in a hundred requests, is beyond what it lets pass.
func flat(t *testing.T, samples []held) {
	t.Helper()
	for _, figure := range []struct {
		name  string
		of    func(held) int64
		slack func(int64) int64
	}{
		{"goroutines", func(h held) int64 { return int64(h.goroutines) }, few},
		{"file descriptors", func(h held) int64 { return int64(h.files) }, few},
		{"threads", func(h held) int64 { return int64(h.tasks) }, few},
		{"resident bytes", func(h held) int64 { return h.rss }, func(n int64) int64 { return n / 5 }},
	} {
		third := len(samples) / 3
		var medians [3]int64
		for i := range medians {
			part := make([]int64, 0, third)
			for _, h := range samples[i*third : (i+1)*third] {
				part = append(part, figure.of(h))
			}
			slices.Sort(part)
			medians[i] = part[len(part)/2]
		}
		t.Logf("%s: %d, %d, %d (medians of thirds), %d at the end", figure.name, medians[0], medians[1], medians[2], figure.of(samples[len(samples)-1]))
		if medians[2] > medians[1]+figure.slack(medians[1]) {
			t.Errorf("%s grew from %d to %d", figure.name, medians[1], medians[2])
		}
	}
}

// few is what a count may differ by: connections and queries come and go.
func few(int64) int64 { return 8 }

// keepMixing asks questions in random order and goes away from some answers before they have come.
func keepMixing(ctx context.Context, t *testing.T, url string, answers, late *atomic.Int64) {
	for ctx.Err() == nil {
		path := questions[rand.IntN(len(questions))]
		patience := 30 * time.Second
		if rand.IntN(20) == 0 {
			patience = time.Duration(rand.IntN(5)) * time.Millisecond
		}
		status, body, err := askPatiently(url+path, patience)
		switch {
		case err != nil && patience == 30*time.Second:
			t.Errorf("GET %s: %v", path, err)
		case status == http.StatusGatewayTimeout, status == http.StatusServiceUnavailable && strings.Contains(string(body), `"overloaded"`):
			late.Add(1) // The machine is slow, and the server kept its word.
		case status >= http.StatusInternalServerError:
			t.Errorf("GET %s: %.500s", path, body)
		case err == nil:
			answers.Add(1)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// askPatiently asks and reads the answer to its end, for as long as patience lasts.
func askPatiently(url string, patience time.Duration) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

// keepPublishing publishes a release with other facts from time to time; those before the last three are dropped.
func keepPublishing(ctx context.Context, t *testing.T, p place, lake string, every time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
		changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
		out, err := exec.CommandContext(context.WithoutCancel(ctx), program, "publish", "--lake", lake, "--store", p.store,
			"--keep", "3", "--keep-months", "1", "--grace", "1s").CombinedOutput()
		if err != nil {
			t.Errorf("publish: %v\n%s", err, out)
		}
	}
}
