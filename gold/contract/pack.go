package contract

import (
	"path/filepath"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// pack reads how the model's releases are packed.
func (m *loaded) pack(n *yaml.Node, l *linker) {
	f, p := m.file, &gold.PackSettings{}
	o := f.Object(n, "model: pack")
	if at := o.Take("file"); at != nil {
		text, ok := f.Text(at, "model: pack: file")
		if ok && (!filepath.IsLocal(text) || strings.ContainsAny(text, "/\\:") || !strings.HasSuffix(text, ".zip")) {
			f.Add(at, "model: pack: file: expected the name of a file that ends with .zip, found %s", yaml.Quote(text))
		}
		p.File = text
	}
	if at := o.Take("folder"); at != nil {
		p.Folder, _ = f.Identifier(at, "model: pack: folder")
	}
	var d *draft
	if at := o.Take("dataset"); at != nil {
		if d = m.dataset(at, "model: pack: dataset", l); d != nil {
			p.Dataset = d.contract.Dataset.Name
		}
	}
	field := func(key string) string {
		at := o.Take(key)
		if at == nil || !m.packed(at, key, d) {
			return ""
		}
		found := d.findOpenField(f, at, "model: pack: "+key, at.Text)
		if found != nil && !found.Kind.Temporal() && found.Kind != gold.Null {
			f.Add(at, "model: pack: %s: %s is %s, expected a date or timestamp", key, at.Text, found.Kind.WithArticle())
		}
		return at.Text
	}
	p.DateMin, p.DateMax = field("dateMin"), field("dateMax")
	if at := o.Take("checks"); at != nil && m.packed(at, "checks", d) {
		p.Checks = m.packChecks(at, d)
	}
	o.Done()
	m.Pack = p
}

// packed reports whether the dataset that a key is about is known.
func (m *loaded) packed(n *yaml.Node, key string, d *draft) bool {
	if d == nil {
		m.file.Add(n, "model: pack: %s needs dataset: the one that it is about", key)
	}
	return d != nil
}

func (m *loaded) packChecks(n *yaml.Node, d *draft) (checks []string) {
	var ids []string
	for _, r := range slices.Concat(d.contract.Dataset.Rules, d.contract.SourceRules) {
		ids = append(ids, r.ID)
	}
	for _, item := range m.file.Words(n, "model: pack: checks") {
		switch {
		case !slices.Contains(ids, item.Text):
			m.file.AddNear(item, item.Text, ids, "model: pack: checks: %s has no rule with the id %s", d.contract.Dataset.Name, yaml.Quote(item.Text))
		case slices.Contains(checks, item.Text):
			m.file.Add(item, "model: pack: checks: %s is repeated", item.Text)
		default:
			checks = append(checks, item.Text)
		}
	}
	return checks
}
