package columnar

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
	"time"

	"goldserve/gold"
)

const (
	// retryAfter is the time after which a load is tried again that failed for want of the store or of room.
	retryAfter = time.Minute
	// idleAfter is the time after which a snapshot goes that nobody asked for and that is of no current release.
	idleAfter = 5 * time.Minute
)

// missed notes that a version which isn't held was asked for.
func (r *Reader) missed(v *gold.Version) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.failures[keyOfVersion(v)]; l != nil {
		l.asked = time.Now().UnixNano()
	}
}

// gaveUp reports whether a version was given up, for now. The lock is held.
func (r *Reader) gaveUp(k key) bool {
	l := r.failures[k]
	switch {
	case l == nil:
		return false
	case l.again.IsZero() || time.Now().Before(l.again):
		return true
	case l.bytes > 0:
		return l.asked == 0 || l.bytes > r.room(l.asked)
	default:
		return false
	}
}

// accelerated returns the versions of a release whose contracts say so, and those that they look up fields in, over any
// number of others.
func accelerated(release *gold.Release) []*gold.Version {
	var versions []*gold.Version
	add := func(v *gold.Version) {
		if v != nil && v.Location != "" && !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
	}
	for i := range release.Versions {
		if d := &release.Versions[i].Dataset; d.Accelerate {
			for _, f := range d.LookedUp(release.Dataset) {
				for i := range f.Path {
					add(release.Version(f.Path[i].Dataset))
				}
			}
			add(&release.Versions[i])
		}
	}
	return versions
}

// current returns the keys of what the releases that are shown, or will be, should have. The lock is held.
func (r *Reader) current() map[key]bool {
	keys := map[key]bool{}
	for _, f := range r.models {
		for _, release := range []*gold.Release{f.shown, f.next} {
			if release != nil {
				for _, v := range accelerated(release) {
					keys[keyOfVersion(v)] = true
				}
			}
		}
	}
	return keys
}

// room returns the bytes that there are for what was asked for at a time: besides what current releases have and was
// asked for since. The lock is held.
func (r *Reader) room(asked int64) int64 {
	room := r.budget
	current := r.current()
	for k, h := range *r.held.Load() {
		if current[k] && h.used.Load() >= asked {
			room -= h.snapshot.size
		}
	}
	return room
}

// makeRoom drops snapshots until there is room for bytes more that were asked for at a time: first those of no current
// release, each time the one that was asked longest ago. It reports whether there is enough.
func (r *Reader) makeRoom(bytes, asked int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if bytes > r.room(asked) {
		return false
	}
	all, current := *r.held.Load(), r.current()
	total := bytes
	keys := slices.Collect(maps.Keys(all))
	for _, h := range all {
		total += h.snapshot.size
	}
	slices.SortFunc(keys, func(a, b key) int {
		if current[a] != current[b] {
			return cmp.Compare(number(current[a]), number(current[b]))
		}
		return cmp.Compare(all[a].used.Load(), all[b].used.Load())
	})
	var gone []key
	for ; total > r.budget; keys = keys[1:] {
		total -= all[keys[0]].snapshot.size
		gone = append(gone, keys[0])
	}
	r.evict(gone, "made room")
	return true
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// evictIdle drops what nobody has asked for lately and no current release has. The lock is held.
func (r *Reader) evictIdle() {
	var gone []key
	current := r.current()
	for k, h := range *r.held.Load() {
		if !current[k] && time.Since(time.Unix(0, h.used.Load())) > idleAfter {
			gone = append(gone, k)
		}
	}
	r.evict(gone, "idle")
}

// evict lets snapshots go; requests that read them end first. The lock is held.
func (r *Reader) evict(keys []key, why string) {
	if len(keys) == 0 {
		return
	}
	all := maps.Clone(*r.held.Load())
	for _, k := range keys {
		h := all[k]
		r.log.LogAttrs(r.ctx, slog.LevelInfo, "snapshot dropped", slog.String("model", h.model), slog.String("dataset", h.dataset), slog.String("reason", why), slog.Int64("bytes", h.snapshot.size))
		delete(all, k)
	}
	r.held.Store(&all)
}

// keep adds a snapshot.
func (r *Reader) keep(v *gold.Version, s *snapshot) {
	h := &held{snapshot: s, model: v.Dataset.Model, dataset: v.Dataset.Name}
	h.used.Store(time.Now().UnixNano())
	r.mu.Lock()
	defer r.mu.Unlock()
	all := maps.Clone(*r.held.Load())
	all[keyOfVersion(v)] = h
	r.held.Store(&all)
	delete(r.failures, keyOfVersion(v))
}
