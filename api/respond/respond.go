package respond

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"goldserve/api/edge"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// Respond answers a request with a pending response: with nothing but its tag where the client has it, with the cached
// answer, or with a new one. It returns the error to answer with, having written nothing.
func (s *Responder) Respond(w http.ResponseWriter, r *http.Request, p *Pending) error {
	info := edge.InfoOf(r)
	h := newHead(p, s.maxAge)
	if h.form.Format == format.Parquet && p.Table.Whole != nil && s.files.dir != "" {
		if done, err := s.sendFile(w, r, p, h); done || err != nil {
			return err
		}
	}
	h.route = edge.RouteOf(r)
	has := NoMatch
	if h.headers.etag != nil && !p.Stale && r.Method != http.MethodPost {
		has = IfNoneMatch(r, h.headers.etag[0])
	}
	if has == TagMatch || has == AnyMatch && !h.mayBeMissing {
		info.Cached = true
		s.answered(NotModified)
		s.requests.remember(r, p, h)
		notModified(w, h, info.Start)
		return nil
	}
	compute := func() (*answer, error) { return s.fill(r.Context(), p, h, info.Start) }
	if h.form.Format != format.JSON && p.Table.Size != Small {
		compute = func() (*answer, error) { return s.export(w, r, p, h) }
	}
	a, from, err := s.obtain(r.Context(), p, h, compute)
	if err != nil || a == nil {
		return err
	}
	info.Cached = from == Hit
	if !info.InProcess {
		s.answered(from)
	}
	switch {
	case from == Stale:
		sendStale(w, r, p, h, a)
	case has == AnyMatch:
		notModified(w, h, info.Start)
	default:
		e, err := s.encode(r.Context(), h, a)
		if err != nil {
			return err
		}
		s.requests.remember(r, p, h)
		s.send(w, h, a, e, from, info.Start)
	}
	return nil
}

// Prepare has the answer of a pending response cached, for whoever asks for it next.
func (s *Responder) Prepare(ctx context.Context, p *Pending) error {
	h := newHead(p, s.maxAge)
	if s.Cache.get(h.key) != nil {
		return nil
	}
	_, err := s.fill(ctx, p, h, time.Now())
	return err
}

// obtain returns the answer of a pending response: the cached one, or a new one. Where the store is down it is the last
// one that was right. It is nil where compute has sent it.
func (s *Responder) obtain(ctx context.Context, p *Pending, h *head, compute func() (*answer, error)) (*answer, CacheStatus, error) {
	if a := s.Cache.get(h.key); a != nil {
		if p.Stale {
			return a, Stale, nil
		}
		return a, Hit, nil
	}
	a, err := compute()
	switch {
	case err == nil && p.Stale:
		return a, Stale, nil
	case err == nil:
		return a, Miss, nil
	case !IsOutage(err) || p.Pinned:
		return nil, "", err
	}
	earlier := s.earlier(p.Release, h)
	if earlier == nil {
		return nil, "", err
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "answered from an earlier release", slog.String("release", query.ReleaseTag(earlier.release)), slog.Any("error", err))
	return earlier, Stale, nil
}

// earlier returns the answer of the release before, nil where none is cached.
func (s *Responder) earlier(release *Release, h *head) *answer {
	before, ok := release.Previous()
	if !ok {
		return nil
	}
	return s.Cache.get(cacheKey{query: h.key.query, release: before})
}
