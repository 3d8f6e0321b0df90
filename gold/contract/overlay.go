package contract

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"goldserve/gold"
)

// Overlays is what an installation lays over models without touching their files: the map under the key models of
// its configuration file. The zero value lays nothing over any.
type Overlays struct {
	File string // the file's name, for messages
	Text []byte // its YAML; keys other than models are not looked at
}

// overlays are those of one file, by model.
type overlays struct {
	*file
	models []*overlay
}

// overlay is laid over one model. A nil overlay changes nothing.
type overlay struct {
	*file
	model        *node
	currency     *node // nil: none
	currencyCode string
	locale       string // "": the model's own
	fields       []fieldOverlay
}

// fieldOverlay is laid over one field.
type fieldOverlay struct {
	name *node // dataset.field
	mask *node
	word string // of the mask
}

// read reads the overlays and reports what is wrong with them by themselves.
func (o Overlays) read(r *report) *overlays {
	all := &overlays{file: &file{name: o.File, report: r}}
	if len(o.Text) == 0 {
		return all
	}
	r.overlays = o.File
	root := all.parseYAML(o.Text)
	if root == nil {
		return all
	}
	models := mapValue(root, "models")
	if models == nil {
		return all
	}
	for _, e := range all.pairs(models, "models") {
		all.models = append(all.models, all.overlay(e))
	}
	return all
}

// overlay reads what is laid over one model.
func (f *file) overlay(e entry) *overlay {
	what := "models: " + e.key.text
	over := &overlay{file: f, model: e.key}
	o := f.object(e.value, what)
	if over.currency = o.take("currency"); over.currency != nil {
		over.currencyCode = f.currency(over.currency, what+": currency")
	}
	if n := o.take("locale"); n != nil {
		over.locale = f.locale(n, what+": locale")
	}
	if n := o.take("fields"); n != nil {
		for _, field := range f.pairs(n, what+": fields") {
			what := what + ": fields: " + field.key.text
			o := f.object(field.value, what)
			laid := fieldOverlay{name: field.key}
			if laid.mask = o.need("mask"); laid.mask != nil {
				laid.word, _ = f.maskWord(laid.mask, what+": mask")
			}
			o.done()
			over.fields = append(over.fields, laid)
		}
	}
	o.done()
	return over
}

// currencyPattern is of the codes of ISO 4217. The list itself changes too often to be held here.
var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

func (f *file) currency(n *node, what string) string {
	text, ok := f.text(n, what)
	if ok && !currencyPattern.MatchString(text) {
		f.add(n, "%s: expected a code of three capital letters such as GBP, found %s", what, quote(text))
		return ""
	}
	return text
}

// locale reads a language tag of BCP 47 and returns its canonical form.
func (f *file) locale(n *node, what string) string {
	text, ok := f.text(n, what)
	if !ok {
		return ""
	}
	tag, err := language.Parse(text)
	if err != nil || text == "" {
		f.add(n, "%s: expected a language tag such as en-GB, found %s", what, quote(text))
		return ""
	}
	return tag.String()
}

// of returns what is laid over a model, nil for nothing.
func (o *overlays) of(model string) *overlay {
	for _, over := range o.models {
		if over.model.text == model {
			return over
		}
	}
	return nil
}

// check reports overlays of models that are not there. Where a model's own name can't be read, nobody knows.
func (o *overlays) check(models []string) {
	if slices.Contains(models, "") {
		return
	}
	for _, over := range o.models {
		if name := over.model.text; !slices.Contains(models, name) {
			o.addNear(over.model, name, models, "models: there is no model %s", quote(name))
		}
	}
}

// field returns what is laid over a field, nil for nothing.
func (o *overlay) field(dataset, name string) *fieldOverlay {
	if o == nil {
		return nil
	}
	for i := range o.fields {
		if o.fields[i].name.text == dataset+"."+name {
			return &o.fields[i]
		}
	}
	return nil
}

// lay lays over the model what needs no place in its contracts, and reports fields that are not there. The contracts
// are linked by now; masks were laid over their fields when these were read.
func (o *overlay) lay(m *loaded, l *linker) {
	if o == nil {
		return
	}
	if o.locale != "" {
		m.Locale = o.locale
	}
	if o.currencyCode != "" && !setCurrency(l.drafts, o.currencyCode) {
		o.add(o.currency, "models: %s: currency: no field or metric of the model has format: money", o.model.text)
	}
	what := "models: " + o.model.text + ": fields"
	for _, f := range o.fields {
		dataset, name, dotted := strings.Cut(f.name.text, ".")
		if !dotted {
			o.add(f.name, "%s: expected dataset.field, found %s", what, quote(f.name.text))
			continue
		}
		if d := l.findName(o.file, f.name, what, dataset); d != nil && d.fields[name] == nil {
			o.addNear(f.name, name, slices.Sorted(maps.Keys(d.fields)), "%s: %s has no field %s", what, dataset, quote(name))
		}
	}
}

// setCurrency makes a currency the unit of all money of the model, and reports whether there is any.
func setCurrency(drafts []*draft, code string) bool {
	found := false
	set := func(doc *gold.Doc) {
		if doc.Format == "money" {
			doc.Unit, found = code, true
		}
	}
	for _, d := range drafts {
		for i := range d.contract.Dataset.Fields {
			set(&d.contract.Dataset.Fields[i].Doc)
		}
		for i := range d.contract.Dropped {
			set(&d.contract.Dropped[i].Doc)
		}
		for i := range d.contract.Dataset.Metrics {
			set(&d.contract.Dataset.Metrics[i].Doc)
		}
	}
	return found
}
