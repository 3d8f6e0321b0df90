package api

import (
	"context"
	"sync"
	"time"
)

// Watch looks for new current releases every Poll, until the context ends; then /readyz says that the server is
// leaving, and event streams end. Without it a server stays with the release that its first request found.
func (s *Server) Watch(ctx context.Context) {
	context.AfterFunc(ctx, s.leave)
	var all sync.WaitGroup
	for _, m := range s.models {
		all.Go(func() {
			tick := time.NewTicker(s.poll)
			defer tick.Stop()
			w := &warmer{service: s.service}
			defer w.runs.Wait()
			var warmed *catalog
			for {
				if now := s.look(ctx, m); now.err == nil && now.catalog.Release != nil && now.catalog != warmed {
					warmed = now.catalog
					w.warm(ctx, warmed)
				}
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		})
	}
	all.Wait()
	s.drained.Store(true)
}
