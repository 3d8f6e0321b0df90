package api

// Waiting returns how many requests wait for answers that are being computed.
func (s *Server) Waiting() int64 { return s.responder.Cache.Waiting.Load() }
