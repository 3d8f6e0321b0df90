package dashboard

import (
	"regexp"
	"slices"

	"goldserve/gold"
)

// mostChoices is how many values of a closed list are chosen from and ranked without a search.
const mostChoices = 20

// identifying matches names of fields that tell single things apart, such as invoices, rather than kinds of things.
var identifying = regexp.MustCompile(`(?i)(^|_)(id|ids|uuid|guid|key|sk|pk|fk|no|num|number|nr|numero|ref|reference)(_|$)|[a-z](Id|ID|Uuid|UUID|No|Nr|Num|Number)$`)

// dimensions returns the texts that tell facts apart, its own before looked-up ones: neither times nor names of single
// rows, nor what has one value only.
func (d *deriving) dimensions() []*gold.Field {
	var fields []*gold.Field
	for i := range d.facts.Fields {
		if f := &d.facts.Fields[i]; !slices.Equal(d.facts.Key, []string{f.Name}) && d.tellsApart(d.facts, f) {
			fields = append(fields, f)
		}
	}
	for _, lookup := range d.facts.Lookups {
		dimension := d.model.Dataset(lookup.Dataset)
		if dimension == nil {
			continue
		}
		for _, name := range lookup.Fields {
			if f := dimension.Field(name); f != nil && d.tellsApart(dimension, f) {
				fields = append(fields, f)
			}
		}
	}
	return fields
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
	if list := valid(of, f); len(list) > 0 {
		return len(list) > 1 || f.Nullable
	}
	unique := func(r gold.Rule) bool { return r.Metric == "duplicateValues" && r.Field == f.Name }
	if slices.ContainsFunc(of.Rules, unique) || identifying.MatchString(f.Name) {
		return false
	}
	return d.seen == nil || d.seen(of.Name, f.Name)
}

// few reports whether all values of a dimension fit on a page.
func (d *deriving) few(f *gold.Field) bool {
	if !f.Search {
		return true
	}
	of, _ := d.find(f.Name)
	list := valid(of, f)
	return len(list) > 0 && len(list) <= mostChoices
}

// find returns a field by which facts are grouped, their own or looked up, and its dataset.
func (d *deriving) find(name string) (of *gold.Dataset, f *gold.Field) {
	if f := d.facts.Field(name); f != nil {
		return d.facts, f
	}
	for _, lookup := range d.facts.Lookups {
		if of := d.model.Dataset(lookup.Dataset); of != nil && slices.Contains(lookup.Fields, name) {
			return of, of.Field(name)
		}
	}
	return nil, nil
}

// valid returns the values that a rule expects of a field, be it a warning; nil: there is none.
func valid(of *gold.Dataset, f *gold.Field) []string {
	at := slices.IndexFunc(of.Rules, func(r gold.Rule) bool { return r.Field == f.Name && len(r.Valid) > 0 })
	if at < 0 {
		return nil
	}
	return of.Rules[at].Valid
}
