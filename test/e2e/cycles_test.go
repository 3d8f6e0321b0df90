//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"goldserve/gold/storetest"
)

// cycle is what run --watch did about one slice of raw files.
type cycle struct {
	elapsed   time.Duration // from the files' coming to the release
	worked    time.Duration // as run tells it: to build and to publish
	processor time.Duration // of run and its DuckDB
	rss       int64         // of run, after it
}

// TestCycles has run --watch build and publish a shop to which a slice of five seconds comes at each turn, GOLDSERVE_CYCLES times (make
// cycles: 720, an hour of them). A cycle takes under 2 s, and memory stays what it is.
func TestCycles(t *testing.T) {
	text := os.Getenv("GOLDSERVE_CYCLES")
	if text == "" {
		t.Skip("GOLDSERVE_CYCLES says how many: run make cycles")
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	folder, p := t.TempDir(), sqlitePlace(t)
	lake, all, key := filepath.Join(folder, "lake"), filepath.Join(folder, "all"), filepath.Join(folder, "key")
	if err := os.WriteFile(key, []byte("the key of a test, which is no secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustCLI(t, "generate", "--model", "shop", "--slices", text, "--step", "5", "--duckdb", storetest.DuckDB(t), all)
	if err := os.MkdirAll(filepath.Join(lake, "bronze"), 0o750); err != nil {
		t.Fatal(err)
	}
	orders, err := filepath.Glob(filepath.Join(all, "orders_*.json"))
	if err != nil || len(orders) != n {
		t.Fatal(len(orders), err)
	}
	var run *running
	cycles := make([]cycle, n)
	for i, order := range orders {
		slice := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(order), "orders_"), ".json")
		for _, name := range []string{"customers_" + slice + ".csv", "clicks_" + slice + ".txt", filepath.Base(order)} {
			err := os.Rename(filepath.Join(all, name), filepath.Join(lake, "bronze", name))
			if err != nil && !os.IsNotExist(err) { // a slice may have no customers
				t.Fatal(err)
			}
		}
		if run == nil { // sources that have no file yet would end it
			run = launch(t, "run", "--model", "shop", "--lake", lake, "--store", p.store, "--duckdb", storetest.DuckDB(t), "--hmac-key-file", key, "--watch", "100ms")
		}
		cycles[i] = oneCycle(t, run, i)
	}
	run.signal(syscall.SIGTERM)
	if code := run.exit(t, patience); code != exitDone {
		t.Errorf("exit %d\n%s", code, &run.stderr)
	}
	judge(t, cycles)
}

var (
	builtIn    = regexp.MustCompile(`(?m)^.*: [0-9]+ tables built,.* in ([0-9.]+) s with`)
	releasedIn = regexp.MustCompile(`(?m)shop release ([0-9]+): .* in ([0-9.]+) s \(`)
)

// oneCycle waits for the release of a slice that has just come.
func oneCycle(t *testing.T, run *running, nth int) (c cycle) {
	t.Helper()
	began, before := time.Now(), processor(t, run.cmd.Process.Pid)
	var releases [][]string
	for deadline := began.Add(2 * time.Minute); len(releases) <= nth; time.Sleep(10 * time.Millisecond) {
		if run.over(0) || time.Now().After(deadline) {
			t.Fatalf("no release of slice %d\n%s\n%s", nth+1, &run.stdout, &run.stderr)
		}
		releases = releasedIn.FindAllStringSubmatch(run.stdout.String(), -1)
	}
	c.elapsed = time.Since(began)
	c.processor = processor(t, run.cmd.Process.Pid) - before
	builds := builtIn.FindAllStringSubmatch(run.stdout.String(), -1)
	for _, text := range []string{releases[nth][2], builds[len(builds)-1][1]} {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		c.worked += time.Duration(seconds * float64(time.Second))
	}
	rss, err := memory(run.cmd.Process.Pid, "VmRSS")
	if err != nil {
		t.Fatal(err)
	}
	c.rss = rss
	return c
}

// processor returns the time that a process and its ended children have computed.
func processor(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	ticks := int64(0)
	for _, f := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond // USER_HZ is 100
}

// judge tells what cycles took, and fails where the last ones are slow or memory grew.
func judge(t *testing.T, cycles []cycle) {
	t.Helper()
	median := func(of []cycle, figure func(cycle) int64) int64 {
		all := make([]int64, len(of))
		for i, c := range of {
			all[i] = figure(c)
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	worked, computed := func(c cycle) int64 { return int64(c.worked) }, func(c cycle) int64 { return int64(c.processor) }
	for _, at := range slices.Compact([]int{1, 60, 360, 720, len(cycles)}) {
		if at > len(cycles) {
			continue
		}
		of := cycles[max(at-9, 0):at] // the nine until it
		t.Logf("cycle %d: %.2f s to build and publish, %.2f s of processor time, %.2f s until the release, %d MB", at,
			time.Duration(median(of, worked)).Seconds(), time.Duration(median(of, computed)).Seconds(),
			time.Duration(median(of, func(c cycle) int64 { return int64(c.elapsed) })).Seconds(), median(of, func(c cycle) int64 { return c.rss })>>20)
	}
	quarter := len(cycles) / 4
	if last := cycles[len(cycles)-max(quarter/2, 1):]; min(median(last, worked), median(last, computed)) > int64(2*time.Second) { // others may be at work
		t.Errorf("the last cycles took %v, and %v of processor time: expected under 2 s", time.Duration(median(last, worked)), time.Duration(median(last, computed)))
	}
	if quarter == 0 {
		return
	}
	rss := func(c cycle) int64 { return c.rss }
	second, fourth := median(cycles[quarter:2*quarter], rss), median(cycles[3*quarter:], rss)
	t.Logf("resident memory: %d MB in the second quarter, %d MB in the last", second>>20, fourth>>20)
	if fourth > second+max(second/4, 16<<20) {
		t.Errorf("resident memory grew from %d to %d MB", second>>20, fourth>>20)
	}
}
