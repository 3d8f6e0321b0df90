package respond

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// semaphore has so many slots for computations; some more wait for their turn, first come, first served.
type semaphore struct {
	slots, queue int

	mu      sync.Mutex
	held    int
	waiting []chan struct{} // in their order: closed where the one who waits has a slot
	mean    time.Duration   // that slots were held lately; 0: none was
}

// meanOf is over how many holders a mean is taken, roughly.
const meanOf = 8

// acquire waits for a slot. It returns Overloaded at once where the queue is full, or longer than half of the time that
// is left.
func (s *semaphore) acquire(ctx context.Context) error {
	s.mu.Lock()
	if s.held < s.slots {
		s.held++
		s.mu.Unlock()
		return nil
	}
	wait := s.mean * time.Duration(len(s.waiting)+1) / time.Duration(s.slots)
	deadline, bounded := ctx.Deadline()
	if len(s.waiting) >= s.queue || bounded && wait > time.Until(deadline)/2 {
		s.mu.Unlock()
		return Overloaded
	}
	turn := make(chan struct{})
	s.waiting = append(s.waiting, turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-turn: // at the same moment
		s.next()
	default:
		s.waiting = slices.DeleteFunc(s.waiting, func(other chan struct{}) bool { return other == turn })
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return Overloaded
	}
	return ctx.Err()
}

// release gives back a slot that was held for a time.
func (s *semaphore) release(took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mean += (took - s.mean) / meanOf
	s.next()
}

// next gives a slot to whoever waits longest. The lock is held.
func (s *semaphore) next() {
	if len(s.waiting) == 0 {
		s.held--
		return
	}
	close(s.waiting[0])
	s.waiting = slices.Delete(s.waiting, 0, 1)
}
