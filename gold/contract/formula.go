package contract

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// computedMetric is a metric that is computed from others, while their formulas are followed.
type computedMetric struct {
	at       *yaml.Node
	quantity quantity
	state    followed
}

// followed says how far a formula is followed.
type followed uint8

const (
	notFollowed followed = iota
	following
	isFollowed
)

// formula reads arithmetic over measures and metrics; nil after reporting a problem.
func (d *draft) formula(n *yaml.Node, what string) *gold.Formula {
	text, ok := d.Text(n, what)
	if !ok {
		return nil
	}
	f, err := gold.ParseFormula(text)
	if err != nil {
		d.Add(n, "%s: %s, found %s", what, err, yaml.Quote(text))
		return nil
	}
	return f
}

// compute checks the formulas of metrics now that all are known, and derives the units of those that have none.
func (d *draft) compute(computed map[string]*computedMetric) {
	follower := &formulas{draft: d, computed: computed}
	set := &d.contract.Dataset
	for i := range set.Metrics {
		if computed[set.Metrics[i].Name] != nil {
			follower.metric(&set.Metrics[i])
		}
	}
	for i := range set.Metrics {
		m := &set.Metrics[i]
		// The ratio of two metrics keeps its own form, so that contracts of earlier releases are the same.
		if f := m.Formula; f != nil && f.Op == '/' && f.Left.Metric != "" && f.Right.Metric != "" {
			m.Over, m.Formula = []string{f.Left.Metric, f.Right.Metric}, nil
		}
	}
}

// formulas follows formulas to the metrics that they name.
type formulas struct {
	*draft
	computed map[string]*computedMetric
	path     []string // the metrics that are being followed
}

// metric checks a computed metric and all that it names, and returns what its figures are quantities of.
func (f *formulas) metric(m *gold.Metric) quantity {
	c := f.computed[m.Name]
	if c.state != notFollowed {
		if c.state == following {
			cycle := append(f.path[slices.Index(f.path, m.Name):], m.Name)
			f.Add(c.at, "metric %s: its formula leads back to itself: %s", m.Name, strings.Join(cycle, " → "))
		}
		return c.quantity
	}
	c.state, f.path = following, append(f.path, m.Name)
	q := f.quantity(c.at, "metric "+m.Name, m.Formula)
	f.path, c.state = f.path[:len(f.path)-1], isFollowed
	if m.Doc.Unit == "" {
		if field, ok := strings.CutPrefix(q.unit, heldBy); ok {
			m.Doc.UnitField = field
		} else {
			m.Doc.Unit = q.unit
		}
		if q.unit != "" {
			m.Doc.Format = cmp.Or(m.Doc.Format, q.format)
		}
	} else {
		q.unit, q.known = m.Doc.Unit, true
	}
	if q.size > maxOperands {
		f.Add(c.at, "metric %s: with the metrics that it names, its formula has %d measures and numbers: at most %d are allowed", m.Name, q.size, maxOperands)
		q.size = 1 // told once
	}
	if m.MultipleOf == 0 && q.step < 1 {
		m.MultipleOf = q.step
	}
	c.quantity = q
	return q
}

// quantity is what the values of a formula are amounts of.
type quantity struct {
	known  bool    // the unit is known
	unit   string  // "": a plain number
	format string  // money, or ""
	step   float64 // a power of ten that values are multiples of; 0: none is known
	number bool    // it is a number of the formula
	size   int     // how many measures and numbers it is computed from, those of the metrics that it names among them
}

// maxOperands bounds the size of a metric: metrics that name others twice double it.
const maxOperands = 1_000

// heldBy begins the unit of a quantity that a field holds, whose name follows.
const heldBy = "as in "

// quantity checks the operands of a formula and returns what its values are amounts of.
func (f *formulas) quantity(n *yaml.Node, what string, of *gold.Formula) quantity {
	switch {
	case of.Op != 0:
		return f.operation(n, what, of)
	case of.Measure != nil:
		out, ok := f.checkMeasure(n, what, of.Measure, &f.contract.Dataset, f.metricField)
		if ok {
			f.lookUpMeasured(of.Measure)
		}
		if ok && out.Kind != gold.Null && !out.Kind.Measurable() {
			f.Add(n, "%s: %s is not a number but %s", what, of.Measure, out.Kind.WithArticle())
		}
		return f.ofMeasure(*of.Measure)
	case of.Metric != "":
		return f.named(n, what, of.Metric)
	default:
		return quantity{known: true, number: true, step: stepOf(of.Number), size: 1}
	}
}

// named returns the quantity of a metric that a formula names.
func (f *formulas) named(n *yaml.Node, what, name string) quantity {
	set := &f.contract.Dataset
	m := set.Metric(name)
	switch {
	case m == nil:
		if set.Field(name) != nil {
			f.Add(n, "%s: %s is a field, not a metric: expected a measure of it, such as sum(%s)", what, name, name)
		} else {
			f.AddNear(n, name, set.MetricNames(), "%s: %s has no metric %s", what, set.Name, yaml.Quote(name))
		}
	case f.computed[name] != nil:
		return f.metric(m)
	case m.Measure == nil: // the problem of that metric
	case !f.numericMeasure(*m.Measure):
		f.Add(n, "%s: %s is not a measure of numbers", what, name)
	default:
		q := f.ofMeasure(*m.Measure)
		if m.Doc.Unit != "" {
			q.known, q.unit = true, m.Doc.Unit
		}
		if m.MultipleOf != 0 {
			q.step = m.MultipleOf
		}
		if m.Doc.Format == "money" {
			q.format = "money"
		}
		return q
	}
	return quantity{}
}

func (d *draft) numericMeasure(m gold.Measure) bool {
	if m.Field == "" {
		return true
	}
	f := d.contract.Dataset.Measured(m.Field)
	return f != nil && m.Kind(f.Kind).Measurable()
}

// ofMeasure returns the quantity of a measure: that of its field, but of counts, which are plain numbers.
func (d *draft) ofMeasure(m gold.Measure) quantity {
	if m.Func == gold.Count || m.Func == gold.CountDistinct {
		return quantity{known: true, step: 1, size: 1}
	}
	f := d.contract.Dataset.Measured(m.Field)
	if f == nil {
		return quantity{}
	}
	unit, field := d.contract.Dataset.MeasuredUnit(m)
	if field != "" {
		unit = heldBy + field
	}
	q := quantity{known: unit != "", unit: unit, size: 1}
	if f.Doc.Format == "money" {
		q.format = "money"
	}
	switch {
	case m.Func.Inexact():
	case f.Kind.Scaled():
		q.step = 1 / gold.Pow10(f.Scale)
	case f.Kind == gold.Int:
		q.step = 1
	default:
		q.step = f.MultipleOf
	}
	return q
}

// operation returns the quantity of an operation, and reports the sum of different units.
func (f *formulas) operation(n *yaml.Node, what string, of *gold.Formula) quantity {
	a, b := f.quantity(n, what, of.Left), f.quantity(n, what, of.Right)
	q := quantity{known: a.known && b.known, number: a.number && b.number, size: a.size + b.size}
	switch of.Op {
	case '+', '-':
		if a.unit != "" && b.unit != "" && a.unit != b.unit {
			f.Add(n, "%s: the unit of %s is %s and that of %s %s: different units can't be added or subtracted", what, of.Left, a.unit, of.Right, b.unit)
			return quantity{}
		}
		switch {
		case a.number:
			q.known, q.unit, q.format = b.known, b.unit, b.format
		case b.number || a.unit == b.unit:
			q.known, q.unit, q.format = q.known || b.number, a.unit, a.format
		default:
			q.known = false
		}
		q.step = min(a.step, b.step)
	case '*':
		switch {
		case a.unit == "" && a.known:
			q.unit, q.format = b.unit, b.format
		case b.unit == "" && b.known:
			q.unit, q.format = a.unit, a.format
		default:
			q.known = false
		}
	default:
		switch {
		case b.unit == "" && b.known:
			q.known, q.unit, q.format = a.known, a.unit, a.format
		case a.known && a.unit == b.unit:
		default:
			q.known = false
		}
	}
	return q
}

// stepOf returns the largest power of ten, at most 1, that a number is a multiple of; 0 where it has many digits.
func stepOf(number float64) float64 {
	for digits := range 10 {
		if scaled := number * gold.Pow10(digits); scaled == math.Trunc(scaled) {
			return 1 / gold.Pow10(digits)
		}
	}
	return 0
}
