package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"goldserve/api/edge"
	"goldserve/api/respond"
	"goldserve/gold"
)

// look asks the store for a model's current release and remembers the outcome.
func (s *service) look(ctx context.Context, m *model) *observation {
	m.resolving.Lock()
	defer m.resolving.Unlock()
	return s.lookLocked(ctx, m)
}

func (s *service) lookLocked(ctx context.Context, m *model) *observation {
	before := m.seen.Load()
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := s.reader.Resolve(bounded, gold.Selector{Model: m.contracts.Name})
	if gold.KindOf(err) == gold.Empty {
		r, err = nil, m.vanished()
	}
	now := &observation{err: err}
	if err == nil {
		now.good = time.Now()
	}
	if r != nil {
		now.behind = r.Behind
	}
	switch {
	case before == nil:
		now.catalog = newCatalog(m, r, true)
	case err != nil:
		now.good = before.good
		fallthrough
	case sameRelease(before.catalog.Release, r):
		now.catalog, now.before, now.switched = before.catalog, before.before, before.switched
	default:
		now.catalog, now.before, now.switched = newCatalog(m, r, true), before.catalog, now.good
	}
	expired := now.before != nil && time.Since(now.switched) > m.staleMax
	if expired {
		now.before = nil
	}
	// What ended with its caller says nothing about the store.
	if ctx.Err() == nil {
		m.seen.Store(now)
		s.metrics.storeError(err)
		if before == nil || before.catalog != now.catalog {
			m.switched.send()
		}
		s.evict(before, now, expired)
		s.logObservation(ctx, m, before, now)
	}
	return now
}

// evict drops cached answers of superseded releases: of the last one when it has expired, of those before at once.
func (s *service) evict(before, now *observation, expired bool) {
	model := now.catalog.model.contracts.Name
	if before != nil && before.catalog != now.catalog {
		s.responder.Cache.Supersede(model, before.catalog.announced.Identity, now.catalog.announced.Identity)
	}
	if expired {
		s.responder.Cache.Expire(model)
	}
}

func (s *service) logObservation(ctx context.Context, m *model, before, now *observation) {
	attr := slog.String("model", m.contracts.Name)
	failedBefore := before != nil && before.err != nil
	switch {
	case now.err != nil && !failedBefore:
		s.log.LogAttrs(ctx, slog.LevelWarn, "current release can't be read", attr, slog.Any("error", now.err))
	case now.err == nil && failedBefore:
		s.log.LogAttrs(ctx, slog.LevelInfo, "current release can be read again", attr)
	}
	if now.behind != 0 && (before == nil || before.behind != now.behind) {
		s.log.LogAttrs(ctx, slog.LevelWarn, "current release needs a newer goldserve: an earlier one is served", attr, slog.Int64("current", now.behind))
	}
	if now.err == nil && now.catalog.Release != nil && (before == nil || now.catalog != before.catalog) {
		s.log.LogAttrs(ctx, slog.LevelInfo, "release is current", attr, slog.Int64("release", now.catalog.Release.Number))
	}
}

// observation returns what was last seen of a model; the first request of all looks for itself.
func (s *service) observation(ctx context.Context, m *model) *observation {
	if seen := m.seen.Load(); seen != nil {
		return seen
	}
	m.resolving.Lock()
	defer m.resolving.Unlock()
	if seen := m.seen.Load(); seen != nil {
		return seen
	}
	return s.lookLocked(ctx, m)
}

// current returns the catalog of the current release. Where the store can't be asked it is the last one seen, which is
// stale, for as long as answers may be stale.
func (s *service) current(ctx context.Context, m *model) (c *catalog, stale bool, err error) {
	seen := s.observation(ctx, m)
	if seen.err != nil && !seen.fresh() {
		return nil, false, seen.err
	}
	return seen.catalog, seen.err != nil, nil
}

// resolve returns the catalog of the release that a selector names, and whether that is stale: the store can't be asked.
func (s *service) resolve(ctx context.Context, m *model, sel gold.Selector) (c *catalog, stale bool, err error) {
	seen := s.observation(ctx, m)
	switch current := seen.catalog; {
	case sel.Number == 0 && sel.AsOf.IsZero():
		return s.current(ctx, m)
	case current.Release == nil && seen.err != nil:
		return nil, false, seen.err
	case sel.Number != 0 && current.Release != nil && current.Release.Number == sel.Number:
		return current, false, nil
	}
	return s.earlierRelease(ctx, m, sel)
}

// earlierRelease returns the catalog of a release that isn't the current one.
func (s *service) earlierRelease(ctx context.Context, m *model, sel gold.Selector) (c *catalog, stale bool, err error) {
	m.past.mu.Lock()
	known, ok := m.past.found[sel]
	m.past.mu.Unlock()
	if ok && time.Since(known.good) < s.poll {
		return known.catalog, false, nil
	}
	r, err := s.reader.Resolve(ctx, sel)
	if gold.KindOf(err) == gold.Empty {
		err = cmp.Or(m.vanished(), err)
	}
	if err != nil && respond.IsOutage(err) && ok && (&observation{catalog: known.catalog, good: known.good, err: err}).fresh() {
		return known.catalog, sel.Number == 0, nil
	}
	if err != nil {
		err = s.engine.Unresolved(ctx, sel, err)
		if unknown, ok := errors.AsType[*gold.Error](err); ok && unknown.Code == gold.CodeUnknownRelease {
			unknown.Message += "; /releases lists the releases"
		}
		return nil, false, err
	}
	if !ok || !sameRelease(known.catalog.Release, r) {
		known.catalog = newCatalog(m, r, false)
	}
	known.good = time.Now()
	m.past.mu.Lock()
	defer m.past.mu.Unlock()
	if m.past.found == nil || len(m.past.found) >= maxPast {
		m.past.found = map[gold.Selector]observation{}
	}
	m.past.found[sel] = known
	return known.catalog, false, nil
}

// announce puts the resolved release into the answer's headers.
func announce(w http.ResponseWriter, r *http.Request, c *catalog) {
	if c.Release == nil {
		return
	}
	edge.InfoOf(r).Release = c.announced.Tag[0]
	h := w.Header()
	h["Goldserve-Release"], h["Goldserve-As-Of"] = c.announced.Tag, c.announced.AsOf
}
