package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/sys/unix"
)

// segments returns how many pieces of data a connection has been sent.
func segments(t *testing.T, conn *net.TCPConn) (n uint32) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		var info *unix.TCPInfo
		if info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			n = info.Data_segs_in
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAnAnswerLeavesInOnePiece counts the pieces of answers, computed and cached, that are longer than net/http's buffer.
func TestAnAnswerLeavesInOnePiece(t *testing.T) {
	p := sqlitePlace(t)
	publishSample(t, p)
	server := httptest.NewUnstartedServer(servedWith(t, config{storeSettings: storeSettings{Store: p.store}}).Config.Handler)
	connections := newConnections(10)
	connections.install(server.Config)
	server.Listener = connections.bounded(strict(server.Listener))
	server.Start()
	defer server.Close()
	c := dial(t, server.Listener.Addr().String())
	for range 2 {
		before := segments(t, c.Conn.(*net.TCPConn))
		if err := c.ask("/datasets/fact_achats/rows?limit=50"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(c.reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || len(body) < 4<<10 || len(body) > 32<<10 {
			t.Fatalf("%s, %d bytes, %v", response.Status, len(body), err)
		}
		if n := segments(t, c.Conn.(*net.TCPConn)) - before; n != 1 {
			t.Errorf("%s: %d bytes came in %d pieces", response.Header.Get("Server-Timing"), len(body), n)
		}
	}
}

// TestWhatIsHeldBackForAClientThatHasGoneIsUnsent resets a connection before what is held back is sent.
func TestWhatIsHeldBackForAClientThatHasGoneIsUnsent(t *testing.T) {
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	client := dial(t, l.Addr().String()).Conn.(*net.TCPConn)
	conn, err := strict(l).Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	c := conn.(*strictConn)
	c.Hold()
	if n, err := c.Write(make([]byte, 5000)); n != 5000 || err != nil {
		t.Fatalf("held back: %d, %v", n, err)
	}
	if err := client.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the client is still there")
	}
	if unsent, err := c.Send(); unsent != 5000 || err == nil {
		t.Errorf("sent to nobody: %d unsent, %v", unsent, err)
	}
	if _, err := c.Write([]byte("more")); err == nil {
		t.Error("there is a gap in what is sent")
	}
}
