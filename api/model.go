package api

import (
	"crypto/sha256"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/dashboard"
	"goldserve/gold/query"
	"goldserve/gold/query/param"
)

// model is one model that is served, with what was last seen of its current release.
type model struct {
	contracts gold.Model
	unlisted  bool             // until it has a release
	layout    dashboard.Layout // of the pages of releases that record none
	staleMax  time.Duration    // how long answers may be stale
	resolving sync.Mutex       // one look at the store at a time
	seen      atomic.Pointer[observation]
	past      past
	switched  broadcast // another release is current
}

// observation is the outcome of one look at the current release.
type observation struct {
	catalog  *catalog  // of the last release seen, or of the contracts on disk alone
	err      error     // of the look, nil where it worked: "no release" counts as worked
	good     time.Time // the last look that worked
	before   *catalog  // of the release that was current before this one, nil: none
	switched time.Time // when before ended
	behind   int64     // the number of the current release, where this program can't read it and catalog's stands in; 0: none
}

// fresh reports whether the last poll is recent enough to answer from.
func (o *observation) fresh() bool {
	return o.err == nil || o.catalog.Release != nil && time.Since(o.good) <= o.catalog.model.staleMax
}

// catalog is that of one release, with what its answers have in common. It is never changed.
type catalog struct {
	*query.Catalog
	model     *model
	layout    func() dashboard.Layout // of its page, read once it is asked for: lists of releases don't
	announced *respond.Release
}

func newModel(m gold.Model, layout dashboard.Layout, staleMax time.Duration) *model {
	return &model{contracts: m, layout: layout, staleMax: staleMax}
}

// title returns the title of the current release, as it was last seen.
func (m *model) title() map[string]string {
	if seen := m.seen.Load(); seen != nil {
		return seen.catalog.Contracts.Title
	}
	return m.contracts.Title
}

// newCatalog returns the catalog of a release, which may be nil. With onDisk, datasets that contracts on disk know and
// the release doesn't are in it without rows: they answer 503 until they are published.
func newCatalog(m *model, r *gold.Release, onDisk bool) *catalog {
	c := &catalog{Catalog: query.NewCatalog(&m.contracts, r, onDisk), model: m}
	c.layout = sync.OnceValue(func() dashboard.Layout {
		var own dashboard.Layout
		if r == nil || len(r.Dashboard) == 0 || json.Unmarshal(r.Dashboard, &own) != nil { // a program wrote it that has other widgets
			return m.layout
		}
		return own
	})
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

// vanished is the error of a store that has no release of a model: nil where none was ever seen. Releases don't end, so
// it is another store, or a part of it.
func (m *model) vanished() error {
	if seen := m.seen.Load(); seen == nil || seen.catalog.Release == nil {
		return nil
	}
	return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "the store has no release of %s any more", m.contracts.Name)
}

func sameRelease(a, b *gold.Release) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Number == b.Number && a.PublishedAt.Equal(b.PublishedAt)
}

// past remembers the releases that selectors named, for as long as the current one is trusted without a look.
type past struct {
	mu    sync.Mutex
	found map[gold.Selector]observation
}

// maxPast bounds the releases that are remembered.
const maxPast = 64

// currency returns the unit of money: that of the first key figure in money, else of the first field.
func (c *catalog) currency() string {
	for _, k := range c.KeyFigures() {
		if k.Metric != nil && k.Metric.Doc.Format == "money" && k.Metric.Doc.Unit != "" {
			return k.Metric.Doc.Unit
		}
	}
	for _, v := range c.Versions {
		for i := range v.Dataset.Fields {
			if doc := &v.Dataset.Fields[i].Doc; doc.Format == "money" && doc.Unit != "" {
				return doc.Unit
			}
		}
	}
	return ""
}
