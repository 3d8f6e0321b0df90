package contract

import (
	"math"
	"math/big"
	"regexp"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// bounds reads minimum and maximum. An exclusive bound becomes the next value of the kind.
func (p *property) bounds(o *yaml.Object) {
	bound := func(key string) *gold.Value {
		n := o.Take(key)
		if n == nil {
			return nil
		}
		v, ok := p.value(n, o.What+": "+key, &p.field)
		if !ok {
			return nil
		}
		return &v
	}
	f := &p.field
	f.Minimum, f.Maximum = bound("minimum"), bound("maximum")
	if p.before31() {
		p.exclusive30(o)
	} else {
		p.exclusive(bound)
	}
	switch {
	case f.Minimum == nil && f.Maximum == nil:
		return
	case f.Minimum != nil && f.Maximum != nil && gold.Compare(*f.Minimum, *f.Maximum) > 0:
		p.Add(o.At, "%s: no value lies between the minimum and the maximum", o.What)
	}
	// An invalidValues rule without a list and a pattern checks the field's range.
	p.rules = append(p.rules, gold.Rule{ID: f.Name + "_range", Metric: "invalidValues", Field: f.Name, Operator: "mustBe", Values: []float64{0}})
}

// exclusive narrows the field's bounds by those that it can't have, which bound reads.
func (p *property) exclusive(bound func(key string) *gold.Value) {
	f := &p.field
	if v := bound("exclusiveMinimum"); v != nil {
		next := step(f, *v, 1)
		if f.Minimum == nil || gold.Compare(next, *f.Minimum) > 0 {
			f.Minimum = &next
		}
	}
	if v := bound("exclusiveMaximum"); v != nil {
		next := step(f, *v, -1)
		if f.Maximum == nil || gold.Compare(next, *f.Maximum) < 0 {
			f.Maximum = &next
		}
	}
}

// step returns the next value of a field, upwards (1) or downwards (-1).
func step(f *gold.Field, v gold.Value, direction int64) gold.Value {
	if f.Single {
		return gold.NewDouble(float64(math.Nextafter32(float32(v.Double()), float32(math.Inf(int(direction))))))
	}
	if v.Kind() == gold.Double {
		return gold.NewDouble(math.Nextafter(v.Double(), math.Inf(int(direction))))
	}
	if v.Kind() == gold.WideDecimal {
		n := v.Int128().Big()
		next, _ := gold.Int128OfBig(n.Add(n, big.NewInt(direction))) // which 128 bits hold, with a digit more too
		return gold.NewWideDecimal(next)
	}
	return gold.NewIntegral(v.Kind(), v.Int()+direction)
}

// multipleOf reads the precision with which a Double is shown; for an exact number, it is a rule that the values must
// keep.
func (p *property) multipleOf(n *yaml.Node, what string) {
	if p.field.Kind == gold.Double {
		p.field.MultipleOf, _ = p.precision(n, what+": multipleOf")
		return
	}
	if !n.Plain || !gold.IsStep(n.Text, p.field.Kind) {
		p.Add(n, "%s: multipleOf: expected a number above 0 such as 0.05, of at most %s, found %s", what, gold.Counted(gold.StepDigits(p.field.Kind), "digit"), n.What())
		return
	}
	p.rules = append(p.rules, gold.Rule{
		ID: p.field.Name + "_multiple_of", Metric: "invalidValues", Field: p.field.Name, Step: n.Text, Operator: "mustBe", Values: []float64{0},
	})
}

// lengths reads pattern, minLength and maxLength of a text, which become one rule.
func (p *property) lengths(o *yaml.Object) {
	rule := gold.Rule{Metric: "invalidValues", Field: p.field.Name, Operator: "mustBe", Values: []float64{0}}
	if n := o.Take("pattern"); n != nil {
		if pattern, ok := p.pattern(n, o.What+": pattern"); ok {
			r := rule
			r.ID, r.Pattern = p.field.Name+"_pattern", pattern
			p.rules = append(p.rules, r)
		}
	}
	low, high := int64(0), int64(0)
	if n := o.Take("minLength"); n != nil {
		low, _ = p.Integer(n, o.What+": minLength", 0, math.MaxInt32)
	}
	if n := o.Take("maxLength"); n != nil {
		var ok bool
		if high, ok = p.Integer(n, o.What+": maxLength", 1, math.MaxInt32); ok && high < low {
			p.Add(n, "%s: maxLength is less than minLength", o.What)
		}
	}
	if low > 0 || high > 0 {
		rule.ID, rule.MinLength, rule.MaxLength = p.field.Name+"_length", int(low), int(high)
		p.rules = append(p.rules, rule)
	}
}

// pattern reads a regular expression in Go's syntax (RE2: no look-around, no back references).
func (d *draft) pattern(n *yaml.Node, what string) (string, bool) {
	text, ok := d.Text(n, what)
	if !ok {
		return "", false
	}
	if len(text) > maxPattern {
		d.Add(n, "%s: longer than %d bytes", what, maxPattern)
		return "", false
	}
	if _, err := regexp.Compile(text); err != nil {
		d.Add(n, "%s: %s (the syntax is RE2's)", what, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return "", false
	}
	return text, true
}

const maxPattern = 1000
