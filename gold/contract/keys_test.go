package contract

import (
	"slices"
	"testing"
	"testing/fstest"

	"goldserve/gold/dashboard"
	"goldserve/gold/yaml"
)

// TestKeysAreThoseOfTheReaders: the tables of keys, from which the reference and the schemas are made, have each key that
// the readers take, and no other.
func TestKeysAreThoseOfTheReaders(t *testing.T) {
	v := &keyVisitor{taken: map[string][]string{}, described: map[string][]string{}}
	models := mutationModels(t)
	models["rare"] = fstest.MapFS{
		"m/model.yaml":     {Data: []byte("name: m\nready: {file: _DONE}\ntargets: {a: {dataset: d, field: a, task: regression, features: a}}\nmlflow: {runs: {r: {dataset: d, by: a, metrics: {n: count()}}}}\n")},
		"m/dashboard.yaml": {Data: []byte("rows: [{height: 100, widgets: [{id: w, type: cohorts, span: 12, dataset: d, group: a, count: a, value: a}]}]\n")},
		"m/contracts/d.odcs.yaml": {Data: []byte("schema:\n  - name: d\n    customProperties: [{property: goldserve, value: {source: {csv: d}, score: {model: a.onnx}}}]\n    relationships:\n" +
			"      - {from: d.a, to: d.a, customProperties: [{property: goldserve, value: {name: other}}]}\n" +
			"    properties:\n      - {name: a, logicalType: number, customProperties: [{property: goldserve, value: {unit: {field: b}}}]}\n" +
			"  - name: e\n    customProperties: [{property: goldserve, value: {score: [{model: a.onnx}]}}]\n")},
	}
	for _, fsys := range models {
		r := &yaml.Report{Taken: map[*yaml.Node][]string{}}
		s := readSources(fsys, "m", r)
		s.compile((Overlays{}).read(r), r)
		v.report = r
		v.sources(s)
	}
	for place, described := range v.described {
		slices.Sort(described)
		taken := v.taken[place]
		slices.Sort(taken)
		switch taken = slices.Compact(taken); {
		case len(taken) == 0:
			t.Errorf("%s: no model of testdata has it: its keys can't be compared", place)
		case !slices.Equal(taken, described):
			t.Errorf("%s: the readers take the keys\n%v, the table has\n%v", place, taken, described)
		}
	}
}

// keyVisitor follows the tables of keys through models that were read, and collects the keys that the readers took.
type keyVisitor struct {
	report           *yaml.Report
	taken, described map[string][]string // by place
}

func (v *keyVisitor) sources(s *sources) {
	v.visit("model.yaml", ModelKeys(), s.model)
	if s.dashboard != nil {
		v.visit("dashboard.yaml", dashboard.LayoutKeys(), s.dashboard.root)
	}
	for _, c := range s.contracts {
		for _, object := range items(c.root, "schema") {
			v.visit("dataset", DatasetKeys(), goldserveOf(object))
			relationships := items(object, "relationships")
			for _, property := range items(object, "properties") {
				v.visit("property", FieldKeys(), goldserveOf(property))
				relationships = append(relationships, items(property, "relationships")...)
			}
			for _, relationship := range relationships {
				v.visit("relationship", RelationshipKeys(), goldserveOf(relationship))
			}
		}
	}
}

func items(n *yaml.Node, key string) []*yaml.Node {
	if n == nil || n.Value(key) == nil {
		return nil
	}
	return slices.Clone(n.Value(key).Items)
}

// goldserveOf returns the goldserve settings of an element of the standard, nil for none.
func goldserveOf(n *yaml.Node) *yaml.Node {
	for _, item := range items(n, "customProperties") {
		if name := item.Value("property"); name != nil && name.Text == settingsName {
			return item.Value("value")
		}
	}
	return nil
}

// visit compares a node with a table. Where a node has the form of several values, it is what the keys say.
func (v *keyVisitor) visit(place string, value yaml.Value, n *yaml.Node) {
	if value.Keys != nil {
		if v.described[place] == nil {
			for _, key := range value.Keys {
				v.described[place] = append(v.described[place], key.Name)
			}
		}
		if n != nil && n.Kind == yaml.Map {
			v.taken[place] = append(v.taken[place], v.report.Taken[n]...)
		}
	}
	for _, key := range value.Keys {
		var child *yaml.Node
		if n != nil {
			child = n.Value(key.Name)
		}
		v.visit(place+": "+key.Name, key.Value, child)
	}
	for _, one := range value.Any {
		v.visit(place, one, n)
	}
	if value.Items != nil {
		v.each(place+" item", *value.Items, n, yaml.List)
	}
	if value.Entries != nil {
		v.each(place+" entry", *value.Entries, n, yaml.Map)
	}
}

// each visits the items of a list or the values of a map; without any, it collects what is described of them.
func (v *keyVisitor) each(place string, value yaml.Value, n *yaml.Node, kind yaml.Kind) {
	v.visit(place, value, nil)
	if n == nil || n.Kind != kind {
		return
	}
	for _, item := range n.Items {
		v.visit(place, value, item)
	}
	for _, e := range n.Entries {
		v.visit(place, value, e.Value)
	}
}
