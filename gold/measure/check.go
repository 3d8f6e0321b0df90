package measure

import (
	"math/big"
	"slices"

	"goldserve/gold"
)

// CheckMeasure returns an Invalid error if a measure can't be computed from these fields: a field is unknown, or has a
// kind that the function doesn't take, or its condition compares a field with values of another kind. Sum, Avg, Median and
// Quantile take Int, Double, Decimal and Duration; Min, Max, CountDistinct, First and Last take every kind, and the last two
// an order that begins with a date, time or text.
func CheckMeasure(fields []gold.Field, m gold.Measure) error {
	return checkMeasure(fields, fields, fields, m)
}

// CheckMeasureOf is CheckMeasure for a measure of an aggregation, whose rows may look up its field and what its condition
// compares, but not what it is ordered by.
func CheckMeasureOf(a *gold.Aggregation, m gold.Measure) error {
	return checkMeasure(a.Version.Owner(m.Join).Fields, a.Version.Dataset.Fields, a.Comparable(), m)
}

// checkMeasure checks a measure of one of some fields, ordered by others, whose condition compares others.
func checkMeasure(of, ordered, compared []gold.Field, m gold.Measure) error {
	for _, p := range m.Comparisons() {
		if _, err := fieldOf(compared, p.Field, m.String()); err != nil {
			return err
		}
	}
	if _, err := m.Condition(compared); err != nil {
		return invalid("%s: %v", m, err)
	}
	if m.Func == gold.Count {
		if m.Field != "" {
			return invalid("%s: count takes no field", m)
		}
		return nil
	}
	if m.Func.Picks() {
		if err := checkOrder(ordered, m); err != nil {
			return err
		}
	}
	f, err := fieldOf(of, m.Field, m.String())
	if err != nil {
		return err
	}
	return checkKind(m, f.Kind)
}

// CheckAggregation returns the first error of CheckGroup, CheckAge and CheckMeasureOf for an aggregation of a version's rows.
func CheckAggregation(a *gold.Aggregation) error {
	for _, g := range a.Group {
		if err := CheckGroup(a.Version.Owner(g.Join).Fields, g); err != nil {
			return err
		}
		if g.Age == nil {
			continue
		}
		if err := CheckAge(a.Version.Owner(g.Age.Join).Fields, g); err != nil {
			return err
		}
	}
	for _, m := range a.Measures {
		if err := CheckMeasureOf(a, m); err != nil {
			return err
		}
	}
	return nil
}

// checkOrder checks the order of First and Last.
func checkOrder(fields []gold.Field, m gold.Measure) error {
	for i, name := range m.Order() {
		f, err := fieldOf(fields, name, m.String())
		if err != nil {
			return err
		}
		if i == 0 && !f.Kind.Temporal() && f.Kind != gold.Text {
			return invalid("%s: %s is %s, expected a date, a timestamp, or a text that sorts by time", m, name, f.Kind.WithArticle())
		}
	}
	if m.By == "" {
		return invalid("%s: expected a field to order by, as in %s(%s, day)", m, m.Func, m.Field)
	}
	return nil
}

func checkKind(m gold.Measure, k gold.Kind) error {
	switch m.Func {
	case gold.Count:
		return nil
	case gold.CountDistinct, gold.Min, gold.Max, gold.First, gold.Last:
		if k != gold.Null {
			return nil
		}
	case gold.Sum, gold.Avg, gold.Median, gold.Quantile:
		if m.Func == gold.Quantile && !(m.Level >= 0 && m.Level <= 1) {
			return invalid("%s: expected a level from 0 to 1", m)
		}
		if k.Measurable() {
			return nil
		}
	}
	return invalid("%s: a %s field can't be used, expected int, double, decimal or duration", m, k)
}

// CheckGroup returns an Invalid error if these fields can't be grouped so: the field is unknown, a grain or an age is given
// for a kind other than Date and Time, hours for one other than Time, fiscal years for a calendar without them, bins for a
// kind that isn't Measurable, bins are not finite and ascending, or several of grain, age and bins are given.
func CheckGroup(fields []gold.Field, g gold.Group) error {
	f, err := fieldOf(fields, g.Field, "group by "+g.Name())
	if err != nil {
		return err
	}
	switch {
	case g.Age != nil && (g.Grain != gold.GrainNone || len(g.Bins) > 0):
		return invalid("group by %s: expected an age, a grain or bins, not several", g.Name())
	case g.Age != nil && !f.Kind.Temporal():
		return invalid("group by %s: %s field has no age, expected date or time", g.Name(), f.Kind.WithArticle())
	case g.Grain != gold.GrainNone && len(g.Bins) > 0:
		return invalid("group by %s: expected a grain or bins, not both", g.Name())
	case g.Grain != gold.GrainNone && f.Kind != gold.Date && f.Kind != gold.Time:
		return invalid("group by %s: %s field has no %s, expected date or time", g.Name(), f.Kind.WithArticle(), g.Grain)
	case g.Grain == gold.Hour && f.Kind != gold.Time:
		return invalid("group by %s: %s field has no hours, expected time", g.Name(), f.Kind.WithArticle())
	case (g.Grain == gold.FiscalQuarter || g.Grain == gold.FiscalYear) && g.Calendar.FiscalYearStart == 0:
		return invalid("group by %s: the model has no fiscal years: give its model.yaml a fiscalYearStart", g.Name())
	case len(g.Bins) > 0 && !f.Kind.Measurable():
		return invalid("group by %s: %s field has no bins, expected int, double, decimal or duration", g.Name(), f.Kind.WithArticle())
	}
	if len(g.Exact) > 0 {
		return checkExact(f, g)
	}
	for i, edge := range g.Bins {
		if !finite(edge) || i > 0 && edge <= g.Bins[i-1] {
			return invalid("group by %s: expected finite, ascending edges, got %v", g.Name(), g.Bins)
		}
	}
	return nil
}

// checkExact checks exact edges.
func checkExact(f *gold.Field, g gold.Group) error {
	if f.Kind != gold.WideDecimal || len(g.Exact) != len(g.Bins) {
		return invalid("group by %s: only decimals of more than 18 digits have exact edges, one for each of bins", g.Name())
	}
	var before *big.Rat
	for _, text := range g.Exact {
		edge, ok := new(big.Rat).SetString(text)
		if !ok || before != nil && edge.Cmp(before) <= 0 {
			return invalid("group by %s: expected ascending edges, got %v", g.Name(), g.Exact)
		}
		before = edge
	}
	return nil
}

func fieldOf(fields []gold.Field, name, use string) (*gold.Field, error) {
	i := slices.IndexFunc(fields, func(f gold.Field) bool { return f.Name == name })
	if i < 0 {
		names := make([]string, len(fields))
		for i, f := range fields {
			names[i] = f.Name
		}
		if near := gold.Nearest(name, names); near != "" {
			return nil, invalid("%s: no field %s (did you mean %s?)", use, name, near)
		}
		return nil, invalid("%s: no field %s", use, name)
	}
	return &fields[i], nil
}

func finite(v float64) bool { return v-v == 0 }

func invalid(format string, args ...any) error {
	return gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, format, args...)
}
