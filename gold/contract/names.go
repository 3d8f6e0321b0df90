package contract

import (
	"regexp"
	"slices"
	"strings"

	"goldserve/gold"
)

// identifierPattern is of the names of models, datasets, fields, collections and metrics.
var identifierPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// fixedRoutes are the first segments of URLs that the API keeps for itself.
var fixedRoutes = []string{
	"dashboard", "datasets", "docs", "events", "health", "index", "kpis", "livez", "m", "metrics", "openapi", "problems", "readyz", "redoc", "releases", "swagger", "ui", "version",
}

// statusCollection is the name that the stores keep for the table that answers "as of when?".
const statusCollection = "gold_release"

// identifier reads a name: a letter, then letters, digits and single underscores.
func (f *file) identifier(n *node, what string) (string, bool) {
	text, ok := f.text(n, what)
	if !ok {
		return "", false
	}
	if !identifierPattern.MatchString(text) || strings.Contains(text, "__") {
		f.add(n, "%s: %s can't be a name: expected a letter, then at most 62 letters, digits and single underscores", what, quote(text))
		return "", false
	}
	return text, true
}

// routeName is identifier for a name that is part of URLs.
func (f *file) routeName(n *node, what, name string) {
	if slices.Contains(fixedRoutes, strings.ToLower(name)) {
		f.add(n, "%s: /%s is a route of the API: take another name", what, strings.ToLower(name))
	}
}

// endpointOf reads an endpoint: a slash and a name.
func (d *draft) endpointOf(n *node) string {
	text, ok := d.text(n, "goldserve: endpoint")
	if !ok {
		return ""
	}
	name, slash := strings.CutPrefix(text, "/")
	if !slash || !identifierPattern.MatchString(name) || strings.Contains(name, "__") {
		d.add(n, "goldserve: endpoint: expected a slash and one name, such as /orders, found %s", quote(text))
		return ""
	}
	d.routeName(n, "goldserve: endpoint", name)
	return text
}

// collectionOf reads the dataset's name in the BI database.
func (d *draft) collectionOf(n *node) string {
	name, ok := d.identifier(n, "goldserve: collection")
	if !ok {
		return ""
	}
	// SQLite keeps sqlite_, MongoDB system.
	if lower := strings.ToLower(name); lower == statusCollection || strings.HasPrefix(lower, "sqlite_") || lower == "system" {
		d.add(n, "goldserve: collection: %s is kept by the stores: take another name", name)
		return ""
	}
	return name
}

// findField returns the stored field of d that a node of f names, or nil and a problem. what is where it is named.
func (f *file) findField(d *draft, n *node, what, name string) *gold.Field {
	if field := d.contract.Dataset.Field(name); field != nil {
		return field
	}
	if d.hides(name) {
		f.addHidden(d, n, what, name)
		return nil
	}
	f.addNear(n, name, d.contract.Dataset.FieldNames(), "%s: %s has no field %s", what, d.contract.Dataset.Name, quote(name))
	return nil
}

// findOpenField is findField for uses that a mask forbids.
func (f *file) findOpenField(d *draft, n *node, what, name string) *gold.Field {
	field := f.findField(d, n, what, name)
	if field != nil && field.Mask != gold.MaskNone {
		f.addHidden(d, n, what, name)
		return nil
	}
	return field
}

// hiding is what became of a masked or dropped field.
type hiding struct {
	reason string
	by     *fieldOverlay // that did it; nil: the contract's own mask
}

// hides reports whether a field of the draft is masked or dropped.
func (d *draft) hides(name string) bool { return d.hidden[name].reason != "" }

// addHidden reports that a node of f names a masked or dropped field of d. What an overlay hid is the overlay's
// problem: its contract was right without it.
func (f *file) addHidden(d *draft, n *node, what, name string) {
	h := d.hidden[name]
	if h.by == nil {
		f.add(n, "%s: %s %s", what, name, h.reason)
		return
	}
	d.overlay.add(h.by.mask, "mask: %s %s, and %s:%d:%d needs it (%s)", h.by.name.text, h.reason, f.name, n.line, n.column, what)
}

// field and openField are the same for fields of the draft's own dataset.
func (d *draft) field(n *node, what, name string) *gold.Field {
	return d.findField(d, n, what, name)
}

func (d *draft) openField(n *node, what, name string) *gold.Field {
	return d.findOpenField(d, n, what, name)
}

// aKind names a kind with its article.
func aKind(k gold.Kind) string {
	if k == gold.Int {
		return "an int"
	}
	return "a " + k.String()
}

func numeric(k gold.Kind) bool { return k == gold.Int || k == gold.Double || k == gold.Decimal }

func temporal(k gold.Kind) bool { return k == gold.Date || k == gold.Time }
