package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/api"
)

// event is one that a client got.
type event struct {
	id, name string
	data     struct {
		Model     string
		Release   int64
		AsOf      time.Time `json:"as_of"`
		Previous  *int64
		Withdrawn bool
		Changed   []string
	}
}

// stream is an open answer of /events.
type stream struct {
	t      *testing.T
	answer *http.Response
	lines  *bufio.Scanner
	close  context.CancelFunc
	id     string // as a browser remembers it
}

// listen opens a stream and reads its first block, so that it is known to listen.
func listen(t *testing.T, url, lastEventID string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	request := must(http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody))(t)
	request.Header.Set("Accept", "text/event-stream")
	if lastEventID != "" {
		request.Header.Set("Last-Event-ID", lastEventID)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = answer.Body.Close() })
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-store" ||
		answer.Header.Get("X-Accel-Buffering") != "no" || answer.Header.Get("Content-Encoding") != "" {
		t.Fatalf("%d %v", answer.StatusCode, answer.Header)
	}
	s := &stream{t: t, answer: answer, lines: bufio.NewScanner(answer.Body), close: cancel}
	if first := s.block(); !strings.HasPrefix(first, "retry: 2000\n") {
		t.Fatalf("the stream begins with %q", first)
	}
	return s
}

// block returns the lines up to an empty one, "" at the end.
func (s *stream) block() string {
	var b strings.Builder
	for s.lines.Scan() && s.lines.Text() != "" {
		b.WriteString(s.lines.Text() + "\n")
		if id, ok := strings.CutPrefix(s.lines.Text(), "id: "); ok {
			s.id = id
		}
	}
	return b.String()
}

// next returns the next event; blocks without data are none.
func (s *stream) next() event {
	s.t.Helper()
	for {
		block := s.block()
		if block == "" {
			s.t.Fatalf("the stream ended: %v", s.lines.Err())
		}
		e := event{id: s.id}
		for line := range strings.Lines(block) {
			if name, ok := strings.CutPrefix(line, "event: "); ok {
				e.name = strings.TrimSpace(name)
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				if err := json.Unmarshal([]byte(data), &e.data); err != nil {
					s.t.Fatalf("%v in %s", err, data)
				}
				var plain any
				if err := json.Unmarshal([]byte(data), &plain); err != nil {
					s.t.Fatal(err)
				}
				if err := shopDescriptions(s.t)[""].Components.Schemas["ReleaseEvent"].Value.VisitJSON(plain); err != nil {
					s.t.Errorf("the event isn't as described: %v", err)
				}
			}
		}
		if e.name != "" {
			return e
		}
	}
}

// live serves releases that the test switches.
func live(t *testing.T, c api.Config, first *memory) (*switched, *httptest.Server) {
	t.Helper()
	reader := newSwitched(first)
	c.Reader, c.Poll = reader, 5*time.Millisecond
	s := newConfigured(t, c)
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	watch(t, s)
	await(t, func() bool { return ask(s.Handler(), "GET /health").Code != http.StatusNotFound })
	return reader, server
}

func TestASwitchIsAnEvent(t *testing.T) {
	reader, server := live(t, api.Config{}, newMemory(0))
	s := listen(t, server.URL+"/m/shop/events", "")
	if s.id != "shop/0" {
		t.Errorf("before the first publish the id is %q", s.id)
	}
	first := newMemory(1)
	reader.set(first)
	e := s.next()
	if e.id != "shop/1" || e.name != "release" || e.data.Model != "shop" || e.data.Release != 1 || e.data.Previous != nil || !e.data.AsOf.Equal(asOf(1)) || len(e.data.Changed) != 11 {
		t.Errorf("the first release: %+v", e)
	}
	second := newMemory(2)
	second.releases[0] = first.releases[0]
	reader.set(second)
	if e = s.next(); e.id != "shop/2" || *e.data.Previous != 1 || e.data.Withdrawn || cmp.Diff([]string{"ca_pays"}, e.data.Changed) != "" {
		t.Errorf("the second release: %+v", e)
	}
	reader.set(first)
	if e = s.next(); e.id != "shop/1" || *e.data.Previous != 2 || !e.data.Withdrawn || cmp.Diff([]string{"ca_pays"}, e.data.Changed) != "" {
		t.Errorf("a rollback: %+v", e)
	}
}

func TestWhatAClientMissedIsToldOnce(t *testing.T) {
	reader, server := live(t, api.Config{}, newMemory(2))
	for _, c := range []struct {
		what, header, parameter string
		told                    bool
		changed                 int
		previous                int64
	}{
		{what: "a new client knows the current release"},
		{what: "nothing was missed", header: "shop/2"},
		{what: "a release was missed", header: "shop/1", told: true, changed: 1, previous: 1},
		{what: "the page says which release it shows", parameter: "shop/1", told: true, changed: 1, previous: 1},
		{what: "the header knows more than the URL", header: "shop/2", parameter: "shop/1"},
		{what: "the client saw nothing yet", header: "shop/0", told: true, changed: 11},
		{what: "a release that nobody knows", header: "shop/77", told: true, changed: 11, previous: 77},
		{what: "of another model", header: "other/2", told: true, changed: 11},
		{what: "junk", header: "%00;drop", told: true, changed: 11},
	} {
		t.Run(c.what, func(t *testing.T) {
			await(t, func() bool {
				return ask(server.Config.Handler, "GET /releases/current").Header().Get("Goldserve-Release") == "shop/2"
			})
			url := server.URL + "/events"
			if c.parameter != "" {
				url += "?last_event_id=" + c.parameter
			}
			s := listen(t, url, c.header)
			if !c.told {
				// Nothing but the next switch is told.
				reader.set(newMemory(1))
				defer reader.set(newMemory(2))
				if e := s.next(); e.data.Release != 1 {
					t.Errorf("told of %+v", e)
				}
				return
			}
			e := s.next()
			var previous int64
			if e.data.Previous != nil {
				previous = *e.data.Previous
			}
			if e.id != "shop/2" || len(e.data.Changed) != c.changed || previous != c.previous {
				t.Errorf("told %+v", e)
			}
		})
	}
}

func TestSwitchesThatFollowEachOtherAreOneEvent(t *testing.T) {
	reader, server := live(t, api.Config{}, newMemory(1))
	s := listen(t, server.URL+"/events", "")
	reader.set(newMemory(2))
	start := time.Now()
	if e := s.next(); e.data.Release != 2 {
		t.Fatalf("%+v", e)
	}
	// More switches than a second has room for, the last of them a new release.
	for i := range 20 {
		reader.set(newMemory(1 + i%2))
		time.Sleep(10 * time.Millisecond)
	}
	last := newMemory(2)
	last.publish(2)
	last.releases[2].Number = 3
	reader.set(last)
	got := []int64{}
	for len(got) == 0 || got[len(got)-1] != 3 {
		got = append(got, s.next().data.Release)
	}
	if took := time.Since(start); int64(len(got)) > int64(took/time.Second)+1 {
		t.Errorf("%d events in %s: %d", len(got), took, got)
	}
}

func TestAStreamLivesOnAndEndsWithTheServer(t *testing.T) {
	reader := newMemory(1)
	s := newConfigured(t, api.Config{Reader: reader, Heartbeat: 20 * time.Millisecond, Timeout: 50 * time.Millisecond})
	server := httptest.NewUnstartedServer(s.Handler())
	server.Config.ReadTimeout = 60 * time.Millisecond // as serve has it, but short
	server.Start()
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Watch(ctx) }()
	l := listen(t, server.URL+"/events", "")
	for range 10 {
		if b := l.block(); b != ": still here\n" {
			t.Fatalf("a sign of life is %q", b)
		}
	}
	leave()
	for l.block() != "" {
		continue
	}
	<-done
	if l.lines.Err() != nil {
		t.Errorf("the stream broke off: %v", l.lines.Err())
	}
	// Who comes now is sent to another server, in a way that browsers try again after.
	late := listen(t, server.URL+"/events", "")
	if b := late.block(); b != "" {
		t.Errorf("after the server left: %q", b)
	}
}

func TestEventsTakeNothingElse(t *testing.T) {
	h := newConfigured(t, api.Config{Reader: newMemory(1), MaxListeners: 1}).Handler()
	checkProblem(t, ask(h, "GET /events?x=1"), http.StatusBadRequest, "invalid_parameter")
	checkProblem(t, ask(h, "GET /events?last_event_id=12"), http.StatusBadRequest, "invalid_parameter")
	checkProblem(t, ask(h, "GET /events?last_event_id=shop/012"), http.StatusBadRequest, "invalid_parameter")
	checkProblem(t, ask(h, "GET /events\nAccept: application/json"), http.StatusNotAcceptable, "not_acceptable")
	checkProblem(t, ask(h, "GET /m/nope/events"), http.StatusNotFound, "unknown_model")
	checkProblem(t, ask(h, "POST /events"), http.StatusMethodNotAllowed, "method_not_allowed")
	for range 2 {
		if w := ask(h, "HEAD /events\nAccept: text/event-stream"); w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Type") != "text/event-stream" {
			t.Errorf("HEAD: %d %v", w.Code, w.Header())
		}
	}
	server := httptest.NewServer(h)
	defer server.Close()
	first := listen(t, server.URL+"/events", "")
	w := ask(h, "GET /events")
	checkProblem(t, w, http.StatusServiceUnavailable, "overloaded")
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	first.close()
	await(t, func() bool { return ask(h, "HEAD /events").Code == http.StatusOK })
}

// idle opens so many streams.
func idle(t testing.TB, address string, n int) (conns []net.Conn) {
	t.Helper()
	for range n {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		if _, err := io.WriteString(c, "GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range conns {
		var got [2048]byte
		total := []byte{}
		for !bytes.Contains(total, []byte("id: shop/1\n")) {
			k, err := c.Read(got[:])
			if err != nil {
				t.Fatal(err)
			}
			total = append(total, got[:k]...)
		}
	}
	return conns
}

// TestIdleListenersAreCheap measures the process, which holds the clients' side too.
func TestIdleListenersAreCheap(t *testing.T) {
	const listeners, perListener = 1000, 50 << 10
	s := newConfigured(t, api.Config{Reader: newMemory(1)})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	goroutines := runtime.NumGoroutine()
	before := held()
	conns := idle(t, server.Listener.Addr().String(), listeners)
	took := held() - before
	t.Logf("%d listeners take %.1f MB", listeners, float64(took)/1e6)
	if took > listeners*perListener {
		t.Errorf("%d idle listeners take %d bytes, want at most %d", listeners, took, listeners*perListener)
	}
	for _, c := range conns {
		_ = c.Close()
	}
	await(t, func() bool { return runtime.NumGoroutine() <= goroutines+2 })
}

// held returns the bytes of the process's heap and stacks, without garbage.
func held() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
