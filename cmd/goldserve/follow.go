package main

import (
	"context"
	"time"
)

// follower publishes a lake again after it has changed, and has then been quiet for a look: a file that is being written
// changes from look to look. It publishes one time after the other.
type follower struct {
	state   func(context.Context) (string, error)
	publish func(context.Context) error // reports itself what came of it
	every   time.Duration               // between two looks
	patient time.Duration               // how long to wait at most for a lake that keeps changing
	looked  func(error)                 // is told what came of a look; nil: nobody is
	again   time.Duration               // when to publish again what could not be published, though nothing changed
}

// follow follows the lake until ctx ends. known is the state that is published.
func (f *follower) follow(ctx context.Context, known string) {
	ticker := time.NewTicker(f.every)
	defer ticker.Stop()
	seen, failed := known, false
	var since time.Time // when the change began, or the last publish failed
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now, err := f.state(ctx)
		if f.looked != nil && ctx.Err() == nil {
			f.looked(err)
		}
		if err != nil {
			continue // as for a folder that goes while it is listed
		}
		quiet := now == seen
		if !quiet && seen == known {
			since = time.Now()
		}
		seen = now
		switch waited := time.Since(since); {
		case now == known && (!failed || waited < f.again):
			continue
		case !quiet && waited < f.patient:
			continue
		}
		known, since = now, time.Now()
		failed = f.publish(ctx) != nil
	}
}
