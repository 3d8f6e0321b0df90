package api

import "time"

// SetChunkTime shortens, for a test, what a client has for each chunk of an export.
func (s *Server) SetChunkTime(d time.Duration) { s.chunkTime = d }

// Waiting returns how many requests wait for answers that are being computed.
func (s *Server) Waiting() int64 { return s.kept.waiting.Load() }
