package gold

// Kind returns the kind of a metric's figures: that of its measure; a ratio is a Double.
func (m *Metric) Kind(d *Dataset) Kind {
	if m.Measure == nil {
		return Double
	}
	k := Null
	if f := d.Field(m.Measure.Field); f != nil {
		k = f.Kind
	}
	return m.Measure.Kind(k)
}

// Figure evaluates a metric of a dataset from its measures: measure returns the value of one measure, null if it isn't
// known. The parts of a ratio are metrics of the same dataset; x/0 and a null part give null.
func (d *Dataset) Figure(m *Metric, measure func(Measure) Value) Value {
	if m.Measure != nil {
		return measure(*m.Measure)
	}
	num, den := d.Metric(m.Over[0]), d.Metric(m.Over[1])
	if num == nil || den == nil {
		return Value{}
	}
	return Ratio(d.real(num, measure), d.real(den, measure))
}

// real evaluates a metric as a number in its unit: Decimals are scaled.
func (d *Dataset) real(m *Metric, measure func(Measure) Value) Value {
	v := d.Figure(m, measure)
	if v.Kind() == Decimal {
		return NewDouble(v.Number() / Pow10(d.Field(m.Measure.Field).Scale))
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

// Pow10 returns 10^n for 0 ≤ n ≤ 22, exactly.
func Pow10(n int) float64 {
	p := 1.0
	for range n {
		p *= 10
	}
	return p
}

// Measures returns the measures that the metrics of a dataset need, each once.
func (d *Dataset) Measures() []Measure {
	var measures []Measure
	seen := map[string]bool{}
	for _, m := range d.Metrics {
		if m.Measure != nil && !seen[m.Measure.String()] {
			seen[m.Measure.String()] = true
			measures = append(measures, *m.Measure)
		}
	}
	return measures
}
