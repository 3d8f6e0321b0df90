package openapi_test

import (
	"encoding/json"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"goldserve/gold/contract"
	"goldserve/gold/dashboard"
	"goldserve/models"
	"goldserve/openapi"
)

// The page's types are made of this description: every layout is what they promise, and what a type of widget needs is
// promised.
func TestLayoutsAreWhatThePageKnows(t *testing.T) {
	text, err := openapi.Page()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	fits := func(schema string, value any) error {
		t.Helper()
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var plain any
		if err := json.Unmarshal(text, &plain); err != nil {
			t.Fatal(err)
		}
		return doc.Components.Schemas[schema].Value.VisitJSON(plain)
	}
	all, _, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		for _, layout := range []dashboard.Layout{m.Dashboard, dashboard.Derive(&m.Model, nil)} {
			if err := fits("Layout", layout); err != nil {
				t.Errorf("%s: %v", m.Name, err)
			}
			for _, row := range layout.Rows {
				for _, w := range row.Widgets {
					w.Metrics, w.Metric, w.Fields, w.Value = nil, "", nil, ""
					if w.Type != dashboard.ScatterWidget && fits("Widget", w) == nil {
						t.Errorf("%s: a %s without what it shows is one", m.Name, w.Type)
					}
				}
			}
		}
	}
}
