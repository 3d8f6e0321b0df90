package gold

import "time"

// Watching is the status of a lake that publish --watch, serve --lake or up follows.
type Watching struct {
	Model string `json:"model"`
	Lake  string `json:"lake"` // without secrets
	// LastLook is when the lake was last listed; absent: not yet.
	LastLook time.Time `json:"last_look,omitzero" validate:"optional"`
	// LastSuccess is when the store was last known to match the lake; absent: not yet.
	LastSuccess time.Time `json:"last_success,omitzero" validate:"optional"`
	// BehindSince is since when the store has been behind the lake; absent: it is not.
	BehindSince time.Time `json:"behind_since,omitzero" validate:"optional"`
	// Failures counts failed looks and publishes, and ends of the process that reads the lake, since the server was started.
	Failures    int64         `json:"failures"`
	LastFailure *WatchFailure `json:"last_failure,omitempty"`
	Standby     bool          `json:"standby,omitempty"` // another publisher is at work
} // @name Watching

// WatchFailure is a look or a publish that failed.
type WatchFailure struct {
	At      time.Time `json:"at"`
	Code    Code      `json:"code"`
	Message string    `json:"message"`
	// Current is set until the lake can be listed or published again.
	Current bool `json:"current"`
	// RetryAt is when the publish is tried again even if the lake does not change; absent: only once it changes.
	RetryAt time.Time `json:"retry_at,omitzero" validate:"optional"`
} // @name WatchFailure

// Behind returns for how long the store has been behind the lake.
func (w *Watching) Behind(now time.Time) time.Duration {
	if w.BehindSince.IsZero() {
		return 0
	}
	return max(now.Sub(w.BehindSince), 0)
}
