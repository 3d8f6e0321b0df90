package contract

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// targetsValue describes what can be learned from a model's release: a map from the target's name to settings.
func targetsValue() yaml.Value {
	return yaml.MapValue(yaml.KeysValue(
		yaml.Key{Name: "dataset", Need: true, Value: yaml.TextValue.As("dataset"), Doc: "The dataset whose rows are learned from."},
		yaml.Key{Name: "field", Value: yaml.TextValue.As("field"), Default: "the target's name", Doc: "The field to predict."},
		yaml.Key{Name: "task", Need: true, Value: yaml.WordValue(gold.TargetTasks...), Doc: "classification: the probability of a field of 0 and 1, or false and true, by logistic regression; regression: a number, by ridge regression."},
		yaml.Key{Name: "features", Need: true, Value: yaml.WordsValue(yaml.TextValue.As("field")), Doc: "The fields to predict it from: numbers, booleans and texts."},
	))
}

// targets reads what can be learned.
func (m *loaded) targets(n *yaml.Node, l *linker) (all []gold.Target) {
	for _, e := range m.file.Pairs(n, "model: targets") {
		if t, ok := m.target(e, l); ok {
			all = append(all, t)
		}
	}
	return all
}

func (m *loaded) target(e yaml.Entry, l *linker) (t gold.Target, ok bool) {
	f, what := m.file, "model: targets"
	t.Name, ok = f.Identifier(e.Key, what)
	what += ": " + e.Key.Text
	o := f.Object(e.Value, what)
	var d *draft
	if at := o.Need("dataset"); at != nil {
		if d = m.dataset(at, what+": dataset", l); d != nil {
			t.Dataset = d.contract.Dataset.Name
		}
	}
	if at := o.Need("task"); at != nil {
		t.Task, _ = f.Word(at, what+": task", gold.TargetTasks)
	}
	at, name, features := o.Take("field"), t.Name, o.Need("features")
	if at == nil {
		at = e.Key
	} else {
		name, _ = f.Text(at, what+": field")
	}
	if d != nil && name != "" {
		t.Field = m.learned(at, d, what+": field", name, gold.Kind.Countable, "a number or a boolean")
	}
	if features != nil && d != nil {
		for _, at := range f.Words(features, what+": features") {
			name, _ := f.Text(at, what+": features")
			if name == t.Field || slices.Contains(t.Features, name) {
				f.Add(at, "%s: features: %s is the target, or named twice", what, yaml.Quote(name))
				continue
			}
			if name = m.learned(at, d, what+": features", name, gold.Kind.Learnable, "a number, a boolean or a text"); name != "" {
				t.Features = append(t.Features, name)
			}
		}
	}
	o.Done()
	return t, ok && t.Dataset != "" && t.Field != "" && t.Task != "" && len(t.Features) > 0
}

// learned returns a field's name, or "" where it can't be learned from.
func (m *loaded) learned(n *yaml.Node, d *draft, what, name string, may func(gold.Kind) bool, expected string) string {
	field := d.findOpenField(m.file, n, what, name)
	if field == nil {
		return ""
	}
	if !may(field.Kind) && field.Kind != gold.Null {
		m.file.Add(n, "%s: %s is %s, expected %s", what, name, field.Kind.WithArticle(), expected)
		return ""
	}
	return name
}
