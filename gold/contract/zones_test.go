package contract

import (
	"strings"
	"testing"

	"goldserve/gold"
)

// TestEveryZoneThatIsSuggestedIsOne of those that a contract may name.
func TestEveryZoneThatIsSuggestedIsOne(t *testing.T) {
	names := strings.Fields(zoneNames)
	if len(names) < 400 {
		t.Errorf("%d names", len(names))
	}
	for _, name := range names {
		if _, err := gold.NewZone(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
