package edge

import "sync"

// refusals remembers values that were refused, so that the log has each once.
type refusals struct {
	mu   sync.Mutex
	seen map[string]bool
}

// maxRefusals bounds the memory that hostile values can take.
const maxRefusals = 100

// first reports whether a value is refused for the first time. Beyond maxRefusals none is.
func (r *refusals) first(value string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[value] || len(r.seen) >= maxRefusals {
		return false
	}
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[value] = true
	return true
}
