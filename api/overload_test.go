package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"goldserve/api"
	"goldserve/gold"
)

// TestMoreThanCanBeAnsweredIsRefused asks more different questions at once than there are places and a queue for.
func TestMoreThanCanBeAnsweredIsRefused(t *testing.T) { // H49
	reader := newMemory(2)
	h := newServer(t, reader)
	tag := ask(h, "GET /par_pays").Header().Get("ETag")
	let := make(chan struct{})
	var inside, most atomic.Int64
	reader.wait = func(ctx context.Context) {
		most.Store(max(most.Load(), inside.Add(1)))
		defer inside.Add(-1)
		select {
		case <-let:
		case <-ctx.Done():
		}
	}
	cores := runtime.GOMAXPROCS(0)
	places, queue := 8*cores, 16*cores
	clients, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var answered, refused atomic.Int64
	start := func(n, from int) {
		for i := range n {
			all.Go(func() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequestWithContext(clients, http.MethodGet, fmt.Sprintf("/par_pays?ca__gte=%d", from+i), http.NoBody))
				switch {
				case w.Code == http.StatusServiceUnavailable:
					refused.Add(1)
					checkProblem(t, w, http.StatusServiceUnavailable, "overloaded")
					if w.Header().Get("Retry-After") == "" {
						t.Error("refused without Retry-After")
					}
				case clients.Err() == nil && w.Code == http.StatusOK:
					answered.Add(1)
				case clients.Err() == nil:
					t.Errorf("answered %d %s", w.Code, w.Body)
				}
			})
		}
	}
	start(places+queue+50, 0)
	await(t, func() bool { return refused.Load() == 50 })
	for lines, want := range map[string]int{
		"GET /par_pays": http.StatusOK, "GET /livez": http.StatusOK, "GET /readyz": http.StatusOK, "GET /par_pays?limit=x": http.StatusBadRequest,
		"GET /par_pays\nIf-None-Match: " + tag: http.StatusNotModified, "GET /par_pays?sort=pays": http.StatusServiceUnavailable,
	} {
		if w := ask(h, lines); w.Code != want {
			t.Errorf("%s: %d while others wait, want %d", lines, w.Code, want)
		}
	}
	leave() // all clients go: their places and those of who waits are free
	all.Wait()
	await(t, func() bool { return inside.Load() == 0 })
	if most.Load() != int64(places) {
		t.Errorf("the store was asked %d questions at once, there are %d places", most.Load(), places)
	}
	clients = t.Context()
	start(places, 1000)
	await(t, func() bool { return inside.Load() == int64(places) })
	close(let)
	all.Wait()
	if answered.Load() != int64(places) {
		t.Errorf("%d of %d were answered afterwards", answered.Load(), places)
	}
}

// endless is a reader whose rows never end.
type endless struct {
	*memory
	open atomic.Int64
}

func (e *endless) Rows(_ context.Context, q gold.Query) (gold.Rows, error) {
	b := gold.NewBatch(q.OutFields(), 0)
	table := purchases()
	for range 100 {
		for _, row := range table.rows {
			b.AppendRow(row...)
		}
	}
	e.open.Add(1)
	return &endlessRows{e, b}, nil
}

type endlessRows struct {
	reader *endless
	batch  *gold.Batch
}

func (r *endlessRows) Next(ctx context.Context) (*gold.Batch, error) { return r.batch, ctx.Err() }
func (r *endlessRows) Stats() gold.Stats                             { return gold.Stats{} }
func (r *endlessRows) Close() error                                  { r.reader.open.Add(-1); return nil }

// TestSlowReadersOfExportsAreCutOff also fills the places of exports.
func TestSlowReadersOfExportsAreCutOff(t *testing.T) { // H47
	reader := &endless{memory: newMemory(2)}
	s, err := api.New(api.Config{Reader: reader, Models: []gold.Model{shop()}, ChunkTime: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	places := max(4, runtime.GOMAXPROCS(0))
	conns := make([]net.Conn, places)
	for i := range conns {
		if conns[i], err = (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String()); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conns[i].Close() }()
		if _, err := fmt.Fprintf(conns[i], "GET /datasets/achats/rows.ndjson?limit=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	await(t, func() bool { return reader.open.Load() == int64(places) })
	if w := ask(s.Handler(), "GET /kpis?pays=France"); w.Code != http.StatusOK {
		t.Errorf("exports keep others waiting: %d %s", w.Code, w.Body)
	}
	await(t, func() bool { return reader.open.Load() == 0 }) // nobody has read anything
	for _, conn := range conns {
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		if body, err := io.ReadAll(conn); err == nil && bytes.HasSuffix(body, []byte("0\r\n\r\n")) {
			t.Error("what was cut looks whole")
		}
	}
}
