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

// What has no label is called by the words of its name.
func TestLabelsComeFromNames(t *testing.T) {
	for name, want := range map[string]string{
		"ca": "Ca", "order_date": "Order date", "orderDate": "Order Date", "freq_12m": "Freq 12m", "customerID": "Customer ID",
		"URLCount": "URL Count", "ID": "ID", "UNIT_PRICE": "UNIT PRICE", "a": "A", "step2Done": "Step2 Done",
		"Rabatt_Prozent": "Rabatt Prozent", "Rabatt Prozent": "Rabatt Prozent", "größeÄußen": "Größe Äußen", "élan_vital": "Élan vital", "_": "_",
	} {
		var doc gold.Doc
		if labelByName(&doc, name); doc.Label["en"] != want {
			t.Errorf("%s is %q, expected %q", name, doc.Label["en"], want)
		}
	}
	named := gold.Doc{Label: map[string]string{"fr": "Chiffre d'affaires"}}
	if labelByName(&named, "ca"); len(named.Label) != 1 {
		t.Errorf("a label became %v", named.Label)
	}
}
