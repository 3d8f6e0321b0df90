package gold

import "time"

// Watching says how the following of a lake goes: publish --watch, serve --lake and up.
type Watching struct {
	Model string `json:"model"`
	Lake  string `json:"lake"` // without secrets
	// LastLook is when the lake was listed last; absent: not yet.
	LastLook time.Time `json:"last_look,omitzero" validate:"optional"`
	// LastSuccess is when the store was last known to have what the lake has; absent: not yet.
	LastSuccess time.Time `json:"last_success,omitzero" validate:"optional"`
	// BehindSince is since when the lake has something else than the store; absent: it does not.
	BehindSince time.Time `json:"behind_since,omitzero" validate:"optional"`
	// Failures counts looks and publishes that failed, since the program was started.
	Failures    int64         `json:"failures"`
	LastFailure *WatchFailure `json:"last_failure,omitempty"`
	Standby     bool          `json:"standby,omitempty"` // another publisher is at work
} // @name Watching

// WatchFailure is a look or a publish that failed.
type WatchFailure struct {
	At      time.Time `json:"at"`
	Code    Code      `json:"code"`
	Message string    `json:"message"`
	// Current is set until the lake can be looked at, or is published, again.
	Current bool `json:"current"`
	// RetryAt is when it is tried again though nothing changes; absent: once the lake changes.
	RetryAt time.Time `json:"retry_at,omitzero" validate:"optional"`
} // @name WatchFailure

// Behind returns for how long the store has been behind the lake.
func (w *Watching) Behind(now time.Time) time.Duration {
	if w.BehindSince.IsZero() {
		return 0
	}
	return max(now.Sub(w.BehindSince), 0)
}
