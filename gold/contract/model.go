package contract

import (
	"io/fs"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// compile reads model.yaml. The contracts are linked by now.
func (m *loaded) compile(root *yaml.Node, l *linker) {
	f := m.file
	o := f.Object(root, "model")
	if m.name = o.Need("name"); m.name != nil {
		m.Name, _ = f.Identifier(m.name, "model: name")
	}
	if n := o.Need("title"); n != nil {
		m.Title = f.Labels(n, "model: title")
	}
	m.Description = described("en", o.Text("description"))
	if text := o.Text("descriptionFr"); text != "" {
		m.Description = merge(m.Description, "fr", text)
	}
	if n := o.Take("locale"); n != nil {
		m.Locale = localeOf(f, n, "model: locale")
	}
	for _, key := range calendarKeys {
		o.Take(key) // the calendar is read before the contracts are linked
	}
	m.refer(root, o, l)
	if n := o.Take("biDatabase"); n != nil {
		m.BIDatabase, _ = f.Identifier(n, "model: biDatabase")
	}
	if n := o.Take("ready"); n != nil {
		m.Ready = m.ready(n)
	}
	if n := o.Take("settle"); n != nil {
		m.Settle = m.settle(n)
	}
	if n := o.Take("build"); n != nil {
		m.Build = m.build(n)
	}
	if n := o.Take("stream"); n != nil {
		m.Stream = m.stream(n)
	}
	o.Done()
}

// refer reads the keys that name what is in the contracts, which nobody can check while there are none.
func (m *loaded) refer(root *yaml.Node, o *yaml.Object, l *linker) {
	asOf, facts, kpis, pack, training, targets, tracked := o.Take("asOf"), o.Take("facts"), o.Take("kpis"), o.Take("pack"), o.Take("trainingSet"), o.Take("targets"), o.Take("mlflow")
	if m.bare {
		return
	}
	if training != nil {
		m.TrainingSet = m.trainingSet(training, l)
	}
	if targets != nil {
		m.Targets = m.targets(targets, l)
	}
	if tracked != nil {
		m.Tracked = m.tracked(tracked, l)
	}
	if asOf != nil {
		m.AsOf = m.asOf(asOf, l)
	}
	if facts != nil {
		if d := m.dataset(facts, "model: facts", l); d != nil {
			m.Facts = d.contract.Dataset.Name
		}
	}
	if pack != nil {
		m.pack(pack, l)
	}
	if kpis != nil {
		m.kpis(kpis, l)
		if root.Value("facts") == nil {
			m.file.Add(kpis, "model: kpis need facts: the dataset that they require")
		}
	}
}

// ready reads which file of the lake says that its writer is done.
func (m *loaded) ready(n *yaml.Node) string {
	o := m.file.Object(n, "model: ready")
	at := o.Need("file")
	o.Done()
	if at == nil {
		return ""
	}
	name, ok := m.file.Text(at, "model: ready: file")
	if ok && !fs.ValidPath(name) || name == "." {
		m.file.Add(at, "model: ready: file: expected a path in the lake, such as _COMMITTED, found %s", yaml.Quote(name))
	}
	return name
}

// The bounds of settle: no clock of a file system is finer than the one, and nobody waits longer than the other.
const (
	minSettle = time.Second
	maxSettle = time.Hour
)

func (m *loaded) settle(n *yaml.Node) time.Duration {
	text, ok := m.file.Text(n, "model: settle")
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < minSettle || d > maxSettle {
		m.file.Add(n, "model: settle: expected a time between 1s and 1h, such as 30s, found %s", yaml.Quote(text))
		return 0
	}
	return d
}

func (m *loaded) dataset(n *yaml.Node, what string, l *linker) *draft {
	name, ok := m.file.Text(n, what)
	if !ok {
		return nil
	}
	return l.findName(m.file, n, what, name)
}

// asOf reads dataset.field of a date or timestamp.
func (m *loaded) asOf(n *yaml.Node, l *linker) gold.FieldRef {
	text, ok := m.file.Text(n, "model: asOf")
	if !ok {
		return gold.FieldRef{}
	}
	dataset, name, dotted := strings.Cut(text, ".")
	if !dotted {
		m.file.Add(n, "model: asOf: expected dataset.field, found %s", yaml.Quote(text))
		return gold.FieldRef{}
	}
	d := l.findName(m.file, n, "model: asOf", dataset)
	if d == nil {
		return gold.FieldRef{}
	}
	f := d.findOpenField(m.file, n, "model: asOf", name)
	if f == nil {
		return gold.FieldRef{}
	}
	if !f.Kind.Temporal() && f.Kind != gold.Null {
		m.file.Add(n, "model: asOf: %s is %s, expected a date or timestamp", text, f.Kind.WithArticle())
		return gold.FieldRef{}
	}
	return gold.FieldRef{Dataset: dataset, Field: name}
}

// kpis reads the names of the metrics of /kpis.
func (m *loaded) kpis(n *yaml.Node, l *linker) {
	var names []string
	for _, d := range l.drafts {
		for _, metric := range d.contract.Dataset.Metrics {
			names = append(names, metric.Name)
		}
	}
	for _, item := range m.file.Words(n, "model: kpis") {
		switch {
		case !slices.Contains(names, item.Text):
			m.file.AddNear(item, item.Text, names, "model: kpis: no dataset has a metric %s", yaml.Quote(item.Text))
		case slices.Contains(m.KPIs, item.Text):
			m.file.Add(item, "model: kpis: %s is repeated", item.Text)
		default:
			m.KPIs = append(m.KPIs, item.Text)
		}
	}
}
