package api

import "time"

// SetChunkTime shortens, for a test, what a client has for each chunk of an export.
func (s *Server) SetChunkTime(d time.Duration) { s.chunkTime = d }

// Waiting returns how many requests wait for answers that are being computed.
func (s *Server) Waiting() int64 { return s.kept.Waiting.Load() }

// TakeExports takes every place of an export, and of those who wait for one, until leave is called.
func (s *Server) TakeExports() (leave func()) {
	g := &s.admission.gates[bulk]
	queue := g.queue
	g.inside, g.queue = g.places, 0
	return func() { g.inside, g.queue = 0, queue }
}
