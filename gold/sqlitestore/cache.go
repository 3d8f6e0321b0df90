package sqlitestore

import (
	"sync"

	"goldserve/gold"
)

// releaseCache caches releases by model and number. Only their marks can change.
type releaseCache struct {
	mu       sync.Mutex
	releases map[releaseKey]*gold.Release

	contracts gold.Contracts
}

type releaseKey struct {
	model  string
	number int64
}

// maxCached is the number of cached releases.
const maxCached = 128

func (rc *releaseCache) keep(key releaseKey, r *gold.Release) {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if rc.releases == nil || len(rc.releases) >= maxCached {
		rc.releases = map[releaseKey]*gold.Release{}
	}
	rc.releases[key] = r
}

func (rc *releaseCache) clear() {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	clear(rc.releases)
}
