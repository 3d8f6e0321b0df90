package gold

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOnlyAnotherTypeBreaks(t *testing.T) {
	before := Dataset{
		Fields: []Field{{Name: "id", Kind: Int}, {Name: "day", Kind: Text}, {Name: "amount", Kind: Decimal, Scale: 2}, {Name: "old", Kind: Text}},
		BI:     []BIField{{Name: "day_at", From: "day"}},
	}
	after := Dataset{Fields: []Field{{Name: "new", Kind: Bool}, {Name: "amount", Kind: Double}, {Name: "day_at", Kind: Text}, {Name: "id", Kind: Int, Nullable: true}, {Name: "day", Kind: Date}}}
	want := []Retyped{{"amount", "decimal", "double"}, {"day_at", "time", "text"}, {"day", "text", "date"}}
	if diff := cmp.Diff(want, after.Breaking(before.Shown())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if changes := before.Breaking(before.Shown()); changes != nil {
		t.Errorf("the same dataset breaks %v", changes)
	}
	if changes := before.Breaking(nil); changes != nil {
		t.Errorf("a new dataset breaks %v", changes)
	}
}
