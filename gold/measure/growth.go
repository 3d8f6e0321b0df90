package measure

import (
	"errors"
	"fmt"
	"slices"

	"goldserve/gold"
)

// Growth compares each row with the previous existing row, in the ascending order of d.Order, which need not be the
// previous period. The fields are those of gold.DeriveGrowth: Order, Value, prev_<Value>, growth_abs (the difference,
// of Value's kind) and growth_pct (a fraction of the previous value). The last three are null in the first row and if
// one of the two values is null; growth_pct also if the previous value is 0. Errors are those of checkGrowth, and
// integer_overflow if a difference exceeds int64, or gold.MaxDigits digits.
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
	previous := gold.Value{}
	for _, i := range sorted {
		current := values.Value(i)
		change, err := difference(current, previous)
		if err != nil {
			return nil, gold.Errorf(gold.Invalid, gold.CodeIntegerOverflow, "growth of %s at %s %s: %w", d.Value, d.Order, order.Value(i), err)
		}
		growth.AppendRow(order.Value(i), current, previous, change, gold.Ratio(change, previous))
		previous = current
	}
	return growth, nil
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
	return []gold.Field{order, value, previous, change, {Name: "growth_pct", Kind: gold.Double, Nullable: true}}
}

var (
	errOverflow     = errors.New("the difference exceeds the range of 64-bit integers")
	errWideOverflow = fmt.Errorf("the difference exceeds the %d digits of decimals", gold.MaxDigits)
)
