package storetest

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// naiveCounted returns the rows for which a measure's condition holds.
func naiveCounted(a gold.Aggregation, m gold.Measure, rows [][]gold.Value, tables []Table) (counted [][]gold.Value, err error) {
	where, err := a.Condition(m)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		holds, err := allHold(where, func(p gold.Predicate) (gold.Value, error) { return valueOf(a.Version, row, p.Field, p.Join, tables) })
		if err != nil {
			return nil, err
		}
		if holds {
			counted = append(counted, row)
		}
	}
	return counted, nil
}

// naiveOrdered returns the rows that have a time, in the order of First and Last; all rows for any other measure.
func naiveOrdered(version *gold.Version, m gold.Measure, rows [][]gold.Value) ([][]gold.Value, error) {
	var sort []gold.Sort
	for _, name := range m.Order() {
		sort = append(sort, gold.Sort{Field: name})
	}
	if sort == nil {
		return rows, nil
	}
	sorted, err := sortRows(version, sort, rows, nil)
	if err != nil {
		return nil, err
	}
	var timed [][]gold.Value
	for _, k := range sorted {
		if !k.key[0].IsNull() {
			timed = append(timed, k.row)
		}
	}
	return timed, nil
}

// naiveMeasure computes a measure over the rows of one group.
func naiveMeasure(version *gold.Version, m gold.Measure, rows [][]gold.Value, tables []Table) (gold.Value, error) {
	if m.Func == gold.Count {
		return gold.NewInt(int64(len(rows))), nil
	}
	var values []gold.Value
	for _, row := range rows {
		v, err := valueOf(version, row, m.Field, m.Join, tables)
		if err != nil {
			return gold.Value{}, err
		}
		if !v.IsNull() {
			values = append(values, v)
		}
	}
	if m.Func.Picks() {
		switch {
		case len(values) == 0:
			return gold.Value{}, nil
		case m.Func == gold.First:
			return values[0], nil
		default:
			return values[len(values)-1], nil
		}
	}
	slices.SortFunc(values, naiveOrder)
	f := *version.FieldOf(m.Field, m.Join)
	switch {
	case m.Func == gold.CountDistinct:
		return gold.NewInt(int64(len(slices.Compact(values)))), nil
	case m.Func == gold.Sum:
		return naiveSum(m, f, values)
	case len(values) == 0:
		return gold.Value{}, nil
	case m.Func == gold.Min:
		return values[0], nil
	case m.Func == gold.Max:
		return values[len(values)-1], nil
	case m.Func == gold.Avg:
		return gold.NewDouble(naiveMean(f, values)), nil
	case m.Func == gold.Quantile:
		return gold.NewDouble(naiveQuantile(m.Level, f, values)), nil
	default:
		middle := []gold.Value{values[(len(values)-1)/2], values[len(values)/2]}
		if f.Kind.Exact() {
			return gold.NewDouble(naiveQuotient(naiveTotal(middle), f.Scale, 2)), nil
		}
		return gold.NewDouble(naiveMean(f, middle)), nil
	}
}

// naiveSum returns the exact sum of values, rounded once to the field's kind.
func naiveSum(m gold.Measure, f gold.Field, values []gold.Value) (gold.Value, error) {
	if f.Kind.Exact() {
		text := naiveTotal(values).String()
		if len(strings.TrimPrefix(text, "-")) > 38 {
			return gold.Value{}, gold.Errorf(gold.Invalid, gold.CodeIntegerOverflow, "%s has more than 38 digits", m)
		}
		return gold.ParseValue(gold.WideDecimal, 0, text)
	}
	sum := exact(values)
	if f.Kind == gold.Double {
		v, _ := sum.Float64()
		return gold.NewDouble(v), nil
	}
	n, accuracy := sum.Int64()
	if accuracy != big.Exact {
		asked := m.String()
		if m.As != "" && m.As != "sum_"+m.Field {
			asked = m.As + ", " + asked + ","
		}
		return gold.Value{}, gold.Errorf(gold.Invalid, gold.CodeIntegerOverflow, "%s exceeds the range of 64-bit integers", asked)
	}
	return gold.NewIntegral(f.Kind, n), nil
}

// naiveMean returns the exact sum, rounded to a double, scaled, and divided by the number of values.
func naiveMean(f gold.Field, values []gold.Value) float64 {
	if f.Kind == gold.WideDecimal {
		return naiveQuotient(naiveTotal(values), f.Scale, len(values))
	}
	sum, _ := exact(values).Float64()
	n := float64(len(values))
	if f.Kind == gold.Decimal || f.Kind == gold.Duration {
		return sum / math.Pow10(f.Scale) / n
	}
	if math.IsInf(sum, 0) {
		scaled, _ := new(big.Float).SetMantExp(exact(values), -64).Float64()
		return math.Ldexp(scaled/n, 64)
	}
	return sum / n
}

// naiveQuantile interpolates between the two values around a level's place, by the operations of numpy.
func naiveQuantile(level float64, f gold.Field, sorted []gold.Value) float64 {
	if f.Kind.Exact() {
		return naiveExactQuantile(level, f, sorted)
	}
	below, t := math.Modf(float64(len(sorted)-1) * level)
	a, b := naiveReal(sorted[int(below)], &f), naiveReal(sorted[min(int(below)+1, len(sorted)-1)], &f)
	switch {
	case math.IsInf(b-a, 0):
		return a*(1-t) + b*t
	case t < 0.5:
		return a + (b-a)*t
	default:
		return b - (b-a)*(1-t)
	}
}

// naiveExactQuantile interpolates in fractions, by the level as it is written, and rounds once.
func naiveExactQuantile(level float64, f gold.Field, sorted []gold.Value) float64 {
	rank, ok := new(big.Rat).SetString(strconv.FormatFloat(level, 'f', -1, 64))
	if !ok {
		panic("no level")
	}
	rank.Mul(rank, big.NewRat(int64(len(sorted)-1), 1))
	total := new(big.Rat)
	for i, v := range sorted { // each has the weight 1 - |rank - i|, if that is positive
		weight := new(big.Rat).Sub(rank, big.NewRat(int64(i), 1))
		if weight.Sub(big.NewRat(1, 1), weight.Abs(weight)); weight.Sign() > 0 {
			total.Add(total, weight.Mul(weight, new(big.Rat).SetInt(naiveDigits(v))))
		}
	}
	unit, _ := new(big.Rat).SetString(fmt.Sprintf("1e%d", f.Scale))
	result, _ := total.Quo(total, unit).Float64()
	return result
}

// exact adds numbers with room for every bit of them.
func exact(values []gold.Value) *big.Float {
	const bitsOfAnyDouble = 1024 + 1074 + 64
	sum := new(big.Float).SetPrec(bitsOfAnyDouble)
	for _, v := range values {
		if v.Kind() == gold.Double {
			sum.Add(sum, new(big.Float).SetFloat64(v.Double()))
		} else {
			sum.Add(sum, new(big.Float).SetInt64(v.Int()))
		}
	}
	return sum
}
