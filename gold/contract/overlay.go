package contract

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// Overlays are an installation's overrides for models, which leave the models' files unchanged: the map under the key
// models of its configuration file. The zero value overrides nothing.
type Overlays struct {
	File string // the file's name, for messages
	Text []byte // its YAML; keys other than models are ignored
}

// overlays are the overrides of one file, by model.
type overlays struct {
	*yaml.File
	models []*overlay
}

// overlay has the overrides for one model. A nil overlay changes nothing.
type overlay struct {
	*yaml.File
	model        *yaml.Node
	currency     *yaml.Node // nil: none
	currencyCode string
	locale       string // "": the model's own
	fields       []fieldOverlay
}

// fieldOverlay has the overrides for one field.
type fieldOverlay struct {
	name *yaml.Node // dataset.field
	mask *yaml.Node
	word string // of the mask
}

// read reads the overrides and reports mistakes that don't depend on the models.
func (o Overlays) read(r *yaml.Report) *overlays {
	all := &overlays{File: &yaml.File{Name: o.File, Report: r}}
	if len(o.Text) == 0 {
		return all
	}
	root := all.Parse(o.Text)
	if root == nil {
		return all
	}
	models := root.Value("models")
	if models == nil {
		return all
	}
	for _, e := range all.Pairs(models, "models") {
		all.models = append(all.models, readOverlay(all.File, e))
	}
	return all
}

// readOverlay reads what is laid over one model.
func readOverlay(f *yaml.File, e yaml.Entry) *overlay {
	what := "models: " + e.Key.Text
	over := &overlay{File: f, model: e.Key}
	o := f.Object(e.Value, what)
	if over.currency = o.Take("currency"); over.currency != nil {
		over.currencyCode = currencyOf(f, over.currency, what+": currency")
	}
	if n := o.Take("locale"); n != nil {
		over.locale = localeOf(f, n, what+": locale")
	}
	if n := o.Take("fields"); n != nil {
		for _, field := range f.Pairs(n, what+": fields") {
			what := what + ": fields: " + field.Key.Text
			o := f.Object(field.Value, what)
			laid := fieldOverlay{name: field.Key}
			if laid.mask = o.Need("mask"); laid.mask != nil {
				laid.word, _ = maskWord(f, laid.mask, what+": mask")
			}
			o.Done()
			over.fields = append(over.fields, laid)
		}
	}
	o.Done()
	return over
}

// currencyPattern matches the codes of ISO 4217. The list itself changes too often to be copied here.
var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

func currencyOf(f *yaml.File, n *yaml.Node, what string) string {
	text, ok := f.Text(n, what)
	if ok && !currencyPattern.MatchString(text) {
		f.Add(n, "%s: expected a code of three capital letters such as GBP, found %s", what, yaml.Quote(text))
		return ""
	}
	return text
}

// localeOf reads a language tag of BCP 47 and returns its canonical form.
func localeOf(f *yaml.File, n *yaml.Node, what string) string {
	text, ok := f.Text(n, what)
	if !ok {
		return ""
	}
	tag, err := language.Parse(text)
	if err != nil || text == "" {
		f.Add(n, "%s: expected a language tag such as en-GB, found %s", what, yaml.Quote(text))
		return ""
	}
	return tag.String()
}

// of returns the overrides for a model, nil for none.
func (o *overlays) of(model string) *overlay {
	for _, over := range o.models {
		if over.model.Text == model {
			return over
		}
	}
	return nil
}

// check reports overrides for unknown models, unless the name of some model can't be read.
func (o *overlays) check(models []string) {
	if slices.Contains(models, "") {
		return
	}
	for _, over := range o.models {
		if name := over.model.Text; !slices.Contains(models, name) {
			o.AddNear(over.model, name, models, "models: there is no model %s", yaml.Quote(name))
		}
	}
}

// field returns the overrides for a field, nil for none.
func (o *overlay) field(dataset, name string) *fieldOverlay {
	if o == nil {
		return nil
	}
	for i := range o.fields {
		if o.fields[i].name.Text == dataset+"."+name {
			return &o.fields[i]
		}
	}
	return nil
}

// lay applies the overrides that need no position in the contracts, and reports unknown fields. The contracts are
// linked by now; masks were applied when their fields were read.
func (o *overlay) lay(m *loaded, l *linker) {
	if o == nil {
		return
	}
	if o.locale != "" {
		m.Locale = o.locale
	}
	if o.currencyCode != "" && !setCurrency(l.drafts, o.currencyCode) {
		o.Add(o.currency, "models: %s: currency: no field or metric of the model has format: money", o.model.Text)
	}
	what := "models: " + o.model.Text + ": fields"
	for _, f := range o.fields {
		dataset, name, dotted := strings.Cut(f.name.Text, ".")
		if !dotted {
			o.Add(f.name, "%s: expected dataset.field, found %s", what, yaml.Quote(f.name.Text))
			continue
		}
		if d := l.findName(o.File, f.name, what, dataset); d != nil && d.fields[name] == nil {
			o.AddNear(f.name, name, slices.Sorted(maps.Keys(d.fields)), "%s: %s has no field %s", what, dataset, yaml.Quote(name))
		}
	}
}

// setCurrency makes a currency the unit of all money of the model, and reports whether there is any.
func setCurrency(drafts []*draft, code string) bool {
	found := false
	set := func(doc *gold.Doc) {
		if doc.Format == "money" && doc.UnitField == "" {
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
