//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/test/fixture"
)

// tea is a row of a lake that a test makes.
type tea struct {
	Name string  `parquet:"name,dict"`
	Cost float64 `parquet:"cost"`
}

// shopOfTeas makes a lake of one file, and its model.
func shopOfTeas(t *testing.T) (lake, models string) {
	t.Helper()
	lake, models = filepath.Join(t.TempDir(), "lake"), t.TempDir()
	if err := os.MkdirAll(lake, 0o750); err != nil {
		t.Fatal(err)
	}
	writeTeas(t, lake, []tea{{"Oolong", 4}, {"Sencha", 5}})
	mustCLI(t, "init", lake, "--model", "shop", "--models", models)
	return lake, models
}

func writeTeas(t *testing.T, lake string, rows []tea) {
	t.Helper()
	var out bytes.Buffer
	file := filepath.Join(lake, "teas.parquet")
	w := parquet.NewGenericWriter[tea](&out)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".new", out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// bomb is a small file whose one text of a megabyte many rows share: read, each has its own.
func bomb() []tea {
	rows := make([]tea, 900)
	for i := range rows {
		rows[i] = tea{strings.Repeat("x", 1_000_000), float64(i)}
	}
	return rows
}

// watchedBy returns how a server follows its lake, and whether it does.
func watchedBy(t *testing.T, url string) (w gold.Watching, ok bool) {
	t.Helper()
	_, text := get(t, url, "/readyz")
	var ready struct{ Watching *gold.Watching }
	if json.Unmarshal(text, &ready) != nil || ready.Watching == nil {
		return w, false
	}
	return *ready.Watching, true
}

// waitForNextLook waits until a server has looked at its lake once more.
func waitForNextLook(t *testing.T, url string) {
	t.Helper()
	before, _ := watchedBy(t, url)
	waitFor(t, "the next look at the lake", func() bool {
		w, ok := watchedBy(t, url)
		return ok && w.LastLook.After(before.LastLook)
	})
}

// waitForRelease waits until a server serves a release, or a later one.
func waitForRelease(t *testing.T, url, model string, number int64) {
	t.Helper()
	waitFor(t, fmt.Sprintf("release %d of %s", number, model), func() bool {
		var health struct{ Release *int64 }
		_, text := get(t, url, "/m/"+model+"/health")
		return json.Unmarshal(text, &health) == nil && health.Release != nil && *health.Release >= number
	})
}

// memoryGroup returns a command line that runs another in a group of processes that may use so much memory together, by either
// version of control groups; the test fails where it can't be made.
func memoryGroup(t *testing.T, bytes int64) []string {
	t.Helper()
	group, limit := filepath.Join("/sys/fs/cgroup/memory", "goldserve-test-"+strconv.Itoa(os.Getpid())), "memory.limit_in_bytes"
	if _, err := os.Stat("/sys/fs/cgroup/memory"); err != nil {
		group, limit = filepath.Join("/sys/fs/cgroup", "goldserve-test-"+strconv.Itoa(os.Getpid())), "memory.max"
	}
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Logf("no control group can be made here, the process is watched alone: %v", err)
		return nil
	}
	t.Cleanup(func() { waitFor(t, "the end of the control group", func() bool { return os.Remove(group) == nil }) })
	if err := os.WriteFile(filepath.Join(group, limit), []byte(strconv.FormatInt(bytes, 10)), 0); err != nil {
		t.Logf("the control group has no limit of memory here, the process is watched alone: %v", err)
		return nil
	}
	return []string{"sh", "-c", `echo $$ > '` + group + `/cgroup.procs' && exec "$0" "$@"`}
}

// TestAFileThatExhaustsMemoryEndsNoServer: neither where the limit of the process that reads it comes first, nor where the memory of
// the container does. The file is named, and not read again until it changes.
func TestAFileThatExhaustsMemoryEndsNoServer(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]string{"its own limit": "128MiB", "the kernel's": "8GiB"} {
		t.Run(name, func(t *testing.T) {
			lake, models := shopOfTeas(t)
			command := []string{program, "serve", "--lake", lake, "--models", models, "--model", "shop", "--watch", "50ms"}
			command = append(command, "--store", sqlitePlace(t).store, "--listen", "127.0.0.1:0", "--log", "json")
			group := memoryGroup(t, 176<<20)
			if group == nil {
				limit = "128MiB"
			}
			line := append(group, append(command, "--watch-memory", limit)...)
			p := launchProgram(t, line[0], line[1:]...)
			url := fixture.ServedURL(t, &p.stderr)
			waitForRelease(t, url, "shop", 1)
			writeTeas(t, lake, bomb())
			waitFor(t, "the failure", func() bool {
				w, _ := watchedBy(t, url)
				return w.LastFailure != nil && w.LastFailure.Current && strings.HasPrefix(w.LastFailure.Message, "teas.parquet: the process that read it ")
			})
			before, _ := watchedBy(t, url)
			time.Sleep(time.Second)
			after, _ := watchedBy(t, url)
			if after.Failures != before.Failures || after.LastFailure.Code != gold.CodeSourceFatal || !after.LastLook.After(before.LastLook) {
				t.Errorf("it is tried again: %+v, then %+v", before, after)
			}
			if n := strings.Count(p.stderr.String(), "the process that reads the lake ended"); n != 1 {
				t.Errorf("%d processes ended:\n%s", n, &p.stderr)
			}
			if status, text := get(t, url, "/datasets/teas/rows"); status != 200 || !strings.Contains(string(text), "Oolong") {
				t.Errorf("what is served: %d %s", status, text)
			}
			writeTeas(t, lake, []tea{{"Oolong", 4}, {"Sencha", 5}, {"Assam", 3}})
			waitForRelease(t, url, "shop", 2)
			p.signal(syscall.SIGTERM)
			if code := p.exit(t, patience); code != exitDone {
				t.Errorf("exit %d", code)
			}
		})
	}
}

// childrenOf returns the processes that a process has started.
func childrenOf(pid int) (children []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			children = append(children, child)
		}
	}
	return children
}

// TestAKilledProcessThatFollowsLosesNothing: whenever it is killed, the server goes on, every release is of one state of the lake,
// and the last one becomes current by itself.
func TestAKilledProcessThatFollowsLosesNothing(t *testing.T) {
	t.Parallel()
	rounds := int(knob(t, "GOLDSERVE_TEST_FOLLOWER_KILLS", 8))
	random := rand.New(rand.NewPCG(seeded(t), 3))
	all := makeLakes(t, 5)
	eachStore(t, func(t *testing.T, at place) {
		lake := filepath.Join(t.TempDir(), "lake")
		show := func(n int) { // all of it at once
			if err := os.Symlink(all.folders[n], lake+".new"); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(lake+".new", lake); err != nil {
				t.Fatal(err)
			}
		}
		show(0)
		p, url := serveWith(t, program, at, "--lake", lake, "--watch", "50ms", "--lease-ttl", "1s", "--keep", "1000")
		waitForRelease(t, url, defaultModel, 1)
		last := 0
		for range rounds {
			last = (last + 1 + random.IntN(4)) % 5
			show(last)
			time.Sleep(time.Duration(random.IntN(2500)) * time.Millisecond)
			for _, child := range childrenOf(p.cmd.Process.Pid) {
				_ = syscall.Kill(child, syscall.SIGKILL)
			}
		}
		waitForNextLook(t, url) // it may have begun before the last state was shown
		waitForNextLook(t, url)
		waitFor(t, "the last state of the lake", func() bool {
			w, ok := watchedBy(t, url)
			return ok && w.BehindSince.IsZero() && !w.LastSuccess.IsZero()
		})
		store := openPlace(t, at)
		current, err := store.Resolve(t.Context(), gold.Selector{Model: defaultModel})
		if err != nil || all.of(current) != last {
			t.Errorf("release %d is current (%v), and not of lake %d", current.Number, err, last)
		}
		releases, err := store.Releases(t.Context(), gold.ReleaseQuery{Model: defaultModel})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d releases in %d rounds", len(releases), rounds)
		for i := range releases {
			if all.of(&releases[i]) < 0 {
				t.Errorf("release %d is of no state of the lake", releases[i].Number)
			}
		}
		p.signal(syscall.SIGTERM)
		if code := p.exit(t, patience); code != exitDone || len(childrenOf(p.cmd.Process.Pid)) > 0 {
			t.Errorf("exit %d", code)
		}
	})
}

// TestReplicasFollowOneLake: of two servers with one MongoDB one publishes each change, and the other stands by without a word.
func TestReplicasFollowOneLake(t *testing.T) {
	t.Parallel()
	lake, at := copyLake(t), mongoPlace(t)
	servers := map[string]*running{}
	for range 2 {
		p, url := serveWith(t, program, at, "--lake", lake, "--watch", "100ms", "--publish-store", at.store)
		servers[url] = p
	}
	for change := range int64(4) {
		if change > 0 {
			changeFacts(t, lake, func(rows []purchase) []purchase { return rows[:len(rows)-1] })
		}
		for url := range servers {
			waitForRelease(t, url, defaultModel, change+1)
			waitFor(t, "nothing behind", func() bool {
				w, ok := watchedBy(t, url)
				return ok && w.BehindSince.IsZero() && !w.LastSuccess.IsZero()
			})
		}
	}
	state, err := openPlace(t, at).State(t.Context(), defaultModel)
	if err != nil || state.Current.Number != 4 || len(state.Attempts) != 4 {
		t.Errorf("release %d after %d attempts (%v), expected 4 and 4: %+v", state.Current.Number, len(state.Attempts), err, state.Attempts)
	}
	for url, p := range servers {
		if w, _ := watchedBy(t, url); w.Failures != 0 {
			t.Errorf("%d failures: %+v", w.Failures, w.LastFailure)
		}
		for line := range strings.Lines(p.stderr.String()) {
			for _, word := range []string{"not published", "publish_conflict", "the process that reads the lake", `"level":"ERROR"`} {
				if strings.Contains(line, word) {
					t.Errorf("the log has %s", line)
				}
			}
		}
	}
}
