package main

import (
	"bytes"
	"errors"
	"net"
	"strconv"
)

// strict returns a listener whose connections refuse requests that net/http accepts although HTTP/1.1 allows refusing
// them: lines that end with a bare LF, and header lines that continue in the next one (obs-fold). A proxy may read
// these differently, which allows request smuggling. It is for clear text only: TLS is decrypted above it.
func strict(l net.Listener) net.Listener { return strictListener{l} }

type strictListener struct{ net.Listener }

func (l strictListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
		return &strictConn{TCPConn: tcp}, nil
	}
	return conn, err
}

// strictConn passes on the bytes before the first refused one, and then an error, which the server answers with status
// 400.
type strictConn struct {
	*net.TCPConn
	heads   heads
	refused bool
	held    *[]byte // what is written, until it is sent; nil: it is sent at once
}

var errRefused = errors.New("a line of the request's head ends with a bare LF, or goes on in the next one")

func (c *strictConn) Read(p []byte) (int, error) {
	if c.refused {
		return 0, errRefused
	}
	n, err := c.TCPConn.Read(p)
	taken := c.heads.take(p[:n])
	if taken == n {
		return n, err
	}
	if c.refused = true; taken == 0 {
		return 0, errRefused
	}
	return taken, nil
}

// heads follows the request heads in the bytes of a connection, over pipelined requests and bodies.
type heads struct {
	line  [64]byte // the beginning of the line
	count int      // bytes of the line so far
	lines int      // complete lines of this head
	cr    bool     // the last byte was a CR
	body  int64    // the length of the body that this head declares; -1: its end can't be known here
	skip  int64    // remaining bytes of a body
	ended bool     // the rest is not checked: the connection closes with the answer
}

// take reads bytes and returns how many of them may pass.
func (h *heads) take(p []byte) int {
	all := len(p)
	for len(p) > 0 && !h.ended {
		if h.skip > 0 {
			n := min(h.skip, int64(len(p)))
			h.skip, p = h.skip-n, p[n:]
			continue
		}
		if h.count == 0 && h.lines > 0 && (p[0] == ' ' || p[0] == '\t') {
			return all - len(p)
		}
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			h.add(p)
			break
		}
		h.add(p[:end])
		if empty := h.count == 0 && h.lines == 0; !h.cr && !empty { // net/http decides about an LF before a request
			return all - len(p) + end
		}
		h.endLine()
		p = p[end+1:]
	}
	return all
}

// add appends bytes to the line.
func (h *heads) add(p []byte) {
	if len(p) == 0 {
		return
	}
	if h.count < len(h.line) {
		copy(h.line[h.count:], p)
	}
	h.count, h.cr = h.count+len(p), p[len(p)-1] == '\r'
}

// endLine ends a line; an empty line ends the head.
func (h *heads) endLine() {
	length := h.count - 1 // without its CR
	line := h.line[:max(0, min(length, len(h.line)))]
	h.count, h.cr = 0, false
	switch {
	case length > 0:
		h.lines++
		h.header(line)
	case h.lines > 0:
		h.ended = h.body < 0
		h.skip, h.body, h.lines = max(h.body, 0), 0, 0
	}
}

// header looks for headers that declare a body. Invalid ones are refused by net/http.
func (h *heads) header(line []byte) {
	const coding, length = "transfer-encoding:", "content-length:"
	switch {
	case begins(line, coding):
		h.body = -1
	case begins(line, length) && h.body >= 0:
		n, err := strconv.ParseInt(string(bytes.Trim(line[len(length):], " \t")), 10, 64)
		if h.body = n; err != nil {
			h.body = -1
		}
	}
}

// begins reports whether a line begins with a lower-case name, ignoring the line's case.
func begins(line []byte, name string) bool {
	return len(line) >= len(name) && line[0]|' ' == name[0] && bytes.EqualFold(line[:len(name)], []byte(name))
}
