package format

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// TestAFieldIsDescribedInAnyLanguage, in English where there is one.
func TestAFieldIsDescribedInAnyLanguage(t *testing.T) {
	f := gold.Field{Name: "x", Doc: gold.Doc{
		Label:       map[string]string{"fr": "Ventes", "de": "Umsatz"},
		Description: map[string]string{"fr": "Par mois", "en": "By month"},
		Unit:        "EUR",
	}}
	want := []Note{{"label", "Umsatz"}, {"unit", "EUR"}, {"description", "By month"}}
	if diff := cmp.Diff(want, describe(&f)); diff != "" {
		t.Error(diff)
	}
}
