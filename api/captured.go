package api

import (
	"bytes"
	"net/http"
)

// captured is a ResponseWriter into memory, for handlers that are asked within the process. It drops statuses: the
// error says more.
type captured struct {
	bytes.Buffer
	header http.Header
}

func newCaptured() *captured { return &captured{header: http.Header{}} }

// Header implements http.ResponseWriter.
func (c *captured) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter.
func (c *captured) WriteHeader(int) {}
