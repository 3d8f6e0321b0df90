package contract

import (
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// fixedRoutes are the reserved first segments of URLs.
var fixedRoutes = []string{
	"dashboard", "datasets", "docs", "events", "health", "index", "kpis", "livez", "m", "metrics", "models", "openapi", "problems", "query", "readyz", "redoc", "releases", "score", "swagger", "ui", "version",
}

// IsRoute reports whether a name is the API's own, without regard to case: no dataset can have it as its endpoint.
func IsRoute(name string) bool { return slices.Contains(fixedRoutes, strings.ToLower(name)) }

// statusCollection is the reserved name of the table that shows the release and its as_of.
const statusCollection = "gold_release"

// maxSegments bounds the segments of an endpoint.
const maxSegments = 8

// endpointOf reads an endpoint: a slash and a name, or several.
func (d *draft) endpointOf(n *yaml.Node) string {
	text, ok := d.Text(n, "goldserve: endpoint")
	if !ok {
		return ""
	}
	path, slash := strings.CutPrefix(text, "/")
	segments := strings.Split(path, "/")
	if !slash || len(segments) > maxSegments || slices.ContainsFunc(segments, func(s string) bool { return !yaml.IsIdentifier(s) }) {
		d.Add(n, "goldserve: endpoint: expected a slash and a name, such as /orders, or up to %d of them, such as /sales/totals, found %s", maxSegments, yaml.Quote(text))
		return ""
	}
	if IsRoute(segments[0]) {
		d.Add(n, "goldserve: endpoint: /%s is a route of the API: choose another name", strings.ToLower(segments[0]))
	}
	return text
}

// IsStoreName reports whether a name is one that the stores reserve, without regard to case: SQLite sqlite_, MongoDB system, and
// both the name of the table that shows the release. No collection can have it.
func IsStoreName(name string) bool {
	lower := strings.ToLower(name)
	return lower == statusCollection || strings.HasPrefix(lower, "sqlite_") || lower == "system"
}

// noCollection is the collection of a dataset that the BI database doesn't show.
const noCollection = "none"

// collectionOf reads the dataset's name in the BI database, "" for none. A dataset without the setting is called there by
// its own name; a derived one without endpoint, which others are computed from, isn't shown.
func (d *draft) collectionOf(n *yaml.Node) string {
	if n == nil {
		if d.derive != nil && d.endpoint == nil {
			return ""
		}
		name := d.contract.Dataset.Name
		if IsStoreName(name) {
			d.Add(d.name, "schema: name: the collection %s, named after the dataset, is reserved by the stores: give it another one under collection, or none", name)
			return ""
		}
		return name
	}
	name, ok := d.Identifier(n, "goldserve: collection")
	if !ok || name == noCollection {
		return ""
	}
	if IsStoreName(name) {
		d.Add(n, "goldserve: collection: %s is reserved by the stores: choose another name", name)
		return ""
	}
	return name
}

// findField returns the stored field of d that a node of f names, or nil after reporting a problem. what names the
// place.
func (d *draft) findField(f *yaml.File, n *yaml.Node, what, name string) *gold.Field {
	if field := d.contract.Dataset.Field(name); field != nil {
		return field
	}
	if d.hides(name) {
		d.addHidden(f, n, what, name)
		return nil
	}
	f.AddNear(n, name, d.contract.Dataset.FieldNames(), "%s: %s has no field %s", what, d.contract.Dataset.Name, yaml.Quote(name))
	return nil
}

// findOpenField is findField for uses that a mask forbids.
func (d *draft) findOpenField(f *yaml.File, n *yaml.Node, what, name string) *gold.Field {
	field := d.findField(f, n, what, name)
	if field != nil && field.Mask != gold.MaskNone {
		d.addHidden(f, n, what, name)
		return nil
	}
	return field
}

// findWideField is findOpenField where a field that d looks up would do too, which this name isn't.
func (d *draft) findWideField(f *yaml.File, n *yaml.Node, what, name string) *gold.Field {
	set := &d.contract.Dataset
	if set.Field(name) != nil || d.hides(name) {
		return d.findOpenField(f, n, what, name)
	}
	f.AddNear(n, name, append(set.FieldNames(), lookedUpNames(set)...), "%s: %s has no field %s", what, set.Name, yaml.Quote(name))
	return nil
}

// hiding says why a field is masked or dropped.
type hiding struct {
	reason string
	by     *fieldOverlay // the override that hides it; nil: the contract's own mask
}

// hides reports whether a field of the draft is masked or dropped.
func (d *draft) hides(name string) bool { return d.hidden[name].reason != "" }

// addHidden reports that a node of f refers to a masked or dropped field of d. If an override hides it, the problem is
// the override's: the contract was right without it.
func (d *draft) addHidden(f *yaml.File, n *yaml.Node, what, name string) {
	h := d.hidden[name]
	if h.by == nil {
		f.Add(n, "%s: %s %s", what, name, h.reason)
		return
	}
	d.overlay.Add(h.by.mask, "mask: %s %s, and %s:%d:%d needs it (%s)", h.by.name.Text, h.reason, f.Name, n.Line, n.Column, what)
}

// field and openField are the same for fields of the draft's own dataset.
func (d *draft) field(n *yaml.Node, what, name string) *gold.Field {
	return d.findField(d.File, n, what, name)
}

func (d *draft) openField(n *yaml.Node, what, name string) *gold.Field {
	return d.findOpenField(d.File, n, what, name)
}
