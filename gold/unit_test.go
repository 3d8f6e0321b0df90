package gold_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

func TestAUnitIsAChange(t *testing.T) {
	version := func(id, unit string) *gold.Version {
		doc := gold.Doc{Unit: unit, Format: "money"}
		return &gold.Version{ID: id, Dataset: gold.Dataset{
			Fields:  []gold.Field{{Name: "day"}, {Name: "amount", Doc: doc}},
			Metrics: []gold.Metric{{Name: "revenue", Doc: doc}, {Name: "sales"}},
		}}
	}
	euros, pounds, none := version("a", "EUR"), version("a", "GBP"), version("a", "")
	want := []gold.UnitChange{{Name: "amount", From: "EUR", To: "GBP"}, {Name: "revenue", From: "EUR", To: "GBP"}}
	if diff := cmp.Diff(want, pounds.Dataset.UnitChanges(&euros.Dataset)); diff != "" {
		t.Errorf("euros to pounds:\n%s", diff)
	}
	for _, c := range []struct {
		what        string
		now, before *gold.Version
		want        bool
	}{
		{"the same", euros, euros, false},
		{"another unit", pounds, euros, true},
		{"no unit any longer", none, euros, true},
		{"other rows", version("b", "EUR"), euros, true},
		{"new", euros, nil, true},
	} {
		if got := c.now.Differs(c.before); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
