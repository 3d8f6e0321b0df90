package contract

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// streamValue describes how messages become rows of a model.
func streamValue() yaml.Value {
	return yaml.KeysValue(
		yaml.Key{Name: "source", Need: true, Value: yaml.TextValue.As("name of a source"), Doc: "The raw source that each message is a row of: the build's only one, read as JSON lines. Columns that aren't optional are required keys of a message."},
		yaml.Key{Name: "key", Value: yaml.TextValue.As("column"), Default: "messages without a key", Doc: "The source's column that is the key of produced messages: those with the same value stay in order."},
		yaml.Key{Name: "produce", Value: yaml.TextValue.As("name of a silver table"), Default: "a file must be named", Doc: "The table of silver whose file is produced if no file is named; it has the source's columns."},
	)
}

// stream reads how messages become rows. The build is read by now.
func (m *loaded) stream(n *yaml.Node) *gold.Stream {
	f, s := m.file, &gold.Stream{}
	o := f.Object(n, "model: stream")
	at, key, produce := o.Need("source"), o.Take("key"), o.Take("produce")
	o.Done()
	if m.Build == nil {
		f.Add(n, "model: stream needs build: the SQL that makes gold of the messages")
		return nil
	}
	if at != nil {
		s.Source, _ = f.Text(at, "model: stream: source")
	}
	if produce != nil {
		s.Produce, _ = f.Identifier(produce, "model: stream: produce")
	}
	var names []string
	for _, source := range m.Build.Sources {
		names = append(names, source.Name)
	}
	i := slices.Index(names, s.Source)
	switch {
	case s.Source == "":
		return nil
	case i < 0:
		f.AddNear(at, s.Source, names, "model: stream: source: the build has no source %s", yaml.Quote(s.Source))
		return nil
	case len(names) > 1:
		f.Add(at, "model: stream: source: the build has %d sources: gold that is made of messages alone can read no other", len(names))
	}
	source := &m.Build.Sources[i]
	if format := source.Reading.Format; format != "" && format != gold.NDJSON {
		f.Add(at, "model: stream: source: %s is read as %s: messages are landed as JSON lines, which are ndjson", s.Source, format)
	}
	if key == nil {
		return s
	}
	s.Key, _ = f.Text(key, "model: stream: key")
	var columns []string
	for _, c := range source.Columns {
		columns = append(columns, c.Name)
	}
	switch k := slices.Index(columns, s.Key); {
	case k < 0:
		f.AddNear(key, s.Key, columns, "model: stream: key: %s has no column %s", s.Source, yaml.Quote(s.Key))
	case source.Columns[k].Mask != 0:
		f.Add(key, "model: stream: key: %s is masked, and keys are readable by all who read the topic", s.Key)
	}
	return s
}
