package contract

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// trainingSetValue describes what training sets are made of.
func trainingSetValue() yaml.Value {
	return yaml.KeysValue(
		yaml.Key{Name: "key", Need: true, Value: yaml.TextValue.As("field"), Doc: "The field by which the datasets' rows are joined."},
		yaml.Key{Name: "asOf", Need: true, Value: yaml.TextValue.As("field"), Doc: "The date field that says the month's end that a row is of; key and asOf are each dataset's key."},
		yaml.Key{Name: "features", Need: true, Value: yaml.WordsValue(yaml.TextValue.As("dataset")), Doc: "The datasets of snapshots whose fields are features, at most 12. A row is in the set if the first one has it."},
		yaml.Key{Name: "labels", Need: true, Doc: "What can be learned: a map from name to settings.", Value: yaml.MapValue(yaml.KeysValue(
			yaml.Key{Name: "dataset", Need: true, Value: yaml.TextValue.As("dataset"), Doc: "The dataset that has it, one row for each key and asOf."},
			yaml.Key{Name: "field", Need: true, Value: yaml.TextValue.As("field"), Doc: "Its field."},
			yaml.Key{Name: "source", Need: true, Value: yaml.TextValue.As("source"), Doc: "The raw table of the build that says it: what is made of it can't be a feature."},
		))},
	)
}

// mostFeatures is how many datasets are read at the same time at most, each by a connection of the store.
const mostFeatures = 12

// trainingSet reads what training sets are made of.
func (m *loaded) trainingSet(n *yaml.Node, l *linker) *gold.TrainingSet {
	const what = "model: trainingSet"
	f, t := m.file, &gold.TrainingSet{}
	o := f.Object(n, what)
	t.Key, t.AsOf = neededText(f, o, "key", what), neededText(f, o, "asOf", what)
	if at := o.Need("features"); at != nil {
		names := f.Words(at, what+": features")
		if len(names) > mostFeatures {
			f.Add(at, "%s: features: expected at most %d datasets, found %d", what, mostFeatures, len(names))
		}
		for _, item := range names {
			if m.snapshot(item, what+": features", t, l) != nil {
				t.Features = append(t.Features, item.Text)
			}
		}
	}
	if at := o.Need("labels"); at != nil {
		for _, e := range f.Pairs(at, what+": labels") {
			m.label(e, what+": labels", t, l)
		}
	}
	o.Done()
	return t
}

func neededText(f *yaml.File, o *yaml.Object, key, what string) string {
	at := o.Need(key)
	if at == nil {
		return ""
	}
	text, _ := f.Text(at, what+": "+key)
	return text
}

// snapshot returns a dataset that has one row for each key and date; nil after a problem.
func (m *loaded) snapshot(n *yaml.Node, what string, t *gold.TrainingSet, l *linker) *draft {
	d := m.dataset(n, what, l)
	if d == nil || t.Key == "" || t.AsOf == "" {
		return nil
	}
	key := d.contract.Dataset.Key
	if len(key) != 2 || !slices.Contains(key, t.Key) || !slices.Contains(key, t.AsOf) {
		m.file.Add(n, "%s: the key of %s is %v: expected %s and %s, since a table without dates holds what was known last", what, n.Text, key, t.Key, t.AsOf)
		return nil
	}
	if at := d.contract.Dataset.Field(t.AsOf); at != nil && at.Kind != gold.Date {
		m.file.Add(n, "%s: %s.%s is %s, expected a date", what, n.Text, t.AsOf, at.Kind.WithArticle())
		return nil
	}
	return d
}

// label reads a label. Its dataset is none of the features'.
func (m *loaded) label(e yaml.Entry, what string, t *gold.TrainingSet, l *linker) {
	f, label := m.file, gold.TrainingLabel{}
	label.Name, _ = f.Identifier(e.Key, what)
	what += ": " + label.Name
	o := f.Object(e.Value, what)
	if at := o.Need("dataset"); at != nil {
		if d := m.snapshot(at, what+": dataset", t, l); d != nil {
			label.Dataset = at.Text
			if slices.Contains(t.Features, at.Text) {
				f.Add(at, "%s: dataset: %s is among the features, which would tell the label", what, at.Text)
			}
			if field := o.Need("field"); field != nil {
				label.Field = field.Text
				d.findField(f, field, what+": field", field.Text)
			}
		}
	}
	o.Take("field")
	label.Source = neededText(f, o, "source", what)
	o.Done()
	t.Labels = append(t.Labels, label)
}
