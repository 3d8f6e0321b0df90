package columnar

import (
	"context"
	"slices"
	"time"

	"goldserve/gold"
)

// maxWait is how long a new release waits for its snapshots while the one before it is shown.
const maxWait = 2 * time.Minute

// Resolve returns the store's release. The current one is shown once its snapshots are loaded, where the one before it has
// some, so that a switch slows no question down; a release that goes back to an earlier one is shown at once.
func (r *Reader) Resolve(ctx context.Context, s gold.Selector) (*gold.Release, error) {
	release, err := r.Reader.Resolve(ctx, s)
	if err != nil || s.Number != 0 || !s.AsOf.IsZero() {
		return release, err
	}
	return r.follow(release), nil
}

func (r *Reader) follow(release *gold.Release) *gold.Release {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.models[release.Model]
	if f == nil {
		f = &modelState{shown: release}
		r.models[release.Model] = f
	}
	defer r.evictIdle()
	if sameRelease(f.shown, release) {
		f.shown, f.next = release, nil
		r.enqueue(release)
		return release
	}
	if f.next == nil || !sameRelease(f.next, release) {
		f.next, f.since = release, time.Now()
	}
	r.enqueue(release)
	replaced := r.replacedBy(release)
	if release.Number > f.shown.Number && time.Since(f.since) < maxWait && len(replaced) == 0 && r.loading(f.shown, release) {
		return f.shown
	}
	f.shown, f.next = release, nil
	r.evict(replaced, "loaded again")
	for _, v := range accelerated(release) {
		if l := r.failures[keyOfVersion(v)]; l != nil && l.bytes > 0 {
			delete(r.failures, keyOfVersion(v)) // what the release before it had is in nobody's way now
		}
	}
	r.enqueue(release)
	return release
}

func sameRelease(a, b *gold.Release) bool {
	return a.Number == b.Number && a.PublishedAt.Equal(b.PublishedAt)
}

// replacedBy returns what is held of versions in whose place a release has others of the same id: what was there is
// damaged, and the store has dropped it, or will. The lock is held.
func (r *Reader) replacedBy(release *gold.Release) []key {
	var replaced []key
	for k := range *r.held.Load() {
		if slices.ContainsFunc(release.Versions, func(v gold.Version) bool { return v.ID == k.id && v.Location != k.location }) {
			replaced = append(replaced, k)
		}
	}
	return replaced
}

// loading reports whether a snapshot of the next release is still being loaded whose dataset has one in the release that is
// shown. The lock is held.
func (r *Reader) loading(shown, next *gold.Release) bool {
	all := *r.held.Load()
	for _, v := range accelerated(next) {
		before := shown.Version(v.Dataset.Name)
		if before != nil && all[keyOfVersion(before)] != nil && all[keyOfVersion(v)] == nil && r.failures[keyOfVersion(v)] == nil {
			return true
		}
	}
	return false
}
