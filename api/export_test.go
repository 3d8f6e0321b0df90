package api

// Waiting returns how many requests wait for answers that are being computed.
func (s *Server) Waiting() int64 { return s.responder.Cache.Waiting.Load() }

// CacheBytes returns the bytes of the answers that are cached.
func (s *Server) CacheBytes() int64 { return s.responder.Cache.Bytes() }
