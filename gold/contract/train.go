package contract

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// trainValue describes what can be trained from a model's release.
func trainValue() yaml.Value {
	return yaml.KeysValue(yaml.Key{Name: "targets", Need: true, Doc: "What can be learned: a map from the target's name to settings.", Value: yaml.MapValue(yaml.KeysValue(
		yaml.Key{Name: "dataset", Need: true, Value: yaml.TextValue.As("dataset"), Doc: "The dataset whose rows are learned from."},
		yaml.Key{Name: "field", Value: yaml.TextValue.As("field"), Default: "the target's name", Doc: "The field to predict."},
		yaml.Key{Name: "task", Need: true, Value: yaml.WordValue(gold.TargetTasks...), Doc: "classification: the probability of a field of 0 and 1, or false and true, by logistic regression; regression: a number, by ridge regression."},
		yaml.Key{Name: "features", Need: true, Value: yaml.WordsValue(yaml.TextValue.As("field")), Doc: "The fields to predict it from: numbers, booleans and texts."},
	))})
}

// train reads what can be trained.
func (m *loaded) train(n *yaml.Node, l *linker) (all []gold.TrainTarget) {
	f := m.file
	o := f.Object(n, "model: train")
	if at := o.Need("targets"); at != nil {
		for _, e := range f.Pairs(at, "model: train: targets") {
			if t, ok := m.trainingOf(e, l); ok {
				all = append(all, t)
			}
		}
	}
	o.Done()
	return all
}

func (m *loaded) trainingOf(e yaml.Entry, l *linker) (t gold.TrainTarget, ok bool) {
	f, what := m.file, "model: train: targets"
	t.Target, ok = f.Identifier(e.Key, what)
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
	at, name, features := o.Take("field"), t.Target, o.Need("features")
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
