package reference

import (
	"fmt"
	"math"
	"strings"

	"goldserve/gold"
)

// maxListed is how many values of a list a page shows.
const maxListed = 20

// rules lists the quality rules. Those of personal data tell none of the values that they compare with.
func (p *page) rules() {
	var rows [][]string
	row := func(r *gold.Rule, hidden bool) {
		of := r.Field
		if of == "" {
			of = strings.Join(r.Fields, ", ")
		}
		about := ""
		if !hidden {
			about = p.about(r)
		}
		rows = append(rows, []string{code(r.ID), code(of), text(strings.TrimSpace(comparison(r) + about)), r.Severity.String(), text(r.Doc)})
	}
	for i := range p.set.Rules {
		r := &p.set.Rules[i]
		f := p.set.Field(r.Field)
		row(r, f != nil && (f.PII || f.Mask != gold.MaskNone))
	}
	for i := range p.contract.SourceRules {
		row(&p.contract.SourceRules[i], true)
	}
	p.table(2, "Rules", []string{"rule", "of", "checks", "severity", "description"}, rows)
}

// comparison returns what a rule demands, in the standard's words.
func comparison(r *gold.Rule) string {
	values := make([]string, len(r.Values))
	for i, v := range r.Values {
		values[i] = gold.NewDouble(v).String()
	}
	unit := ""
	if r.Percent {
		unit = " %"
	}
	return r.Metric + " " + r.Operator + " " + strings.Join(values, " and ") + unit
}

// about returns which values a rule is about.
func (p *page) about(r *gold.Rule) string {
	switch {
	case len(r.Valid) > 0:
		return "; valid: " + listed(r.Valid)
	case len(r.Missing) > 0:
		return "; missing: " + listed(r.Missing)
	case r.Pattern != "":
		return "; valid: " + r.Pattern
	case r.Step != "":
		return "; valid: multiples of " + r.Step
	case r.MinLength > 0 && r.MaxLength > 0:
		return fmt.Sprintf("; valid: %d to %s", r.MinLength, gold.Counted(r.MaxLength, "character"))
	case r.MinLength > 0:
		return fmt.Sprintf("; valid: at least %s", gold.Counted(r.MinLength, "character"))
	case r.MaxLength > 0:
		return fmt.Sprintf("; valid: at most %s", gold.Counted(r.MaxLength, "character"))
	case r.Metric == "invalidValues":
		return bounds(p.bounded(r))
	default:
		return ""
	}
}

// bounded returns the field that a rule is about, with the rule's bounds where it has some.
func (p *page) bounded(r *gold.Rule) *gold.Field {
	f := p.set.Field(r.Field)
	if f == nil || r.Minimum == nil && r.Maximum == nil {
		return f
	}
	within := *f
	within.Minimum, within.Maximum = r.Minimum, r.Maximum
	return &within
}

// bounds returns the range of a field.
func bounds(f *gold.Field) string {
	var parts []string
	if f != nil && f.Minimum != nil {
		parts = append(parts, bound(f, *f.Minimum, "at least ", "more than ", math.Inf(-1)))
	}
	if f != nil && f.Maximum != nil {
		parts = append(parts, bound(f, *f.Maximum, "at most ", "less than ", math.Inf(1)))
	}
	if len(parts) == 0 {
		return ""
	}
	return "; valid: " + strings.Join(parts, ", ")
}

// bound returns a bound in words. An exclusive bound of a double was read as the next double, whose text is longer: 5e-324
// for more than 0.
func bound(f *gold.Field, v gold.Value, inclusive, exclusive string, outwards float64) string {
	words := f.Format(v)
	if f.Kind == gold.Double {
		next := gold.NewDouble(math.Nextafter(v.Double(), outwards))
		if f.Single {
			next = gold.NewDouble(float64(math.Nextafter32(float32(v.Double()), float32(outwards))))
		}
		if meant := f.Format(next); len(meant) < len(words) {
			return exclusive + meant
		}
	}
	return inclusive + words
}

func listed(values []string) string {
	if len(values) > maxListed {
		return strings.Join(values[:maxListed], ", ") + fmt.Sprintf(" and %d more", len(values)-maxListed)
	}
	return strings.Join(values, ", ")
}
