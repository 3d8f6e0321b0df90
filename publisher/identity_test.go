package publisher

import (
	"testing"

	"goldserve/gold"
)

func shop() gold.Dataset {
	return gold.Dataset{
		Model: "shop", Name: "sales", Key: []string{"id"},
		Fields: []gold.Field{
			{Name: "id", Kind: gold.Int},
			{Name: "day", Kind: gold.Text},
			{Name: "email", Kind: gold.Text, Nullable: true},
		},
	}
}

func TestWhatShapesRowsNamesTheVersion(t *testing.T) {
	id := func(change func(*gold.Dataset), source string, key string) string {
		t.Helper()
		d := shop()
		change(&d)
		shape, err := shapeOf(&d, []byte(key))
		id := identity(&d, source, shape)
		if err != nil || len(id) != 64 {
			t.Fatal(id, err)
		}
		return id
	}
	same := func(*gold.Dataset) {}
	base := id(same, "files", "")
	masked := func(d *gold.Dataset) { d.Fields[2].Mask = gold.MaskHMAC }
	for name, other := range map[string]string{
		"other files":           id(same, "others", ""),
		"another name":          id(func(d *gold.Dataset) { d.Name = "returns" }, "files", ""),
		"a field's name":        id(func(d *gold.Dataset) { d.Fields[1].Name = "jour" }, "files", ""),
		"a field's kind":        id(func(d *gold.Dataset) { d.Fields[1].Kind = gold.Date }, "files", ""),
		"a field's scale":       id(func(d *gold.Dataset) { d.Fields[1].Scale = 2 }, "files", ""),
		"nullability":           id(func(d *gold.Dataset) { d.Fields[2].Nullable = false }, "files", ""),
		"a mask":                id(masked, "files", "k1"),
		"another key of a mask": id(masked, "files", "k2"),
		"a field's time zone":   id(func(d *gold.Dataset) { d.Fields[1].DefaultZone = "Europe/Paris" }, "files", ""),
		"a field's column":      id(func(d *gold.Dataset) { d.Fields[1].PhysicalName = "Sold on" }, "files", ""),
		"bytes as base64":       id(func(d *gold.Dataset) { d.Fields[1].Base64 = true }, "files", ""),
		"a cast":                id(func(d *gold.Dataset) { d.Fields[1].Cast = &gold.Cast{From: gold.Text} }, "files", ""),
		"32-bit floats":         id(func(d *gold.Dataset) { d.Fields[1].Single = true }, "files", ""),
		"the order of fields":   id(func(d *gold.Dataset) { d.Fields[0], d.Fields[1] = d.Fields[1], d.Fields[0] }, "files", ""),
		"a BI field":            id(func(d *gold.Dataset) { d.BI = []gold.BIField{{Name: "day_date", From: "day"}} }, "files", ""),
		"the key":               id(func(d *gold.Dataset) { d.Key = []string{"id", "day"} }, "files", ""),
		"a derivation":          id(func(d *gold.Dataset) { d.Derive = &gold.Derive{From: "x"} }, "files", ""),
	} {
		if other == base {
			t.Errorf("%s does not change the version's id", name)
		}
	}
	if id(masked, "files", "k1") == id(masked, "files", "k2") {
		t.Error("the key of a mask does not change the version's id")
	}
	for name, change := range map[string]func(*gold.Dataset){
		"a label":     func(d *gold.Dataset) { d.Doc.Label = map[string]string{"en": "Sales"} },
		"a filter":    func(d *gold.Dataset) { d.Fields[1].Filters = []gold.Op{gold.Eq} },
		"an index":    func(d *gold.Dataset) { d.Indexes = []gold.Index{{{Field: "day"}}} },
		"a metric":    func(d *gold.Dataset) { d.Metrics = []gold.Metric{{Name: "n", Measure: &gold.Measure{}}} },
		"a rule":      func(d *gold.Dataset) { d.Rules = []gold.Rule{{ID: "r"}} },
		"a limit":     func(d *gold.Dataset) { d.MaxLimit = 7 },
		"a precision": func(d *gold.Dataset) { d.Fields[0].MultipleOf = 0.01 },
	} {
		if id(change, "files", "") != base {
			t.Errorf("%s changes the version's id", name)
		}
	}
}
