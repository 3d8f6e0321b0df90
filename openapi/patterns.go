package openapi

import (
	"regexp"
	"slices"
	"strings"

	"goldserve/gold"
)

// keyPattern is the pattern of a key of several fields.
func keyPattern(fields []gold.Field) string {
	items := make([]string, len(fields))
	for i, f := range fields {
		switch {
		case f.Kind == gold.Int:
			items[i] = integer
		case f.Kind.Numeric():
			items[i] = number
		default:
			items[i] = strings.TrimSuffix(strings.TrimPrefix(listItem, "^"), "$")
		}
	}
	return "^" + strings.Join(items, ",") + "$"
}

// alternatives is a pattern of names.
func alternatives(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = regexp.QuoteMeta(name)
	}
	return "(" + strings.Join(out, "|") + ")"
}

// columnName is what may stand before a group or measure to name its column.
const columnName = `([A-Za-z][A-Za-z0-9_]{0,62}:)?`

const (
	integer = `-?(0|[1-9][0-9]{0,17})`
	number  = `-?(0|[1-9][0-9]*)(\.[0-9]+)?`
)

// listOf is the pattern of terms separated by commas, each of which may be named.
func listOf(terms []string) string {
	term := columnName + "(" + strings.Join(terms, "|") + ")"
	return "^" + term + "(," + term + ")*$"
}

// groupPattern is the pattern of group_by.
func (d *Dataset) groupPattern() string {
	var all, dates, times, numbers []string
	for _, name := range d.Groups {
		all = append(all, name)
		switch kind := d.kind(name); {
		case kind == gold.Date:
			dates = append(dates, name)
		case kind == gold.Time:
			times = append(times, name)
		case kind.Measurable():
			numbers = append(numbers, name)
		}
	}
	terms := []string{alternatives(all)}
	if both := slices.Concat(dates, times); len(both) > 0 {
		terms = append(terms, alternatives(both)+`\.age\(`+alternatives(both)+`,(`+strings.Join(gold.AgeUnits, "|")+`|[1-9][0-9]{0,3}d)\)`)
	}
	for kind, names := range map[gold.Kind][]string{gold.Date: dates, gold.Time: times} {
		if len(names) > 0 {
			terms = append(terms, alternatives(names)+`\.`+d.grains(kind))
		}
	}
	slices.Sort(terms[1:])
	if len(numbers) > 0 {
		terms = append(terms, alternatives(numbers)+`\.bins\(`+number+`(,`+number+`)*\)`)
	}
	return listOf(terms)
}

// grains is a pattern of the grains of a kind.
func (d *Dataset) grains(k gold.Kind) string { return alternatives(d.Calendar.GrainNames(k)) }

// kind returns the kind of a field to group by: the dataset's, or a looked-up one.
func (d *Dataset) kind(name string) gold.Kind {
	if f := d.Field(name); f != nil {
		return f.Kind
	}
	for _, f := range d.LookedUp {
		if f.Name == name {
			return f.Field.Kind
		}
	}
	return gold.Null
}

// condition is the pattern of a measure's condition, which stands alone or, as ofSome, behind the measure's field.
const (
	condition = `where ([^']|'[^']*')+`
	ofSome    = `( ` + condition + `)?`
)

// measurePattern is the pattern of measures.
func (d *Dataset) measurePattern() string {
	var all, numbers []string
	terms := []string{`count\((` + condition + `)?\)`}
	for _, f := range d.Fields {
		if f.Mask != gold.MaskNone {
			continue
		}
		all = append(all, f.Name)
		if f.Kind.Measurable() {
			numbers = append(numbers, f.Name)
		}
	}
	if len(all) > 0 {
		terms = append(terms, `(count_distinct|min|max)\(`+alternatives(all)+ofSome+`\)`, `(first|last)\(`+alternatives(all)+`(, ?`+alternatives(all)+`)*`+ofSome+`\)`)
	}
	if len(numbers) > 0 {
		terms = append(terms, `(sum|avg|median)\(`+alternatives(numbers)+ofSome+`\)`, `quantile\(`+alternatives(numbers)+`, ?(0(\.[0-9]+)?|1)`+ofSome+`\)`)
	}
	if len(d.Measured) > 0 {
		terms = append(terms, alternatives(d.Measured))
	}
	return listOf(terms)
}

// additivePattern is the pattern of one measure whose parts add up.
func (d *Dataset) additivePattern() string {
	terms := []string{`count\((` + condition + `)?\)`}
	var numbers, metrics []string
	for _, f := range d.Fields {
		if f.Mask == gold.MaskNone && f.Kind.Measurable() {
			numbers = append(numbers, f.Name)
		}
	}
	for _, name := range d.Measured {
		if m := d.Metric(name).Measure; m != nil && (m.Func == gold.Sum || m.Func == gold.Count) {
			metrics = append(metrics, name)
		}
	}
	if len(numbers) > 0 {
		terms = append(terms, `sum\(`+alternatives(numbers)+ofSome+`\)`)
	}
	if len(metrics) > 0 {
		terms = append(terms, alternatives(metrics))
	}
	return "^" + columnName + "(" + strings.Join(terms, "|") + ")$"
}
