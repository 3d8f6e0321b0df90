package api

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"goldserve/api/edge"
	"goldserve/api/respond"
	"goldserve/gold/format"
	"goldserve/gold/query/param"
)

// warmer asks the questions that every client asks of a new release, before the clients do. One goroutine asks one
// question at a time, and none while clients wait for answers of their own.
type warmer struct {
	*service
	stop context.CancelFunc // ends the run under way; nil: there was none
	runs sync.WaitGroup
}

// warmPause is how long the warmer waits before it looks again whether clients still wait.
const warmPause = 20 * time.Millisecond

// warm asks for the model's endpoints, as long as the release is current.
func (w *warmer) warm(ctx context.Context, c *catalog) {
	if !w.responder.Cache.Caches() {
		return
	}
	if w.stop != nil {
		w.stop()
	}
	ctx, w.stop = context.WithCancel(ctx)
	w.runs.Go(func() {
		start, asked := time.Now(), 0
		for _, ask := range w.plainQuestions(c) {
			if !w.idle(ctx) || !c.current() {
				return
			}
			if err := w.prepare(ctx, ask); err != nil {
				w.log.LogAttrs(ctx, slog.LevelDebug, "can't be warmed", slog.Any("error", err))
				continue
			}
			asked++
		}
		w.log.LogAttrs(ctx, slog.LevelDebug, "answers are ready", slog.String("release", c.announced.Tag[0]), slog.Int("answers", asked), slog.Duration("duration", time.Since(start)))
	})
}

// plainQuestions returns how to read the questions of a model's URLs that need no parameters.
func (w *warmer) plainQuestions(c *catalog) (asks []func(context.Context) (*respond.Pending, error)) {
	prefix := w.urlPrefix("", c.model)
	if len(c.KPIs) > 0 {
		asks = append(asks, func(context.Context) (*respond.Pending, error) {
			return w.pendingKPIs(w.plainRequest(c, prefix+"/kpis"))
		})
	}
	for _, v := range c.Versions {
		if v.Dataset.Endpoint == "" || v.Rows == 0 {
			continue
		}
		asks = append(asks, func(ctx context.Context) (*respond.Pending, error) {
			path := prefix + "/" + strings.TrimPrefix(v.Dataset.Endpoint, "/")
			return w.pendingRows(ctx, w.plainRequest(c, path), v, param.EndpointLimit)
		})
	}
	return asks
}

// plainRequest is what a client asks who sends nothing but a path.
func (w *warmer) plainRequest(c *catalog, path string) *request {
	base := w.edge.BasePath()
	return &request{
		params: param.Of(nil), catalog: c, base: base, path: path, escaped: base + (&url.URL{Path: path}).EscapedPath(),
		rep: representation{Form: respond.Form{Format: format.JSON, ContentType: edge.TypeJSON}},
	}
}

// prepare has the answer of a question cached.
func (w *warmer) prepare(ctx context.Context, ask func(context.Context) (*respond.Pending, error)) error {
	bounded, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	p, err := ask(bounded)
	if err != nil {
		return err
	}
	return w.responder.Prepare(bounded, p)
}

// idle waits until no client waits for an answer that is being computed; false: the context has ended.
func (w *warmer) idle(ctx context.Context) bool {
	for w.responder.Cache.Waiting.Load() > 0 {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(warmPause):
		}
	}
	return ctx.Err() == nil
}
