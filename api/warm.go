package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// warmer asks the questions that every client asks of a new release, before the clients do. One goroutine asks one
// question at a time, and none while clients wait for answers of their own.
type warmer struct {
	mu   sync.Mutex
	stop context.CancelFunc // ends the run under way; nil: there was none
	runs sync.WaitGroup
}

// warmPause is how long the warmer waits before it looks again whether clients still wait.
const warmPause = 20 * time.Millisecond

// warm asks for the model's endpoints, as long as the release is current.
func (s *Server) warm(ctx context.Context, c *catalog) {
	if !s.kept.Keeps() {
		return
	}
	w := &c.model.warmer
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop != nil {
		w.stop()
	}
	ctx, w.stop = context.WithCancel(ctx)
	w.runs.Go(func() {
		start, asked := time.Now(), 0
		for _, path := range s.warmPaths(c) {
			if !s.idle(ctx) || !c.current() {
				return
			}
			request, err := http.NewRequestWithContext(context.WithValue(ctx, exchangeKey{}, &exchange{own: true}), http.MethodGet, path, http.NoBody)
			if err != nil {
				s.log.LogAttrs(ctx, slog.LevelDebug, "can't be warmed", slog.String("path", path), slog.Any("error", err))
				continue
			}
			request.RequestURI = path
			s.handler.ServeHTTP(&nowhere{header: http.Header{}}, request)
			asked++
		}
		s.log.LogAttrs(ctx, slog.LevelDebug, "answers are ready", slog.String("release", c.tag[0]), slog.Int("answers", asked), slog.Duration("duration", time.Since(start)))
	})
}

// warmPaths are the URLs of a model that need no parameters.
func (s *Server) warmPaths(c *catalog) []string {
	prefix := s.urlPrefix("", c.model)
	var paths []string
	if len(c.KPIs) > 0 {
		paths = append(paths, prefix+"/kpis")
	}
	for _, v := range c.Versions {
		if v.Dataset.Endpoint != "" && v.Rows > 0 {
			paths = append(paths, prefix+"/"+strings.TrimPrefix(v.Dataset.Endpoint, "/"))
		}
	}
	return paths
}

// idle waits until no client waits for an answer that is being computed; false: the context has ended.
func (s *Server) idle(ctx context.Context) bool {
	for s.kept.Waiting.Load() > 0 {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(warmPause):
		}
	}
	return ctx.Err() == nil
}

// nowhere is a ResponseWriter that nobody reads.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
