package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"goldserve/api"
	"goldserve/api/edge"
	"goldserve/gold"
)

// prompted is a listener whose connections show how far their clients are.
type prompted struct{ net.Listener }

func (l prompted) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		edge.Prompt(conn)
	}
	return conn, err
}

// slow is a client's connection that takes 200 KB a second, beneath TLS and HTTP/2, until slowly bytes have come.
type slow struct {
	net.Conn
	slowly int
}

func (s *slow) Read(p []byte) (int, error) {
	if s.slowly <= 0 {
		return s.Conn.Read(p)
	}
	n, err := s.Conn.Read(p[:min(len(p), 16<<10)])
	time.Sleep(time.Duration(n) * time.Second / (200 << 10))
	s.slowly -= n
	return n, err
}

// TestSlowClientsThatKeepReadingAreKept reads slowly from sockets that would take megabytes at once and then nothing for
// longer than a client has for a chunk: seconds, so that a busy machine's stalls are none of the client's.
func TestSlowClientsThatKeepReadingAreKept(t *testing.T) {
	t.Parallel()
	const rows = 50_000
	memory := newMemory(2)
	for i := range memory.releases[1].Versions {
		if v := &memory.releases[1].Versions[i]; v.Dataset.Name == "achats" {
			v.Rows = rows
		}
	}
	s, err := api.New(api.Config{Reader: &long{memory: memory, batches: rows / 1000, rows: 1000}, Models: []gold.Model{shop()}, ChunkTime: 1200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for name, protocols := range map[string]func(*http.Protocols){
		"HTTP/1.1": nil,
		"TLS":      func(p *http.Protocols) { p.SetHTTP1(true) },
		"HTTP/2":   func(p *http.Protocols) { p.SetHTTP2(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(s.Handler())
			server.Listener = prompted{server.Listener}
			if protocols == nil {
				server.Start()
			} else {
				server.Config.Protocols = &http.Protocols{}
				protocols(server.Config.Protocols)
				server.EnableHTTP2 = server.Config.Protocols.HTTP2()
				server.StartTLS()
			}
			defer server.Close()
			transport := server.Client().Transport.(*http.Transport)
			transport.DisableCompression = true
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				if err == nil {
					err = conn.(*net.TCPConn).SetReadBuffer(64 << 10)
				}
				return &slow{conn, 1300 << 10}, err
			}
			w, err := server.Client().Get(server.URL + "/datasets/achats/rows.ndjson")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = w.Body.Close() }()
			n, err := io.Copy(io.Discard, w.Body)
			if err != nil || n < 5<<20 || (w.ProtoMajor == 2) != (name == "HTTP/2") {
				t.Errorf("%d bytes by %s, then %v", n, w.Proto, err)
			}
		})
	}
}

// records is a log that may be read while it is written.
type records struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *records) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// TestAnAnswerThatIsCutHasItsLineAndItsResult cuts an export, an answer, and the same answer from what is kept; and one
// that the store ends.
func TestAnAnswerThatIsCutHasItsLineAndItsResult(t *testing.T) {
	manyRows := func() gold.Reader {
		memory := manyPurchases()
		for i := range memory.releases[1].Versions {
			memory.releases[1].Versions[i].Dataset.MaxLimit = 10_000
		}
		return memory
	}
	for name, c := range map[string]struct {
		target string
		reader func() gold.Reader
		warmed bool
		level  string
		says   string
	}{
		"an export":                 {"/datasets/achats/rows.ndjson", func() gold.Reader { return &endless{memory: newMemory(2)} }, false, "INFO", "takes less than 65536 bytes in 100ms"},
		"an answer":                 {"/datasets/achats/rows?limit=10000", manyRows, false, "INFO", "takes less than"},
		"a cached answer":           {"/datasets/achats/rows?limit=10000", manyRows, true, "INFO", ""},
		"an export that loses rows": {"/datasets/achats/rows.ndjson", func() gold.Reader { return &long{memory: newMemory(2), batches: 4, rows: 1000} }, false, "ERROR", "12 rows in its release"},
	} {
		t.Run(name, func(t *testing.T) {
			registry, log := prometheus.NewPedanticRegistry(), &records{}
			reader := c.reader()
			s, err := api.New(api.Config{
				Reader: reader, Models: []gold.Model{shop()}, Metrics: registry, CacheSize: 1 << 30,
				ChunkTime: 100 * time.Millisecond, Logger: slog.New(slog.NewJSONHandler(log, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			if c.warmed {
				ask(s.Handler(), "GET "+c.target)
			}
			server := httptest.NewUnstartedServer(s.Handler())
			server.Listener = prompted{server.Listener}
			server.Start()
			defer server.Close()
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", c.target); err != nil {
				t.Fatal(err)
			}
			if c.level == "ERROR" {
				go func() { _, _ = io.Copy(io.Discard, conn) }()
			}
			var line string
			await(t, func() bool {
				for text := range strings.Lines(log.String()) {
					if strings.Contains(text, `"result":"aborted"`) {
						line = text
					}
				}
				return line != ""
			})
			if strings.Contains(line, `"status"`) || !strings.Contains(line, `"level":"`+c.level+`"`) || !strings.Contains(line, c.says) {
				t.Errorf("logged: %s", line)
			}
			want := `
# HELP goldserve_http_requests_total Requests, by route and the status of their answer; aborted if it was cut before its end.
# TYPE goldserve_http_requests_total counter
goldserve_http_requests_total{route="/datasets/{dataset}/rows",status="aborted"} 1
`
			if strings.Contains(c.target, ".ndjson") {
				want = strings.Replace(want, "rows\"", `rows.{format:json|ndjson|csv|arrow|parquet|xlsx}"`, 1)
			}
			if c.warmed {
				want = strings.Replace(want, "goldserve_http_requests_total{", `goldserve_http_requests_total{route="/datasets/{dataset}/rows",status="200"} 1`+"\ngoldserve_http_requests_total{", 1)
			}
			if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "goldserve_http_requests_total"); err != nil {
				t.Error(err)
			}
			if n, err := testutil.GatherAndCount(registry, "goldserve_store_errors_total"); err != nil || (n > 0) != (c.level == "ERROR") {
				t.Errorf("%d kinds of errors of the store are counted: %v", n, err)
			}
		})
	}
}
