package watch

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"goldserve/gold"
)

// Follower follows one lake.
type Follower struct {
	// Look returns a text that is another one once the lake is.
	Look func(context.Context) (string, error)
	// Publish publishes the lake, and says itself what came of it.
	Publish func(context.Context) (Done, error)
	// Failed is told of a look or a publish that failed, and of each once: not again while the message stays the same.
	Failed func(error)
	// Over is told that the last failure of which Failed was told is over, after Publish if that ended it; nil: nobody is.
	Over func()
	// Turned is told how it goes after every look and every publish; nil: nobody is. It must not keep the pointer.
	Turned func(*gold.Watching)

	Every       time.Duration // between two looks
	Settle      time.Duration // after a look that found another state: when to look again whether it is still the same; 0: Every
	Patience    time.Duration // how long to wait at most for a lake that keeps changing; 0: 30 s
	MinInterval time.Duration // between two releases
	Retry       Backoff       // of failures that say nothing of the lake's content

	status gold.Watching

	tried    string    // the state of the lake that was published or refused last
	current  bool      // the store has that state
	seen     string    // the state at the last look
	changing time.Time // when what was seen began to differ from what was tried
	soon     bool      // the last look found another state than the one before it
	retry    time.Time // when to try again though nothing changes; zero: only once it does
	released time.Time // when the current release was published, be it by another publisher
	fails    int       // publishes that failed in a row
	looks    int       // looks that failed in a row
	told     string    // the last failure that was told
}

// Done is what a publish leaves behind.
type Done struct {
	Released time.Time // when the current release was published; zero: there is none
	Again    time.Time // when to publish again though nothing changes; zero: not before it does
}

// defaultPatience is how long a follower waits for a lake that keeps changing.
const defaultPatience = 30 * time.Second

// Follow follows the lake until the context ends. What it has is published at once; then, what changed.
func (f *Follower) Follow(ctx context.Context) {
	ticker := time.NewTicker(f.Every)
	defer ticker.Stop()
	for first := true; ; first = false {
		f.turn(ctx, first)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-f.settled():
		}
	}
}

// settled returns what tells when to look again at a lake that has just changed; nil: at the next turn.
func (f *Follower) settled() <-chan time.Time {
	if f.Settle == 0 || f.Settle >= f.Every || !f.soon {
		return nil
	}
	return time.After(f.Settle)
}

// turn looks at the lake, and publishes it if that is due.
func (f *Follower) turn(ctx context.Context, first bool) {
	now, err := f.Look(ctx)
	if ctx.Err() != nil {
		return
	}
	at := time.Now()
	if err != nil {
		// A folder may go while it is listed: it is told of once it can't be looked at twice in a row.
		if f.looks++; f.looks > 1 || first {
			f.failed(err, at, at.Add(f.Every))
		}
		f.turned()
		return
	}
	if f.looks > 0 && f.current {
		f.succeeded()
	}
	f.looks, f.status.LastLook = 0, at
	due := first || f.due(now, at)
	f.seen = now
	switch {
	case f.current && now == f.tried:
		f.status.LastSuccess, f.status.BehindSince = at, time.Time{}
	case f.status.BehindSince.IsZero():
		f.status.BehindSince = at
	}
	f.turned()
	if due {
		f.publish(ctx, now)
		f.turned()
	}
}

// due reports whether to publish the state that a look found.
func (f *Follower) due(now string, at time.Time) bool {
	changed := now != f.tried
	f.soon = changed && now != f.seen
	if changed && (f.changing.IsZero() || f.seen == f.tried) {
		f.changing = at
	}
	switch {
	case !changed && (f.retry.IsZero() || at.Before(f.retry)):
		return false
	case changed && now != f.seen && at.Sub(f.changing) < cmp.Or(f.Patience, defaultPatience):
		return false // it is being written
	case changed && !f.current && at.Before(f.retry) && !f.lakeFailed():
		return false // another state of the lake helps no store
	}
	return f.released.IsZero() || at.Sub(f.released) >= f.MinInterval
}

// publish publishes a state of the lake.
func (f *Follower) publish(ctx context.Context, state string) {
	done, err := f.Publish(ctx)
	if ctx.Err() != nil {
		return
	}
	at := time.Now()
	f.tried, f.changing, f.retry = state, time.Time{}, time.Time{}
	if f.status.Standby, f.current = false, err == nil; f.current {
		f.succeeded()
		f.fails, f.status.LastSuccess, f.status.BehindSince = 0, at, time.Time{}
		f.released, f.retry = done.Released, done.Again
		return
	}
	switch verdictOf(err) {
	case standBy:
		f.status.Standby = true
		f.retry = at.Add(f.Retry.after(0))
		return
	case again:
		f.retry = at.Add(f.Retry.after(f.fails))
		f.fails++
	case hold:
		f.fails = 0
	case holdAWhile:
		f.fails, f.retry = 0, at.Add(cmp.Or(f.Retry.Most, defaultMost))
		if f.told == err.Error() {
			f.status.LastFailure.RetryAt = f.retry
			return
		}
	}
	f.failed(err, at, f.retry)
}

// lakeFailed reports whether the last failure was the lake's.
func (f *Follower) lakeFailed() bool {
	last := f.status.LastFailure
	return last != nil && ofTheLake(last.Code)
}

// failed records a failure, and tells of it unless it was told before.
func (f *Follower) failed(err error, at, retry time.Time) {
	f.status.Failures++
	f.status.LastFailure = &gold.WatchFailure{At: at, Code: gold.CodeOf(err), Message: messageOf(err), Current: true, RetryAt: retry}
	if text := err.Error(); text != f.told {
		f.told = text
		f.Failed(err)
	}
}

// messageOf returns what an error says to the callers of a server: its cause is for logs.
func messageOf(err error) string {
	if e, ok := errors.AsType[*gold.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

func (f *Follower) succeeded() {
	if f.told != "" && f.Over != nil {
		f.Over()
	}
	f.told = ""
	if last := f.status.LastFailure; last != nil && last.Current {
		over := *last
		over.Current, over.RetryAt = false, time.Time{}
		f.status.LastFailure = &over
	}
}

func (f *Follower) turned() {
	if f.Turned != nil {
		status := f.status
		f.Turned(&status)
	}
}

// Backoff says how long to wait before something that failed is tried again. The zero Backoff waits from 2 s to 1 min.
type Backoff struct{ First, Most time.Duration }

const defaultMost = time.Minute

// after returns how long to wait after n failures before the last one: twice as long each time, and up to a half less, so that
// many who failed at the same moment don't all come back at the same moment.
func (b Backoff) after(n int) time.Duration {
	wait := cmp.Or(b.First, 2*time.Second)
	most := max(cmp.Or(b.Most, defaultMost), wait)
	for ; n > 0 && wait < most; n-- {
		wait *= 2
	}
	wait = min(wait, most)
	return wait - rand.N(wait/2+1) //nolint:gosec // when to try again is no secret
}
