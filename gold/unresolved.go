package gold

import "time"

// What Reader.Resolve returns where a selector names no release that can be read, in the same words on every store.

// NoRelease says that nothing of a model is published.
func NoRelease(model string) *Error {
	return Errorf(Empty, CodeNoRelease, "model %s has no release yet; run goldserve publish", model)
}

// UnknownRelease says that no release has a number; newest is the highest that one has.
func UnknownRelease(model string, number, newest int64) *Error {
	return Errorf(NotFound, CodeUnknownRelease, "model %s has no release %d; its newest is %d", model, number, newest)
}

// PrunedRelease says that a release was pruned.
func PrunedRelease(model string, number int64) *Error {
	return Errorf(Gone, CodeReleasePruned, "release %d of model %s was pruned; ask for a newer one", number, model)
}

// NoReleaseAsOf says that no release answers to an instant; oldest is the number of the first that does to any, 0: none, and
// since its as_of.
func NoReleaseAsOf(model string, asOf time.Time, oldest int64, since time.Time) *Error {
	if oldest == 0 {
		return Errorf(NotFound, CodeNoReleaseAsOf, "model %s has no release as of %s", model, Instant(asOf))
	}
	return Errorf(NotFound, CodeNoReleaseAsOf, "model %s has no release as of %s: the oldest kept is release %d, as of %s; to see the rows of an earlier time, filter by a date field",
		model, Instant(asOf), oldest, Instant(since))
}
