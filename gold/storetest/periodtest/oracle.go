package periodtest

import (
	"math/big"
	"slices"
	"time"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// wall returns what clocks of the model show at a value of at, as if it were UTC.
func (w *world) wall(at gold.Value) time.Time {
	if at.Kind() == gold.Date {
		return time.Unix(at.Int()*86_400, 0).UTC()
	}
	t := time.UnixMilli(at.Int()).In(w.location())
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// months is how many months a period of the world has; 0: it has days or an hour.
func (w *world) months() int {
	return map[gold.Grain]int{gold.Month: 1, gold.Quarter: 3, gold.FiscalQuarter: 3, gold.Year: 12, gold.FiscalYear: 12}[w.by.Grain]
}

// start returns the start of the period that holds a time.
func (w *world) start(t time.Time) time.Time {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	switch first := int(t.Month()) - 1; w.by.Grain {
	case gold.Hour:
		return t.Truncate(time.Hour)
	case gold.Day:
		return day
	case gold.Week:
		return day.AddDate(0, 0, -((int(day.Weekday())+6)-int(w.calendar.WeekStart)+7)%7)
	case gold.FiscalQuarter, gold.FiscalYear:
		back := (first - (w.calendar.FiscalYearStart - 1) + 12) % w.months()
		return time.Date(t.Year(), t.Month()-time.Month(back), 1, 0, 0, 0, 0, time.UTC)
	default:
		return time.Date(t.Year(), t.Month()-time.Month(first%w.months()), 1, 0, 0, 0, 0, time.UTC)
	}
}

// step returns the start of the period n after the one that starts at a time.
func (w *world) step(start time.Time, n int) time.Time {
	switch w.by.Grain {
	case gold.Hour:
		return start.Add(time.Duration(n) * time.Hour)
	case gold.Day:
		return start.AddDate(0, 0, n)
	case gold.Week:
		return start.AddDate(0, 0, 7*n)
	default:
		return start.AddDate(0, n*w.months(), 0)
	}
}

// nameStarts returns the starts of the periods of all facts by the values that they have as groups.
func (w *world) nameStarts() map[gold.Value]time.Time {
	rows, err := storetest.Aggregate(gold.Aggregation{Version: w.facts.Version, Group: []gold.Group{{Field: "id"}, w.by}, Measures: sum}, w.facts)
	if err != nil {
		panic(err)
	}
	names := map[gold.Value]time.Time{}
	for i, row := range rows { // in the order of ids
		names[row[1]] = w.start(w.wall(w.facts.Rows[i][1]))
	}
	return names
}

// grown returns the growth of the periods of the facts that a condition keeps.
func (w *world) grown(where []gold.Predicate, byPeriod bool) [][]gold.Value {
	rows, err := storetest.Aggregate(gold.Aggregation{Version: w.facts.Version, Where: where, Group: []gold.Group{w.by}, Measures: sum[:1]}, w.facts)
	if err != nil {
		panic(err)
	}
	slices.SortFunc(rows, func(a, b []gold.Value) int { return w.names[a[0]].Compare(w.names[b[0]]) })
	var grown [][]gold.Value
	for i, row := range rows {
		before := []gold.Value{{}, {}}
		if i > 0 && (!byPeriod || w.names[rows[i-1][0]].Equal(w.step(w.names[row[0]], -1))) {
			before = rows[i-1]
		}
		change, share := difference(row[1], before[1])
		answer := []gold.Value{row[0], row[1]}
		if w.growth.Named {
			answer = append(answer, before[0])
		}
		grown = append(grown, append(answer, before[1], change, share))
	}
	return grown
}

// difference returns a-b, and that as a share of b.
func difference(a, b gold.Value) (change, share gold.Value) {
	if a.IsNull() || b.IsNull() {
		return change, share
	}
	var by, of float64
	switch a.Kind() {
	case gold.Double:
		by, of = a.Double()-b.Double(), b.Double()
		change = gold.NewDouble(by)
	case gold.WideDecimal:
		n := a.Int128().Big()
		n.Sub(n, b.Int128().Big())
		change, _ = gold.ParseValue(gold.WideDecimal, 0, n.String())
		by, _ = n.Float64()
		of, _ = new(big.Float).SetInt(b.Int128().Big()).Float64()
	default:
		change = gold.NewIntegral(a.Kind(), a.Int()-b.Int())
		by, of = float64(a.Int()-b.Int()), float64(b.Int())
	}
	if of != 0 {
		share = gold.NewDouble(by / of)
	}
	return change, share
}
