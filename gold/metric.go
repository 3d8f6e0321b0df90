package gold

import "slices"

// Kind returns the kind of a metric's figures: that of its measure; arithmetic gives a Double.
func (m *Metric) Kind(d *Dataset) Kind {
	if m.Measure == nil {
		return Double
	}
	k := Null
	if f := d.Measured(m.Measure.Field); f != nil {
		k = f.Kind
	}
	return m.Measure.Kind(k)
}

// Arithmetic returns the formula of a metric that is computed from other measures and metrics; nil of a measure.
func (m *Metric) Arithmetic() *Formula {
	if len(m.Over) == 2 {
		return &Formula{Op: '/', Left: &Formula{Metric: m.Over[0]}, Right: &Formula{Metric: m.Over[1]}}
	}
	return m.Formula
}

// Text returns the metric's formula or measure: "(revenue - cost) / revenue", "sum(amount)".
func (m *Metric) Text() string {
	switch f := m.Arithmetic(); {
	case m.Measure != nil:
		return m.Measure.String()
	case f != nil:
		return f.String()
	default:
		return ""
	}
}

// Figure evaluates a metric of a dataset from its measures: measure returns the value of one measure, null if it isn't
// known.
func (d *Dataset) Figure(m *Metric, measure func(Measure) Value) Value {
	f := m.Arithmetic()
	switch {
	case m.Measure != nil:
		return measure(*m.Measure)
	case f == nil:
		return Value{}
	}
	return f.value(func(operand *Formula) Value {
		if operand.Measure != nil {
			return d.real(*operand.Measure, measure(*operand.Measure))
		}
		other := d.Metric(operand.Metric)
		switch {
		case other == nil:
			return Value{}
		case other.Measure != nil:
			return d.real(*other.Measure, measure(*other.Measure))
		default:
			return d.Figure(other, measure)
		}
	})
}

// real returns the value of a measure as a number in its unit: Decimals are scaled, and durations are seconds.
func (d *Dataset) real(m Measure, v Value) Value {
	if v.Kind().Scaled() {
		return NewDouble(v.Real(d.Measured(m.Field).Scale))
	}
	return v
}

// Ratio divides two numbers; it is null where either is null or b is 0.
func Ratio(a, b Value) Value {
	if a.IsNull() || b.IsNull() || b.Number() == 0 {
		return Value{}
	}
	return NewDouble(a.Number() / b.Number())
}

// Measures returns the measures that the metrics of a dataset need, each once.
func (d *Dataset) Measures() []Measure {
	var measures []Measure
	for i := range d.Metrics {
		measures = d.addMeasures(measures, &d.Metrics[i])
	}
	return measures
}

// MeasuresOf returns the measures that a metric is computed from, each once.
func (d *Dataset) MeasuresOf(m *Metric) []Measure { return d.addMeasures(nil, m) }

func (d *Dataset) addMeasures(measures []Measure, m *Metric) []Measure {
	add := func(m *Measure) {
		if !slices.Contains(measures, *m) {
			measures = append(measures, *m)
		}
	}
	f := m.Arithmetic()
	switch {
	case m.Measure != nil:
		add(m.Measure)
	case f != nil:
		f.Operands(func(operand *Formula) {
			if operand.Measure != nil {
				add(operand.Measure)
			} else if other := d.Metric(operand.Metric); other != nil {
				measures = d.addMeasures(measures, other)
			}
		})
	}
	return measures
}

// Uses returns the metrics that a metric's formula names.
func (d *Dataset) Uses(m *Metric) []*Metric {
	var used []*Metric
	if f := m.Arithmetic(); f != nil {
		f.Operands(func(operand *Formula) {
			if other := d.Metric(operand.Metric); other != nil {
				used = append(used, other)
			}
		})
	}
	return used
}
