//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"goldserve/gold/storetest"
)

// streamRate is the messages a second that a stream must keep up with on a machine of two cores, producer and broker on it too.
const streamRate = 20_000

// streamed is what a stream says of a window with --json.
type streamed struct {
	Event       string           `json:"event"`
	Messages    int64            `json:"messages"`
	DeadLetters int64            `json:"dead_letters"`
	LagSeconds  float64          `json:"lag_seconds"`
	LagMessages int64            `json:"lag_messages"`
	Rows        map[string]int64 `json:"rows"`
	KeysMemory  int64            `json:"keys_memory"`
}

// TestAStreamKeepsUp streams orders at streamRate for GOLDSERVE_TEST_STREAM_MINUTES (make stream: 10): the release's lag stays flat, and
// each message is landed, or a dead letter, once.
func TestAStreamKeepsUp(t *testing.T) {
	text := os.Getenv("GOLDSERVE_TEST_STREAM_MINUTES")
	if text == "" {
		t.Skip("GOLDSERVE_TEST_STREAM_MINUTES says how long: run make stream")
	}
	minutes, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	folder, duckdb := t.TempDir(), storetest.DuckDB(t)
	at := func(name string) string { return filepath.Join(folder, name) }
	// A few of the orders are in the file twice: the file has somewhat more messages than orders.
	mustCLI(t, "generate", "--model", "orders", "--duckdb", duckdb, "--memory", "3GiB", "--set", "events="+strconv.Itoa(minutes*60*streamRate*97/100), "--set", "customers=200000", at("raw"))
	raw := at("raw/orders_events.jsonl")
	run := launch(t, "stream", "run", "--once", "--json", "--model", "orders", "--brokers", brokersOf(t), "--topic", "rate-"+filepath.Base(filepath.Dir(folder)),
		"--store", "sqlite:"+at("stream.db"), "--duckdb", duckdb, "--lake", at("stream"), "--every", "10s", "--rate", strconv.Itoa(streamRate)+"/s", raw)
	most := int64(0)
	for !run.over(time.Second) {
		if rss, err := memory(run.cmd.Process.Pid, "VmRSS"); err == nil {
			most = max(most, rss)
		}
	}
	if code := run.code(); code != exitDone {
		t.Fatalf("exit %d\n%s", code, &run.stderr)
	}
	var windows []streamed
	var messages, dead int64
	for line := range strings.Lines(run.stdout.String()) {
		var w streamed
		if json.Unmarshal([]byte(line), &w) != nil || w.Event != "window" || w.Messages == 0 {
			continue
		}
		windows = append(windows, w)
		messages += w.Messages
		dead += w.DeadLetters
		t.Logf("%d messages, lag %.1f s, %d messages", w.Messages, w.LagSeconds, w.LagMessages)
	}
	sent, err := linesOf(raw)
	if err != nil {
		t.Fatal(err)
	}
	if messages+dead != sent {
		t.Errorf("%d messages and %d dead letters of %d lines", messages, dead, sent)
	}
	if len(windows) < 6 {
		t.Fatalf("%d windows are too few to judge", len(windows))
	}
	lag := func(of []streamed) float64 {
		all := make([]float64, 0, len(of))
		for _, w := range of {
			all = append(all, w.LagSeconds)
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	windows = windows[:len(windows)-1] // the last one is short
	half := len(windows) / 2
	early, late := lag(windows[len(windows)/4:half]), lag(windows[len(windows)*3/4:])
	t.Logf("%d messages in %d windows; lag %.1f s in the second quarter, %.1f s in the last; resident memory at most %d MB, of it %d MB for keys", messages, len(windows), early, late, most>>20, windows[len(windows)-1].KeysMemory>>20)
	if late > 1.5*early+1 {
		t.Errorf("the lag grew from %.1f s to %.1f s", early, late)
	}
}

// linesOf counts the lines of a file.
func linesOf(name string) (n int64, err error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	reader := bufio.NewReaderSize(file, 1<<20)
	buffer := make([]byte, 1<<20)
	for {
		read, err := reader.Read(buffer)
		n += int64(bytes.Count(buffer[:read], []byte("\n")))
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}
