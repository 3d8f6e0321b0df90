package api

import "sync"

// broadcast wakes all who wait for something to change.
type broadcast struct {
	mu   sync.Mutex
	sent chan struct{}
}

// wait returns a channel that the next send closes. Who takes it before he looks misses nothing.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sent == nil {
		b.sent = make(chan struct{})
	}
	return b.sent
}

func (b *broadcast) send() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sent != nil {
		close(b.sent)
		b.sent = nil
	}
}
