package watch

import "goldserve/gold"

// verdict is what a failed publish means for the next one.
type verdict int

const (
	hold    verdict = iota // the content was refused: it is not tried again until it is another
	again                  // the content was not at fault: it is tried again by itself
	standBy                // another publisher is at work
	// A rollback withdrew the content. Somebody may publish it all the same, which only a look at the store tells.
	holdAWhile
)

// verdictOf says what to do after a publish that failed.
func verdictOf(err error) verdict {
	switch gold.CodeOf(err) { //nolint:exhaustive // of all others, the kind tells
	case gold.CodePublishConflict:
		return standBy
	case gold.CodeHeldByRollback:
		return holdAWhile
	}
	switch gold.KindOf(err) {
	case gold.Invalid, gold.NotFound, gold.Empty, gold.Gone:
		return hold
	case gold.Conflict, gold.Unavailable, gold.Overloaded, gold.Timeout, gold.Internal:
	}
	return again
}

// ofTheLake reports whether a failure with this code is about the lake, so that another state of the lake may end it.
func ofTheLake(code gold.Code) bool {
	switch code { //nolint:exhaustive // all others are about the store, or tell of no content
	case gold.CodeSourceUnreadable, gold.CodeSourceChanged, gold.CodeLakeNotFound, gold.CodeLakeBuilding:
		return true
	}
	return false
}
