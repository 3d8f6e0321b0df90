package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"goldserve/api/edge"
	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/dashboard"
	"goldserve/gold/query"
	"goldserve/gold/query/param"
)

// model is one model that is served, with what was last seen of its current release.
type model struct {
	contracts gold.Model
	layout    dashboard.Layout // of its page
	staleMax  time.Duration    // how long answers may be stale
	resolving sync.Mutex       // one look at the store at a time
	seen      atomic.Pointer[sighting]
	past      past
	warmer    warmer
	turned    bell // rings when another release is current
}

// sighting is the outcome of one look at the current release.
type sighting struct {
	catalog  *catalog  // of the last release seen, or of the contracts on disk alone
	err      error     // of the look, nil where it worked: "no release" counts as worked
	good     time.Time // the last look that worked
	before   *catalog  // of the release that was current before this one, nil: none
	switched time.Time // when before ended
	behind   int64     // the number of the current release, where this program can't read it and catalog's stands in; 0: none
}

// catalog is that of one release, with what its answers have in common. It is never changed.
type catalog struct {
	*query.Catalog
	model     *model
	announced *respond.Release
}

func newModel(m gold.Model, layout dashboard.Layout, staleMax time.Duration) *model {
	return &model{contracts: m, layout: layout, staleMax: staleMax}
}

// newCatalog returns the catalog of a release, which may be nil. With onDisk, datasets that contracts on disk know and
// the release doesn't are in it without rows: they answer 503 until they are published.
func newCatalog(m *model, r *gold.Release, onDisk bool) *catalog {
	c := &catalog{Catalog: query.NewCatalog(&m.contracts, r, onDisk), model: m}
	c.announced = &respond.Release{Record: r, Current: c.current, Previous: c.previous}
	if r != nil {
		c.announced.Identity = identify(r, c.Versions[len(r.Versions):])
		c.announced.Tag, c.announced.AsOf = []string{query.ReleaseTag(r)}, []string{gold.Instant(r.AsOf)}
	}
	return c
}

// identify returns the identity of a release; extra are the datasets that contracts on disk add to it.
func identify(r *gold.Release, extra []*gold.Version) respond.Identity {
	c := &param.Key{}
	c.Text(r.Model)
	c.Int(r.Number)
	c.Int(r.PublishedAt.UnixNano())
	for i := range r.Versions {
		c.Text(r.Versions[i].Dataset.Name, r.Versions[i].ID)
	}
	for _, v := range extra {
		// Contracts are plain data: whatever can't be marshalled is left out of all identities alike.
		text, _ := json.Marshal(v.Dataset)
		c.Text(string(text))
	}
	sum := sha256.Sum256(c.Bytes)
	var id respond.Identity
	copy(id[:], sum[:])
	return id
}

// current reports whether the catalog is that of the current release, as the last look found it.
func (c *catalog) current() bool {
	seen := c.model.seen.Load()
	return seen != nil && seen.catalog == c && seen.err == nil
}

// previous returns the release that was current before this one, for as long as answers may be stale.
func (c *catalog) previous() (respond.Identity, bool) {
	seen := c.model.seen.Load()
	if seen == nil || seen.before == nil || seen.catalog != c || time.Since(seen.switched) > c.model.staleMax {
		return respond.Identity{}, false
	}
	return seen.before.announced.Identity, true
}

// Watch looks for new current releases every Poll, until the context ends; then /readyz says that the server is
// leaving, and event streams end. Without it a server stays with the release that its first request found.
func (s *Server) Watch(ctx context.Context) {
	context.AfterFunc(ctx, s.leave)
	var all sync.WaitGroup
	for _, m := range s.models {
		all.Go(func() {
			tick := time.NewTicker(s.poll)
			defer tick.Stop()
			var warmed *catalog
			for {
				if now := s.look(ctx, m); now.err == nil && now.catalog.Release != nil && now.catalog != warmed {
					warmed = now.catalog
					s.warm(ctx, warmed)
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
	for _, m := range s.models {
		m.warmer.runs.Wait()
	}
	s.draining.Store(true)
}

// look asks the store for a model's current release and remembers the outcome.
func (s *Server) look(ctx context.Context, m *model) *sighting {
	m.resolving.Lock()
	defer m.resolving.Unlock()
	return s.lookLocked(ctx, m)
}

func (s *Server) lookLocked(ctx context.Context, m *model) *sighting {
	before := m.seen.Load()
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := s.reader.Resolve(bounded, gold.Selector{Model: m.contracts.Name})
	if gold.KindOf(err) == gold.Empty {
		r, err = nil, m.vanished()
	}
	now := &sighting{err: err}
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
	// What ended with its caller says nothing about the store.
	if ctx.Err() == nil {
		m.seen.Store(now)
		s.metrics.storeError(err)
		if before == nil || before.catalog != now.catalog {
			m.turned.ring()
		}
		s.tidy(m, before, now)
		s.logSighting(ctx, m, before, now)
	}
	return now
}

// vanished is the error of a store that has no release of a model: nil where none was ever seen. Releases don't end, so
// it is another store, or a part of it.
func (m *model) vanished() error {
	if seen := m.seen.Load(); seen == nil || seen.catalog.Release == nil {
		return nil
	}
	return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "the store has no release of %s any more", m.contracts.Name)
}

// tidy lets go of what is kept of releases that aren't current any more: of the last one after --stale-max, of those
// before at once.
func (s *Server) tidy(m *model, before, now *sighting) {
	if before != nil && before.catalog != now.catalog {
		s.responder.Cache.Supersede(m.contracts.Name, before.catalog.announced.Identity, now.catalog.announced.Identity)
	}
	if now.before != nil && time.Since(now.switched) > s.staleMax {
		s.responder.Cache.Expire(m.contracts.Name)
		now.before = nil
	}
}

func sameRelease(a, b *gold.Release) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Number == b.Number && a.PublishedAt.Equal(b.PublishedAt)
}

func (s *Server) logSighting(ctx context.Context, m *model, before, now *sighting) {
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

// sighting returns what was last seen of a model; the first request of all looks for itself.
func (s *Server) sighting(ctx context.Context, m *model) *sighting {
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
func (s *Server) current(ctx context.Context, m *model) (c *catalog, stale bool, err error) {
	seen := s.sighting(ctx, m)
	if seen.err != nil && !s.fresh(seen) {
		return nil, false, seen.err
	}
	return seen.catalog, seen.err != nil, nil
}

// fresh reports whether a sighting may still be answered from.
func (s *Server) fresh(seen *sighting) bool {
	return seen.err == nil || seen.catalog.Release != nil && time.Since(seen.good) <= s.staleMax
}

// resolve returns the catalog of the release that a selector names, and whether it is stale that it still does.
func (s *Server) resolve(ctx context.Context, m *model, sel gold.Selector) (c *catalog, stale bool, err error) {
	seen := s.sighting(ctx, m)
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

// past remembers the releases that selectors named, for as long as the current one is trusted without a look.
type past struct {
	mu    sync.Mutex
	found map[gold.Selector]sighting
}

// maxPast bounds the releases that are remembered.
const maxPast = 64

// earlierRelease returns the catalog of a release that isn't the current one.
func (s *Server) earlierRelease(ctx context.Context, m *model, sel gold.Selector) (c *catalog, stale bool, err error) {
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
	if err != nil && respond.IsOutage(err) && ok && s.fresh(&sighting{catalog: known.catalog, good: known.good, err: err}) {
		return known.catalog, sel.Number == 0, nil
	}
	if err != nil {
		return nil, false, s.engine.Unresolved(ctx, sel, err)
	}
	if !ok || !sameRelease(known.catalog.Release, r) {
		known.catalog = newCatalog(m, r, false)
	}
	known.good = time.Now()
	m.past.mu.Lock()
	defer m.past.mu.Unlock()
	if m.past.found == nil || len(m.past.found) >= maxPast {
		m.past.found = map[gold.Selector]sighting{}
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
