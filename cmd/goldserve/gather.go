package main

import (
	"sync"

	"goldserve/api/edge"
)

var _ edge.Gatherer = (*strictConn)(nil)

// heldBuffers have room for what connections hold back: a few answers at a time, whatever the number of connections.
var heldBuffers = sync.Pool{New: func() any { return new([]byte) }}

// Hold holds back what is written until Send is called.
func (c *strictConn) Hold() { c.held, _ = heldBuffers.Get().(*[]byte) }

// Write sends bytes, or holds them back.
func (c *strictConn) Write(p []byte) (int, error) {
	if c.held == nil {
		return c.TCPConn.Write(p)
	}
	*c.held = append(*c.held, p...)
	return len(p), nil
}

// Send sends what is held back. Where that fails nothing is written any more: the answer has a gap.
func (c *strictConn) Send() (unsent int, err error) {
	held := c.held
	c.held = nil
	sent, err := c.TCPConn.Write(*held)
	unsent = len(*held) - sent
	*held = (*held)[:0]
	heldBuffers.Put(held)
	if err != nil {
		_ = c.CloseWrite()
	}
	return unsent, err
}
