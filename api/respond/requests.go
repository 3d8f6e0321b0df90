package respond

import (
	"net/http"

	"github.com/maypok86/otter/v2"
)

// requestCache remembers which answer requests ask for, by their bytes: what was asked before needs no parsing, as long as
// the release is current. It holds no bodies.
type requestCache struct {
	heads *otter.Cache[requestKey, *head]
}

// requestKey is what of a request chooses its answer.
type requestKey struct{ base, target, accept, acceptEncoding string }

const (
	requestBudget = 2 << 20 // bytes
	maxRequestKey = 2 << 10 // bytes: longer requests are parsed each time
)

func newRequestCache() (*requestCache, error) {
	heads, err := otter.New(&otter.Options[requestKey, *head]{
		MaximumWeight: requestBudget,
		Weigher: func(k requestKey, h *head) uint32 {
			const overhead = 1 << 10
			size := len(k.target) + len(k.accept) + len(k.acceptEncoding) + len(h.headers.location) + overhead
			return uint32(min(size, requestBudget)) // #nosec G115 -- bounded
		},
	})
	return &requestCache{heads}, err
}

// keyOf returns the key of a request, false for one that isn't remembered.
func keyOf(base string, r *http.Request) (key requestKey, ok bool) {
	key.base, key.target = base, r.RequestURI
	accept, encoding := r.Header["Accept"], r.Header["Accept-Encoding"]
	if len(accept) > 1 || len(encoding) > 1 {
		return key, false
	}
	if len(accept) == 1 {
		key.accept = accept[0]
	}
	if len(encoding) == 1 {
		key.acceptEncoding = encoding[0]
	}
	return key, len(key.target)+len(key.accept)+len(key.acceptEncoding) <= maxRequestKey
}

// remember remembers the head of a response to a request for the current release.
func (c *requestCache) remember(r *http.Request, p *Pending, h *head) {
	if r.Method == http.MethodPost {
		return // its body chooses the answer
	}
	if key, ok := keyOf(p.Base, r); ok && !p.Stale && h.headers.etag != nil && h.release.Current() {
		c.heads.Set(key, h)
	}
}

// find returns the head of the response to a request, or nil.
func (c *requestCache) find(base string, r *http.Request) *head {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	key, ok := keyOf(base, r)
	if !ok {
		return nil
	}
	h, _ := c.heads.GetIfPresent(key)
	if h == nil || !h.release.Current() {
		return nil
	}
	return h
}
