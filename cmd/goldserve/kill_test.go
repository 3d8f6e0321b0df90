package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kills is how many publishers each store's test kills; make torture raises it.
func kills(t *testing.T) int {
	n := 20
	if text := os.Getenv("GOLDSERVE_TEST_KILLS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func TestAKilledPublisherNeverShowsHalfARelease(t *testing.T) {
	lakes := []string{copyLake(t), copyLake(t)}
	changeFacts(t, lakes[1], func(rows []purchase) []purchase { return rows[:len(rows)/2] })
	eachStore(t, func(t *testing.T, p place) {
		publishLake(t, p, lakes[0])
		whole := []string{facts(t, p)}
		publishLake(t, p, lakes[1])
		whole = append(whole, facts(t, p))
		if whole[0] == whole[1] {
			t.Fatal("both lakes answer the same")
		}
		stop := watch(t, p, whole)
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 1))
		for i := range kills(t) {
			killed(t, p, lakes[i%2], time.Duration(random.IntN(600))*time.Millisecond)
		}
		stop()
		// The next run heals: it serves what its lake holds, everywhere, and leaves no orphan.
		for i, lake := range lakes {
			publishLake(t, p, lake, "--again", "--lease-ttl", "2s")
			if got := facts(t, p); got != whole[i] {
				t.Errorf("after healing: %s, want %s", got, whole[i])
			}
		}
		state, err := openPlace(t, p).State(t.Context(), defaultModel)
		if err != nil || len(state.Orphans) != 0 || len(state.Stale) != 0 {
			t.Errorf("orphans %v, stale %v, %v", state.Orphans, state.Stale, err)
		}
		if p.db != "" {
			checkBI(t, p)
		}
	})
}

// killed starts a publisher and kills it after a while.
func killed(t *testing.T, p place, lake string, after time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "publish", "--again", "--lake", lake, "--store", p.store, "--lease-ttl", "1s")
	cmd.Env = append(os.Environ(), "GOLDSERVE_REFRESH_TTL=2s")
	out := &lines{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("publish: %v\n%s", err, out)
		}
	case <-time.After(after):
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		if err := <-ended; err == nil {
			t.Log("a publisher ended before it was killed")
		}
	}
}

// lines collects a process's output.
type lines struct {
	mu   sync.Mutex
	text []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// facts says in one line what the store's current release answers: figures from several datasets.
func facts(t testing.TB, p place) string {
	t.Helper()
	server := served(t, p)
	text, err := figures(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// figures asks for the KPIs and for datasets that must agree with them, and checks that one release answers all.
func figures(server string) (string, error) {
	for range 5 {
		var texts, releases []string
		for _, path := range []string{"/kpis", "/daily", "/distribution", "/datasets/fact_achats/rows?limit=1"} {
			text, release, err := figure(server + path)
			if err != nil {
				return "", err
			}
			texts, releases = append(texts, text), append(releases, release)
		}
		if slices.Equal(releases, slices.Repeat(releases[:1], len(releases))) {
			return fmt.Sprint(texts), nil
		}
	}
	return "", errors.New("no five requests in a row from one release")
}

// figure returns the total of a dataset, or the KPIs.
func figure(url string) (text, release string, err error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return "", "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	var body struct {
		TotalAchats json.Number `json:"total_achats"`
		DatasetSize json.Number `json:"dataset_size"`
		Meta        struct {
			Total json.Number `json:"total"`
		} `json:"meta"`
		Data []struct {
			Count  int64 `json:"count"`
			Achats int64 `json:"achats"`
		} `json:"data"`
	}
	if response.StatusCode != http.StatusOK {
		return "", "", fmt.Errorf("GET %s: %s", url, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		return "", "", err
	}
	sum := int64(0)
	for _, row := range body.Data {
		sum += row.Count + row.Achats
	}
	return fmt.Sprint(body.TotalAchats, body.DatasetSize, body.Meta.Total, sum), response.Header.Get("Goldserve-Release"), nil
}

// watch reads all the time and reports any answer that is not one of the whole releases'.
func watch(t *testing.T, p place, whole []string) (stop func()) {
	t.Helper()
	server := served(t, p)
	done := make(chan struct{})
	var reader sync.WaitGroup
	reads := 0
	reader.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			text, err := figures(server.URL)
			if err != nil {
				t.Errorf("while publishers were killed: %v", err)
				return
			}
			if !slices.Contains(whole, text) {
				t.Errorf("a mixed answer: %s, want one of %v", text, whole)
				return
			}
			reads++
			time.Sleep(5 * time.Millisecond)
		}
	})
	return func() {
		close(done)
		reader.Wait()
		t.Logf("%d whole answers", reads)
	}
}

func TestSIGTERMFailsNoRequest(t *testing.T) {
	p := sqlitePlace(t)
	publishLake(t, p, filepath.Join(sample, "gold"))
	cmd := exec.CommandContext(t.Context(), program, "serve", "--store", p.store, "--listen", "127.0.0.1:0", "--drain", "500ms", "--log", "json")
	out := &lines{}
	cmd.Stderr = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var url string
	waitFor(t, func() bool {
		var line struct{ URL string }
		for text := range slices.Values(splitLines(out.String())) {
			if json.Unmarshal([]byte(text), &line) == nil && line.URL != "" {
				url = line.URL
			}
		}
		return url != ""
	})
	var clients sync.WaitGroup
	stopping := make(chan struct{})
	for i := range 12 {
		clients.Go(func() {
			if err := keepAsking(strings.TrimPrefix(url, "http://"), time.Duration(i)*5*time.Millisecond, stopping); err != nil {
				t.Errorf("a request failed: %v", err)
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	close(stopping)
	clients.Wait()
	if err := cmd.Wait(); err != nil {
		t.Errorf("serve ended with %v\n%s", err, out)
	}
}

// keepAsking sends one request after the other, on one connection for as long as the server keeps it, and thinks
// between them. No request is sent again.
func keepAsking(server string, think time.Duration, stopping <-chan struct{}) error {
	var conn net.Conn
	for {
		select {
		case <-stopping:
			if conn != nil {
				return conn.Close()
			}
			return nil
		case <-time.After(think):
		}
		if conn == nil {
			var err error
			if conn, err = (&net.Dialer{}).DialContext(context.Background(), "tcp", server); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(conn, "GET /datasets/fact_achats/rows?limit=1000 HTTP/1.1\r\nHost: %s\r\n\r\n", server); err != nil {
			return err
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s, %w", response.Status, err)
		}
		if response.Close {
			if err := conn.Close(); err != nil {
				return err
			}
			conn = nil
		}
	}
}

func splitLines(text string) []string { return strings.Split(text, "\n") }
