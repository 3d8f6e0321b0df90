package contract

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// formats are the formats of values, and the kinds that they fit. A text with the format of a period holds such
// periods: day is the same as date.
var formats = map[string][]gold.Kind{
	"money":    {gold.Int, gold.Double, gold.Decimal, gold.WideDecimal},
	"number":   {gold.Int, gold.Double, gold.Decimal, gold.WideDecimal},
	"integer":  {gold.Int, gold.Double, gold.Decimal, gold.WideDecimal},
	"percent":  {gold.Double, gold.Decimal, gold.WideDecimal},
	"date":     {gold.Text, gold.Date, gold.Time},
	"day":      {gold.Text, gold.Date, gold.Time},
	"datetime": {gold.Time},
	"week":     {gold.Text},
	"month":    {gold.Text, gold.Date, gold.Time},
	"quarter":  {gold.Text},
	"year":     {gold.Text},
	"text":     {gold.Text, gold.Duration},
}

var formatNames = slices.Sorted(maps.Keys(formats))

// maxUnit is the longest unit, in bytes.
const maxUnit = 20

// describe takes the keys of every doc: label and descriptionFr.
func describe(o *yaml.Object, doc *gold.Doc) {
	if n := o.Take("label"); n != nil {
		doc.Label = o.File.Labels(n, o.What+": label")
	}
	if text := o.Text("descriptionFr"); text != "" {
		if doc.Description == nil {
			doc.Description = map[string]string{}
		}
		doc.Description["fr"] = text
	}
}

// labelByName makes the label of what has none of its name. The language is the one that every reader falls back to.
func labelByName(doc *gold.Doc, name string) {
	if len(doc.Label) == 0 && name != "" {
		doc.Label = described("en", LabelOf(name))
	}
}

// LabelOf makes a label of a name: its words apart, with the first letter raised and the capitals that it has itself, which mean
// something in many a language. order_date is "Order date", and orderDate and Order_Date are "Order Date".
func LabelOf(name string) string {
	apart := acronymBoundary.ReplaceAllString(wordBoundary.ReplaceAllString(name, "$1 $2"), "$1 $2")
	label := strings.Join(strings.Fields(strings.ReplaceAll(apart, "_", " ")), " ")
	first, size := utf8.DecodeRuneInString(label)
	if size == 0 {
		return name
	}
	return string(unicode.ToUpper(first)) + label[size:]
}

// The places in a name between two words that no underscore divides: order|Date, and URL|Count.
var (
	wordBoundary    = regexp.MustCompile(`(\p{Ll})(\p{Lu})`)
	acronymBoundary = regexp.MustCompile(`([\p{Lu}0-9])(\p{Lu}\p{Ll})`)
)

// fits reports whether values of a kind can have a format.
func fits(format string, k gold.Kind) bool {
	return k == gold.Null || slices.Contains(formats[format], k)
}

// fitsField is fits of a field: exact numbers as text are text in JSON, for readers that know doubles alone.
func fitsField(format string, k gold.Kind) bool {
	return fits(format, k) || format == "text" && (k == gold.Int || k.Exact())
}

// unitAndFormat takes the keys that say how a value of kind k is shown. A unit is a text, or names the field that holds it.
func unitAndFormat(o *yaml.Object, doc *gold.Doc, k gold.Kind, fits func(format string, k gold.Kind) bool) {
	if n := o.Take("unit"); n != nil && n.Kind == yaml.Map {
		unit := o.File.Object(n, o.What+": unit")
		if field := unit.Need("field"); field != nil {
			doc.UnitField, _ = o.File.Text(field, unit.What+": field")
		}
		unit.Done()
	} else if n != nil {
		text, ok := o.File.Text(n, o.What+": unit")
		if ok && (text == "" || len(text) > maxUnit) {
			o.File.Add(n, "%s: unit: expected 1 to %d bytes, such as EUR or days", o.What, maxUnit)
		}
		doc.Unit = text
	}
	if n := o.Take("format"); n != nil {
		format, ok := o.File.Word(n, o.What+": format", formatNames)
		if ok && !fits(format, k) {
			o.File.Add(n, "%s: format %s is not for %s", o.What, format, k.WithArticle())
		}
		if doc.Format = format; format == "day" {
			doc.Format = "date"
		}
	}
}

// settings reads a property's goldserve settings; nil for none. A PII field without them is dropped.
func (p *property) settings(n *yaml.Node, what string) {
	if n == nil {
		n = &yaml.Node{Kind: yaml.Map, Line: p.at.Line, Column: p.at.Column}
	}
	o := p.Object(n, what+": goldserve")
	describe(o, &p.field.Doc)
	if text := o.Text("transformDescriptionFr"); text != "" {
		p.field.Doc.Transform = merge(p.field.Doc.Transform, "fr", text)
	}
	labelByName(&p.field.Doc, p.field.Name)
	unitAndFormat(o, &p.field.Doc, p.field.Kind, fitsField)
	if values := o.Take("values"); values != nil {
		p.valueLabels(values)
	}
	p.mask(o.Take("mask"))
	if c := o.Take("cast"); c != nil {
		p.cast(c, what)
	}
	o.Done()
}

// maskNames are the masks in contracts and overrides.
var maskNames = []string{"drop", "null", "initials", "first_letter", "hmac", "sha256_truncated", "clear"}

// ofText reports whether a mask is for text alone.
func ofText(mask string) bool {
	return mask == "initials" || mask == "first_letter" || mask == "hmac" || mask == "sha256_truncated"
}

// maskWord reads a mask.
func maskWord(f *yaml.File, n *yaml.Node, what string) (string, bool) {
	if n.IsNull() {
		f.Add(n, "%s: expected one of %s, found nothing: put null in quotes", what, strings.Join(maskNames, ", "))
		return "", false
	}
	return f.Word(n, what, maskNames)
}

// mask decides how a PII field is masked: dropped, unless the contract or, with precedence, an override says otherwise.
func (p *property) mask(n *yaml.Node) {
	mask := "clear"
	if p.field.PII {
		mask = "drop"
	}
	what := "property " + p.field.Name + ": mask"
	if n != nil {
		if word, ok := maskWord(p.File, n, what); ok && p.fits(p.File, n, what, word) {
			mask = word
		}
	}
	var hidden hiding
	over := p.overlay.field(p.contract.Dataset.Name, p.field.Name)
	if over != nil && over.word != "" && p.fits(p.overlay.File, over.mask, over.name.Text+": mask", over.word) {
		mask, hidden.by = over.word, over
	}
	f := &p.field
	switch mask {
	case "drop":
		p.drop = true
		hidden.reason = "is dropped before it is stored (classification pii, mask drop)"
	case "null":
		f.Mask, f.Nullable = gold.MaskNull, true
	case "initials":
		f.Mask = gold.MaskInitials
	case "first_letter":
		f.Mask = gold.MaskFirstLetter
	case "hmac":
		f.Mask = gold.MaskHMAC
	case "sha256_truncated":
		f.Mask = gold.MaskSHA256
	default:
		return
	}
	if f.Mask != gold.MaskNone {
		hidden.reason = "is masked (" + mask + "): it can't be filtered, sorted, looked up, indexed, measured or part of a key"
	}
	p.hidden[f.Name] = hidden
}

// fits reports whether a mask can be applied to the property, and reports a problem at a node of f if not.
func (p *property) fits(f *yaml.File, n *yaml.Node, what, mask string) bool {
	switch {
	case !p.field.PII:
		f.Add(n, "%s is for personal data: its contract must say classification: pii as well", what)
	case ofText(mask) && p.field.Kind != gold.Text && p.field.Kind != gold.Null:
		f.Add(n, "%s %s is for text, not for %s", what, mask, p.field.Kind.WithArticle())
	default:
		return true
	}
	return false
}

// valueLabels reads labels of values: a map from value to labels by language.
func (p *property) valueLabels(n *yaml.Node) {
	what := "property " + p.field.Name + ": values"
	if n.Kind != yaml.Map {
		p.Add(n, "%s: expected a map from value to labels, found %s", what, n.What())
		return
	}
	valid := p.validValues()
	for _, e := range p.Pairs(n, what) {
		text, ok := p.valueText(e.Key, what)
		if !ok {
			continue
		}
		if len(valid) > 0 && !slices.Contains(valid, text) {
			p.AddNear(e.Key, text, valid, "%s: %s is none of the valid values", what, yaml.Quote(text))
		}
		for language, label := range p.Labels(e.Value, what) {
			p.labelValue(text, language, label)
		}
	}
}

// validValues returns the values that the property's rules allow, nil if all are allowed.
func (p *property) validValues() []string {
	for _, r := range p.rules {
		if len(r.Valid) > 0 {
			return r.Valid
		}
	}
	return nil
}

func (p *property) labelValue(value, language, label string) {
	doc := &p.field.Doc
	if doc.Values == nil {
		doc.Values = map[string]map[string]string{}
	}
	if doc.Values[value] == nil {
		doc.Values[value] = map[string]string{}
	}
	doc.Values[value][language] = label
}
