package measure

import (
	"errors"
	"fmt"
	"slices"

	"goldserve/gold"
)

// Growth compares each row with the row before, in the ascending order of d.Order; with a grain only if that is the period
// before. The fields are those of gold.DeriveGrowth: Order, Value, prev_<Order>, prev_<Value>, growth_abs (the difference,
// of Value's kind) and growth_pct (a fraction of the previous value). The others than Order and Value are null in the first
// row and after a gap, the growths also if one of the two values is null, and growth_pct if the previous one is 0. Errors
// are those of checkGrowth, and integer_overflow if a difference exceeds int64, or gold.MaxDigits digits.
func Growth(rows *gold.Batch, d gold.DeriveGrowth) (*gold.Batch, error) {
	if err := checkGrowth(rows.Fields, d); err != nil {
		return nil, err
	}
	order, values := rows.Column(d.Order), rows.Column(d.Value)
	sorted := make([]int, rows.Rows)
	for i := range sorted {
		sorted[i] = i
	}
	slices.SortStableFunc(sorted, func(a, b int) int { return gold.Compare(order.Value(a), order.Value(b)) })
	growth := gold.NewBatch(growthFields(rows.Fields, d), rows.Rows)
	periods := PeriodsOf(order.Kind, gold.Group{Grain: d.Grain, Calendar: d.Calendar})
	var before, previous gold.Value // of the row before
	for _, i := range sorted {
		at, current := order.Value(i), values.Value(i)
		if !periods.follows(at, before) {
			before, previous = gold.Value{}, gold.Value{}
		}
		change, err := difference(current, previous)
		if err != nil {
			return nil, gold.Errorf(gold.Invalid, gold.CodeIntegerOverflow, "growth of %s at %s %s: %w", d.Value, d.Order, at, err)
		}
		row := append(make([]gold.Value, 0, len(growth.Fields)), at, current)
		if d.Named {
			row = append(row, before)
		}
		growth.AppendRow(append(row, previous, change, gold.Ratio(change, previous))...)
		before, previous = at, current
	}
	return growth, nil
}

// follows reports whether the period of a row is the one after that of the row before. Without a grain every row is.
func (p Periods) follows(at, before gold.Value) bool {
	if p.grain == gold.GrainNone {
		return true
	}
	now, ok := p.startOf(at)
	earlier, known := p.startOf(before)
	if !ok || !known {
		return false
	}
	if !p.ByDay() {
		return earlier == p.Key(now-1)
	}
	start, _ := p.Of(now - 1)
	return earlier == start
}

// startOf returns the key of the period that a value is in, or names; false where it is no period.
func (p Periods) startOf(v gold.Value) (start int64, ok bool) {
	switch v.Kind() {
	case gold.Date, gold.Time:
		return p.Key(v.Int()), true
	case gold.Text:
		named, ok := p.calendar.ParsePeriod(v.Text())
		start, _ = p.Of(named.First)
		// A week is named, or its first day.
		return start, ok && (named.Unit == p.unit || p.unit == gold.WeekPeriod && named.Unit == gold.DayPeriod)
	default:
		return 0, false
	}
}

// checkGrowth returns an Invalid error if the growth can't be computed from these fields: a field is unknown, or Value
// is not a number.
func checkGrowth(fields []gold.Field, d gold.DeriveGrowth) error {
	if _, err := fieldOf(fields, d.Order, "growth in the order of "+d.Order); err != nil {
		return err
	}
	value, err := fieldOf(fields, d.Value, "growth of "+d.Value)
	if err != nil {
		return err
	}
	if !value.Kind.Numeric() {
		return invalid("growth of %s: a %s field can't be used, expected int, double or decimal", d.Value, value.Kind)
	}
	return nil
}

// difference returns a-b of one kind, null where either is.
func difference(a, b gold.Value) (gold.Value, error) {
	switch {
	case a.IsNull() || b.IsNull():
		return gold.Value{}, nil
	case a.Kind() == gold.Double:
		return gold.NewDouble(a.Double() - b.Double()), nil
	case a.Kind() == gold.WideDecimal:
		n := a.Int128().Big()
		d, ok := gold.Int128OfBig(n.Sub(n, b.Int128().Big()))
		if !ok {
			return gold.Value{}, errWideOverflow
		}
		return gold.NewWideDecimal(d), nil
	}
	d := a.Int() - b.Int()
	if (d < a.Int()) != (b.Int() > 0) {
		return gold.Value{}, errOverflow
	}
	return gold.NewIntegral(a.Kind(), d), nil
}

// growthFields returns the fields of Growth; an unknown field has the kind Null.
func growthFields(fields []gold.Field, d gold.DeriveGrowth) []gold.Field {
	order, value := fieldOrNull(fields, d.Order), fieldOrNull(fields, d.Value)
	previous, change := value, value
	previous.Name, previous.Nullable = "prev_"+d.Value, true
	change.Name, change.Nullable = "growth_abs", true
	if value.Kind == gold.WideDecimal {
		change.Precision = gold.MaxDigits
	}
	grown := []gold.Field{order, value, previous, change, {Name: "growth_pct", Kind: gold.Double, Nullable: true}}
	if d.Named {
		order.Name, order.Nullable = "prev_"+d.Order, true
		grown = slices.Insert(grown, 2, order)
	}
	return grown
}

var (
	errOverflow     = errors.New("the difference exceeds the range of 64-bit integers")
	errWideOverflow = fmt.Errorf("the difference exceeds the %d digits of decimals", gold.MaxDigits)
)
