package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"goldserve/api/edge"
)

// defaultMaxConnections is the default limit: enough for the listeners of /events and more.
const defaultMaxConnections = 4000

// connections limits the open connections of a server. Above nine tenths of the limit, a new connection replaces the
// one that has been idle longest; if none is idle, the new one is closed after its first answer. At the limit, clients
// wait until a connection ends; silent connections end by the server's timeouts.
type connections struct {
	limit int
	taken chan struct{} // a token for each connection

	mu   sync.RWMutex
	open map[net.Conn]*connection
}

// connection is an open connection.
type connection struct {
	idle  atomic.Int64 // since when, in nanoseconds; 0: in use
	brief bool         // to be closed after its first answer
}

type connectionKey struct{}

func newConnections(limit int) *connections {
	return &connections{limit: limit, taken: make(chan struct{}, limit), open: map[net.Conn]*connection{}}
}

// install sets the server's hooks.
func (c *connections) install(server *http.Server) {
	server.ConnContext = c.begin
	server.ConnState = c.change
	next := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, ok := r.Context().Value(connectionKey{}).(*connection); ok && conn.brief {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// begin is called for each new connection, before anything is read from it.
func (c *connections) begin(ctx context.Context, conn net.Conn) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	state := &connection{brief: len(c.open) >= c.limit-c.limit/10 && !c.closeIdle()}
	c.open[conn] = state
	if g, ok := conn.(edge.Gatherer); ok {
		ctx = edge.WithGatherer(ctx, g)
	}
	return context.WithValue(ctx, connectionKey{}, state)
}

// change is called when a connection changes its state.
func (c *connections) change(conn net.Conn, to http.ConnState) {
	switch to {
	case http.StateIdle, http.StateActive:
		since := int64(0)
		if to == http.StateIdle {
			since = time.Now().UnixNano()
		}
		c.mu.RLock()
		defer c.mu.RUnlock()
		if state := c.open[conn]; state != nil {
			state.idle.Store(since)
		}
	case http.StateClosed, http.StateHijacked:
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.open, conn)
		<-c.taken
	case http.StateNew:
	}
}

// closeIdle closes the connection that has been idle longest, and reports whether there was one. The lock is held.
func (c *connections) closeIdle() bool {
	var oldest net.Conn
	var longest *connection
	for conn, state := range c.open {
		if idle := state.idle.Load(); idle != 0 && (oldest == nil || idle < longest.idle.Load()) {
			oldest, longest = conn, state
		}
	}
	if oldest == nil {
		return false
	}
	longest.idle.Store(0)
	_ = oldest.Close() // as its client might have done
	return true
}

// listener accepts connections up to the limit.
type listener struct {
	net.Listener
	connections *connections
	closed      chan struct{}
	close       sync.Once
}

// bounded returns a listener that is limited by c.
func (c *connections) bounded(l net.Listener) net.Listener {
	return &listener{Listener: l, connections: c, closed: make(chan struct{})}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case l.connections.taken <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.connections.taken
		return nil, err
	}
	edge.Prompt(conn)
	return conn, nil
}

func (l *listener) Close() error {
	l.close.Do(func() { close(l.closed) })
	return l.Listener.Close()
}
