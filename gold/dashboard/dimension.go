package dashboard

import (
	"cmp"
	"maps"
	"regexp"
	"slices"

	"goldserve/gold"
)

// mostChoices is how many values of a closed list are chosen from and ranked without a search.
const mostChoices = 20

// identifying matches names of fields that tell single things apart, such as invoices, rather than kinds of things.
var identifying = regexp.MustCompile(`(?i)(^|_)(id|ids|uuid|guid|key|sk|pk|fk|no|num|number|nr|numero|ref|reference)(_|$)|[a-z](Id|ID|Uuid|UUID|No|Nr|Num|Number)$`)

// general matches names of fields that say nothing without that of what has them.
var general = regexp.MustCompile(`(?i)^(name|nom|label|libelle|title|type|kind|class|group|category|status|state|code|description)$`)

// dimension is a text that tells facts apart.
type dimension struct {
	name  string // that it has among the facts
	label map[string]string
	of    *gold.Dataset // that has it: the facts, or one in which they look it up
	field *gold.Field
}

// findDimensions finds the texts that tell facts apart, their own before looked-up ones: neither times nor names of single
// rows, nor what has one value only.
func (d *deriving) findDimensions() {
	add := func(name string, title map[string]string, of *gold.Dataset, f *gold.Field) {
		if f == nil || !d.tellsApart(of, f) {
			return
		}
		label := f.Doc.Label
		if len(label) == 0 {
			label = map[string]string{"en": f.Name}
		}
		if len(title) > 0 {
			label = maps.Clone(label)
			for language, text := range label {
				label[language] = text + " (" + cmp.Or(title[language], title["en"], of.Name) + ")"
			}
		}
		d.dimensions = append(d.dimensions, dimension{name, label, of, f})
	}
	for i := range d.facts.Fields {
		if f := &d.facts.Fields[i]; !slices.Equal(d.facts.Key, []string{f.Name}) {
			add(f.Name, nil, d.facts, f)
		}
	}
	for _, f := range d.facts.LookedUp(d.model.Dataset) {
		if of := d.model.Dataset(f.Path[len(f.Path)-1].Dataset); of != nil {
			var title map[string]string
			if by := f.Path[0].Name; by != "" { // it may be looked up by another name too
				title = map[string]string{"en": by}
			} else if general.MatchString(f.Field) {
				title = of.Doc.Label
				if len(title) == 0 {
					title = map[string]string{"en": of.Name}
				}
			}
			add(f.Name, title, of, of.Field(f.Field))
		}
	}
}

// tellsApart reports whether the values of a field are groups worth showing. The contract tells what it can; what it can't,
// the values do where they were seen.
func (d *deriving) tellsApart(of *gold.Dataset, f *gold.Field) bool {
	if f.Kind != gold.Text || f.Mask != gold.MaskNone || len(f.Filters) == 0 {
		return false
	}
	if unit, _ := of.PeriodOf(f); unit != gold.NoPeriod {
		return false
	}
	if list := of.ListedValues(f.Name); len(list) > 0 {
		return len(list) > 1 || f.Nullable
	}
	unique := func(r gold.Rule) bool { return r.Metric == "duplicateValues" && r.Field == f.Name }
	if slices.ContainsFunc(of.Rules, unique) || identifying.MatchString(f.Name) {
		return false
	}
	return d.seen == nil || d.seen(of.Name, f.Name)
}

// few reports whether all values fit on a page.
func (d *dimension) few() bool {
	values := len(d.of.ListedValues(d.field.Name))
	return !d.field.Search || values > 0 && values <= mostChoices
}
