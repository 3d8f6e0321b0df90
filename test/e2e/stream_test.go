//go:build e2e

package e2e

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"goldserve/gold/storetest"
)

// brokersOf returns a real broker (GOLDSERVE_TEST_KAFKA), or brokers in memory.
func brokersOf(t testing.TB) string {
	t.Helper()
	if real := os.Getenv("GOLDSERVE_TEST_KAFKA"); real != "" {
		return real
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DefaultNumPartitions(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return strings.Join(cluster.ListenAddrs(), ",")
}

// TestAKilledStreamLosesAndDoublesNothing kills a consumer at random moments while messages come in: in the end the releases have the rows
// that a build of all messages at once makes, in every dataset.
func TestAKilledStreamLosesAndDoublesNothing(t *testing.T) {
	kills := int(knob(t, "GOLDSERVE_TEST_STREAM_KILLS", 4))
	random := rand.New(rand.NewPCG(seeded(t), 34))
	folder, duckdb := t.TempDir(), storetest.DuckDB(t)
	at := func(name string) string { return filepath.Join(folder, name) }
	mustCLI(t, "generate", "--model", "orders", "--duckdb", duckdb, "--set", "events=4000", "--set", "customers=400", "--set", "dirt=2", at("lake/raw"))
	raw := at("lake/raw/orders_events.jsonl")
	text, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	topic := []string{"--model", "orders", "--brokers", brokersOf(t), "--topic", "killed-" + filepath.Base(filepath.Dir(folder))}
	produce := func(lines [][]byte) {
		t.Helper()
		if err := os.WriteFile(at("some.jsonl"), bytes.Join(lines, nil), 0o600); err != nil {
			t.Fatal(err)
		}
		mustCLI(t, append([]string{"stream", "produce", at("some.jsonl")}, topic...)...)
	}
	consume := append([]string{"stream", "consume", "--lake", at("stream"), "--store", "sqlite:" + at("stream.db"), "--duckdb", duckdb, "--every", "100ms"}, topic...)

	produce(lines[:len(lines)/10])
	begin := time.Now()
	mustCLI(t, append(consume, "--once")...)
	took := time.Since(begin)
	rest := lines[len(lines)/10:]
	killed := 0
	for i := range kills {
		n := len(rest) / (kills - i)
		produce(rest[:n])
		if again := random.IntN(len(lines) - len(rest)); i%2 == 0 { // some of what was sent, once more
			produce(lines[again:min(again+50, len(lines)-len(rest))])
		}
		rest = rest[n:]
		run := launch(t, consume...)
		if run.over(time.Duration(random.Int64N(int64(took) * 6 / 5))) {
			t.Fatalf("the consumer ended by itself: %d\n%s", run.code(), &run.stderr)
		}
		run.kill()
		killed++
	}
	produce(rest)
	mustCLI(t, append(consume, "--once")...)

	mustCLI(t, "run", "--model", "orders", "--store", "sqlite:"+at("build.db"), "--duckdb", duckdb, "--lake", at("lake"))
	for _, dataset := range []string{"customers", "orders", "events", "predictions"} {
		rows := func(db string) string {
			return mustCLI(t, "query", "--model", "orders", "--store", "sqlite:"+at(db), dataset, "--limit", "0")
		}
		got, want := rows("stream.db"), rows("build.db")
		if got != want || strings.Count(want, "\n") < 100 {
			t.Errorf("%s: the stream has %d rows, the build %d", dataset, strings.Count(got, "\n")-1, strings.Count(want, "\n")-1)
			for i, line := range strings.Split(want, "\n") {
				if other := strings.Split(got, "\n"); i >= len(other) || other[i] != line {
					t.Logf("the first that differs: %q", line)
					break
				}
			}
		}
	}
	mustCLI(t, "verify", "--model", "orders", "--store", "sqlite:"+at("stream.db"))
	t.Logf("%d kills; one window takes %v", killed, took.Round(time.Millisecond))
}
