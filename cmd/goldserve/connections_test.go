package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"
)

// talk is one connection of a client.
type talk struct {
	net.Conn
	reader *bufio.Reader
}

func dial(t *testing.T, address string) *talk {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &talk{conn, bufio.NewReader(conn)}
}

// ask sends a request; answer reads what comes back.
func (c *talk) ask(path string) error {
	_, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
	return err
}

func (c *talk) answer() (status int, closes bool, err error) {
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return 0, true, err
	}
	return response.StatusCode, response.Close, response.Body.Close()
}

func TestConnectionsMakeRoomForEachOther(t *testing.T) { // H49
	let := make(chan struct{})
	finish := sync.OnceFunc(func() { close(let) })
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-let
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	connections := newConnections(10)
	connections.install(server.Config)
	server.Listener = connections.bounded(server.Listener)
	server.Start()
	defer server.Close()
	defer finish() // the server waits for what it answers
	address := server.Listener.Addr().String()
	open := func() int {
		connections.mu.RLock()
		defer connections.mu.RUnlock()
		return len(connections.open)
	}
	resting := func() (n int) {
		connections.mu.RLock()
		defer connections.mu.RUnlock()
		for _, state := range connections.open {
			if state.idle.Load() != 0 {
				n++
			}
		}
		return n
	}
	must := func(c *talk, wantClose bool) {
		t.Helper()
		if status, closes, err := c.answer(); err != nil || status != http.StatusNoContent || closes != wantClose {
			t.Errorf("answered %d, closing %v, %v", status, closes, err)
		}
	}
	var idle []*talk
	for i := range 9 {
		c := dial(t, address)
		if err := c.ask("/"); err != nil {
			t.Fatal(err)
		}
		must(c, false)
		waitFor(t, "the connection to rest", func() bool { return resting() == i+1 }) // which it is some time after its answer was read
		idle = append(idle, c)
	}
	busy := dial(t, address) // the tenth: the one that has been idle for longest goes
	if err := busy.ask("/slow"); err != nil {
		t.Fatal(err)
	}
	if _, err := idle[0].reader.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the first connection isn't closed: %v", err)
	}
	for _, c := range idle[1:] { // all others are in use
		if err := c.ask("/slow"); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "all connections to be in use", func() bool { return resting() == 0 })
	last := dial(t, address)
	if err := last.ask("/slow"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "ten connections", func() bool { return open() == 10 })
	late := dial(t, address) // beyond the bound: waits until another ends
	if err := late.ask("/"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if n := open(); n > 10 {
		t.Errorf("%d connections are open, 10 may be", n)
	}
	finish()
	must(last, true)
	must(busy, false)
	if status, _, err := late.answer(); err != nil || status != http.StatusNoContent {
		t.Errorf("who waited got %d, %v", status, err)
	}
}
