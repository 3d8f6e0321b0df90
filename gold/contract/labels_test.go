package contract

import (
	"slices"
	"testing"

	"goldserve/gold"
)

// Contracts take every format that answers have, and day for date.
func TestFormatsAreThoseOfAnswers(t *testing.T) {
	want := slices.Sorted(slices.Values(append([]string{"day"}, gold.Formats...)))
	if !slices.Equal(formatNames, want) {
		t.Errorf("contracts take %v, answers have %v", formatNames, want)
	}
}
