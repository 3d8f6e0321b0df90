package contract

import (
	"io/fs"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
)

// compile reads model.yaml. The contracts are linked by now.
func (m *loaded) compile(root *node, l *linker) {
	f := m.file
	o := f.object(root, "model")
	if m.name = o.need("name"); m.name != nil {
		m.Name, _ = f.identifier(m.name, "model: name")
	}
	if n := o.need("title"); n != nil {
		m.Title = f.labels(n, "model: title")
	}
	m.Description = described("en", o.text("description"))
	if text := o.text("descriptionFr"); text != "" {
		m.Description = merge(m.Description, "fr", text)
	}
	if n := o.take("locale"); n != nil {
		m.Locale = f.locale(n, "model: locale")
	}
	if n := o.take("asOf"); n != nil {
		m.AsOf = m.asOf(n, l)
	}
	if n := o.take("facts"); n != nil {
		if d := m.dataset(n, "model: facts", l); d != nil {
			m.Facts = d.contract.Dataset.Name
		}
	}
	if n := o.take("kpis"); n != nil {
		m.kpis(n, l)
		if mapValue(root, "facts") == nil {
			f.add(n, "model: kpis need facts: the dataset without which they have nothing to say")
		}
	}
	if n := o.take("ready"); n != nil {
		m.Ready = m.ready(n)
	}
	if n := o.take("settle"); n != nil {
		m.Settle = m.settle(n)
	}
	o.done()
}

// ready reads which file of the lake says that its writer is done.
func (m *loaded) ready(n *node) string {
	o := m.file.object(n, "model: ready")
	at := o.need("file")
	o.done()
	if at == nil {
		return ""
	}
	name, ok := m.file.text(at, "model: ready: file")
	if ok && !fs.ValidPath(name) || name == "." {
		m.file.add(at, "model: ready: file: expected a path in the lake, such as _COMMITTED, found %s", quote(name))
	}
	return name
}

// The bounds of settle: no clock of a file system is finer than the one, and nobody waits longer than the other.
const (
	minSettle = time.Second
	maxSettle = time.Hour
)

func (m *loaded) settle(n *node) time.Duration {
	text, ok := m.file.text(n, "model: settle")
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < minSettle || d > maxSettle {
		m.file.add(n, "model: settle: expected a time between 1s and 1h, such as 30s, found %s", quote(text))
		return 0
	}
	return d
}

func (m *loaded) dataset(n *node, what string, l *linker) *draft {
	name, ok := m.file.text(n, what)
	if !ok {
		return nil
	}
	return l.findName(m.file, n, what, name)
}

// asOf reads dataset.field of a date or timestamp.
func (m *loaded) asOf(n *node, l *linker) gold.FieldRef {
	text, ok := m.file.text(n, "model: asOf")
	if !ok {
		return gold.FieldRef{}
	}
	dataset, name, dotted := strings.Cut(text, ".")
	if !dotted {
		m.file.add(n, "model: asOf: expected dataset.field, found %s", quote(text))
		return gold.FieldRef{}
	}
	d := l.findName(m.file, n, "model: asOf", dataset)
	if d == nil {
		return gold.FieldRef{}
	}
	f := m.file.findOpenField(d, n, "model: asOf", name)
	if f == nil {
		return gold.FieldRef{}
	}
	if !temporal(f.Kind) && f.Kind != gold.Null {
		m.file.add(n, "model: asOf: %s is %s, expected a date or timestamp", text, aKind(f.Kind))
		return gold.FieldRef{}
	}
	return gold.FieldRef{Dataset: dataset, Field: name}
}

// kpis reads the names of the metrics of /kpis.
func (m *loaded) kpis(n *node, l *linker) {
	var names []string
	for _, d := range l.drafts {
		for _, metric := range d.contract.Dataset.Metrics {
			names = append(names, metric.Name)
		}
	}
	for _, item := range m.file.words(n, "model: kpis") {
		switch {
		case !slices.Contains(names, item.text):
			m.file.addNear(item, item.text, names, "model: kpis: no dataset has a metric %s", quote(item.text))
		case slices.Contains(m.KPIs, item.text):
			m.file.add(item, "model: kpis: %s is repeated", item.text)
		default:
			m.KPIs = append(m.KPIs, item.text)
		}
	}
}
