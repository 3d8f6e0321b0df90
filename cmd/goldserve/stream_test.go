package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"goldserve/gold"
	"goldserve/gold/storetest"
	"goldserve/test/fixture"
)

// kioskModels has the model of these tests.
const kioskModels = "../../stream/testdata/models"

// soldAt makes messages of sales: some are sent twice, some are no JSON or lack a key, some are rejected when they are cleaned.
func soldAt(r *rand.Rand, n int) (all []string) {
	for i := range n {
		id := i
		if r.IntN(20) == 0 {
			id = r.IntN(i + 1)
		}
		amount := fmt.Sprintf(`"%d.%02d"`, id%97, id%100)
		if id%50 == 0 {
			amount = "-1"
		}
		text := fmt.Sprintf(`{"sale_id":"s%d","customer_id":%d,"sold_at":"2026-01-%02dT10:%02d:00Z","product":%q,"amount":%s}`, id, id%53, 1+id%28, id%60, []string{"tea", "news", "gum"}[id%3], amount)
		switch r.IntN(60) {
		case 0:
			text = text[:1+r.IntN(len(text)-1)]
		case 1:
			text = strings.Replace(text, `"amount"`, `"sum"`, 1)
		}
		all = append(all, text)
	}
	return all
}

// kioskRows returns the rows of the kiosk's datasets in a store, as CSV.
func kioskRows(t *testing.T, store string) string {
	t.Helper()
	text := ""
	for _, dataset := range []string{"sales", "customers"} {
		text += mustCLI(t, "query", "--models", kioskModels, "--store", store, dataset, "--limit", "0")
	}
	return text
}

func TestAStreamIsTheBatchPieceByPiece(t *testing.T) {
	duckdb := storetest.DuckDB(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, "events"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	folder := t.TempDir()
	t.Setenv("KAFKA_BOOTSTRAP_SERVERS", strings.Join(cluster.ListenAddrs(), ","))
	t.Setenv("KAFKA_TOPIC", "events")
	streamed, built := "sqlite:"+filepath.Join(folder, "stream.db"), "sqlite:"+filepath.Join(folder, "build.db")
	lake := filepath.Join(folder, "stream")
	consume := []string{"stream", "consume", "--models", kioskModels, "--store", streamed, "--duckdb", duckdb, "--once", "--every", "100ms", lake}

	messages := soldAt(rand.New(rand.NewPCG(1, 2)), 3000)
	for i := range 3 {
		name := filepath.Join(folder, "events.jsonl")
		if err := os.WriteFile(name, []byte(strings.Join(messages[i*1000:i*1000+1000], "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if out := mustCLI(t, "stream", "produce", "--models", kioskModels, name); !strings.HasPrefix(out, "events: 1000 messages of "+name+" produced") {
			t.Error(out)
		}
		if i == 1 {
			mustCLI(t, append(consume, "--json")...) // of whose parts a later window knows the keys
		} else {
			mustCLI(t, consume...)
		}
	}
	if err := os.MkdirAll(filepath.Join(folder, "lake", "bronze"), 0o755); err != nil {
		t.Fatal(err)
	}
	var good []string // a build calls a line that is no row of its source broken, and a stream a dead letter
	for _, m := range messages {
		if json.Valid([]byte(m)) && strings.Contains(m, `"amount"`) {
			good = append(good, m)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "lake", "bronze", "sold.jsonl"), []byte(strings.Join(good, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	mustCLI(t, "run", "--models", kioskModels, "--store", built, "--duckdb", duckdb, filepath.Join(folder, "lake"))
	if got, want := kioskRows(t, streamed), kioskRows(t, built); got != want || strings.Count(want, "\n") < 2000 {
		t.Errorf("the stream has %d rows, the build %d", strings.Count(got, "\n"), strings.Count(want, "\n"))
	}

	// The parts were appended, and the status says how it went.
	if out := mustCLI(t, "stream", "status", lake); !strings.Contains(out, "kiosk from the topic events: release 3, 0 messages behind") {
		t.Error(out)
	}
	var status streamStatus
	if err := json.Unmarshal([]byte(mustCLI(t, "stream", "status", "--json", lake)), &status); err != nil || status.Release != 3 || status.Keys == 0 {
		t.Error(status, err)
	}
	dead := deadLetters(t, cluster, "events.dlq", len(messages)-len(good))
	if dead["the key amount is missing"] == 0 || len(dead) < 2 {
		t.Error(dead)
	}
}

// TestAStreamServesItsMetrics: of a consumer that goes on, the lag and what it made.
func TestAStreamServesItsMetrics(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	folder := t.TempDir()
	name := filepath.Join(folder, "events.jsonl")
	if err := os.WriteFile(name, []byte(strings.Join(soldAt(rand.New(rand.NewPCG(3, 4)), 200), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	topic := []string{"--models", kioskModels, "--brokers", strings.Join(cluster.ListenAddrs(), ","), "--topic", "events"}
	mustCLI(t, append([]string{"stream", "produce", name}, topic...)...)
	ctx, stop := context.WithCancel(t.Context())
	log, ended := &lines{}, make(chan int, 1)
	args := append([]string{
		"stream", "consume", filepath.Join(folder, "stream"), "--store", "sqlite:" + filepath.Join(folder, "g.db"), "--duckdb", storetest.DuckDB(t),
		"--every", "100ms", "--admin-listen", "127.0.0.1:0", "--log", "json",
	}, topic...)
	go func() { ended <- run(ctx, args, log, log) }()
	metrics := ""
	fixture.WaitFor(t, "the first release", func() bool {
		for line := range strings.Lines(log.String()) {
			var record struct{ Msg, URL string }
			if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "serving metrics" {
				metrics = record.URL
			}
		}
		if metrics == "" {
			return false
		}
		_, text := fixture.Get(t, strings.TrimSuffix(metrics, "/metrics"), "/metrics")
		return strings.Contains(string(text), `goldserve_stream_windows_total{model="kiosk"} 1`)
	})
	_, text := fixture.Get(t, strings.TrimSuffix(metrics, "/metrics"), "/metrics")
	for _, line := range []string{`goldserve_stream_lag_messages{model="kiosk"} 0`, `goldserve_stream_lag_seconds{model="kiosk"} 0`} {
		if !strings.Contains(string(text), line+"\n") {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
	counted := func(name string) (n int) {
		_, rest, _ := strings.Cut(string(text), "\n"+name+`{model="kiosk"} `)
		_, _ = fmt.Sscan(rest, &n)
		return n
	}
	if landed, dead := counted("goldserve_stream_messages_total"), counted("goldserve_stream_dead_letters_total"); landed+dead != 200 || dead == 0 {
		t.Errorf("%d messages and %d dead letters of 200\n%s", landed, dead, text)
	}
	stop()
	if code := <-ended; code != exitDone {
		t.Errorf("exit %d\n%s", code, log)
	}
}

// deadLetters counts the reasons of the letters of a topic.
func deadLetters(t *testing.T, cluster *kfake.Cluster, topic string, n int) map[string]int {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics(topic))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	reasons, got := map[string]int{}, 0
	for got < n && ctx.Err() == nil {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			got++
			for _, h := range r.Headers {
				if h.Key == "reason" {
					reasons[string(h.Value)]++
				}
			}
		})
	}
	if got != n {
		t.Errorf("there are %d dead letters, want %d", got, n)
	}
	return reasons
}

func TestWhatAStreamCantUseIsSaidAtOnce(t *testing.T) {
	duckdb := storetest.DuckDB(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	folder := t.TempDir()
	brokers := strings.Join(cluster.ListenAddrs(), ",")
	stream := func(args ...string) (string, int) {
		t.Helper()
		code, out, stderr := cli(t, append(append([]string{"stream"}, args...), "--models", kioskModels)...)
		return out + stderr, code
	}
	consume := func(args ...string) (string, int) {
		t.Helper()
		return stream(append([]string{"consume", "--store", "sqlite:" + filepath.Join(folder, "g.db"), "--duckdb", duckdb, "--once", "--every", "100ms"}, args...)...)
	}
	for _, c := range []struct {
		args []string
		says string
		code int
	}{
		{[]string{"--topic", "events"}, "no brokers are named", exitUsage},
		{[]string{"--brokers", brokers}, "no topic is named", exitUsage},
		{[]string{"--brokers", brokers, "--topic", "none"}, "the brokers have no topic none", exitUnavailable},
		{[]string{"--brokers", brokers, "--topic", "events", "--kafka-sasl", "plain"}, "needs --kafka-user and --kafka-password-file", exitUsage},
		{[]string{"--brokers", brokers, "--topic", "events", "--kafka-sasl", "md5"}, "expected one of plain, scram-sha-256", exitUsage},
		{[]string{"--brokers", brokers, "--topic", "events", "--kafka-user", "x"}, "need the mechanism of the login", exitUsage},
		{[]string{"--brokers", brokers, "--topic", "events", "--every", "1ms"}, "--every is 1ms: expected a duration from 100ms to 1h", exitUsage},
		{[]string{"--brokers", brokers, "--topic", "events", "--lake", "s3://lake"}, "a stream's lake is a folder of this machine", exitUsage},
		{[]string{"--brokers", brokers, "--topic", "events", "--model", "retail"}, "the model retail has no stream", exitUsage},
	} {
		if out, code := consume(append([]string{"--lake", filepath.Join(folder, "lake")}, c.args...)...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%v: exit code %d, %s", c.args, code, out)
		}
	}
	if out, code := stream("produce", "--brokers", brokers, "--topic", "events", "--rate", "fast", "x.csv"); code != exitUsage || !strings.Contains(out, "expected messages per second, such as 20000/s") {
		t.Error(code, out)
	}
	if out, code := stream("run", "--brokers", brokers, "--topic", "events", "--store", "sqlite:"+filepath.Join(folder, "g.db"), "--duckdb", duckdb, "--once", "--lake", filepath.Join(folder, "none"),
		filepath.Join(folder, "missing.csv")); code != exitRefused || !strings.Contains(out, "missing.csv") || strings.Contains(out, "interrupted") {
		t.Error(code, out)
	}
	bare := filepath.Join(folder, "models", "kiosk")
	if err := os.CopyFS(bare, os.DirFS(filepath.Join(kioskModels, "kiosk"))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(bare, "contracts")); err != nil {
		t.Fatal(err)
	}
	if code, out, stderr := cli(t, "stream", "consume", "--models", filepath.Dir(bare), "--brokers", brokers, "--topic", "events", "--duckdb", duckdb); code != exitUsage || !strings.Contains(stderr, "the model kiosk has no contracts yet") {
		t.Error(code, out, stderr)
	}
	if out, code := stream("produce", "--brokers", brokers, "--topic", "events", "--lake", folder); code != exitUsage || !strings.Contains(out, "has no file of the table sold_clean to produce") {
		t.Error(code, out)
	}

	// One consumer for each lake, and none for one that a build made.
	lake := filepath.Join(folder, "lake")
	a := &app{}
	w, err := a.writtenLake(a.logger(), lake)
	if err != nil {
		t.Fatal(err)
	}
	at, err := w.at(lake)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := at.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out, code := consume("--brokers", brokers, "--topic", "events", lake); code != exitUnavailable || !strings.Contains(out, "another stream or build is at work") {
		t.Error(code, out)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(lake, "gold"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(lake, "gold", gold.BuiltFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := consume("--brokers", brokers, "--topic", "events", lake); code != exitUnavailable || !strings.Contains(out, "was built from all raw files at once") {
		t.Error(code, out)
	}
}
