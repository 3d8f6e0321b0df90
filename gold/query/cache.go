package query

import "sync"

// fieldOf is a field of a version, by its ID, whose values never change; and the time zone that their days are told in,
// where that matters.
type fieldOf struct{ version, field, zone string }

// cache holds what was read of the values of fields. It is safe for concurrent use; the zero value is empty.
type cache[V any] struct {
	mu   sync.Mutex
	held map[fieldOf]V
}

func (c *cache[V]) get(f fieldOf) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok = c.held[f]
	return v, ok
}

// put adds what was read. A cache that has as many entries as it may starts anew.
func (c *cache[V]) put(f fieldOf, v V, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil || len(c.held) >= most {
		c.held = map[fieldOf]V{}
	}
	c.held[f] = v
}
