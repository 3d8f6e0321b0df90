package storetest

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
)

// Aggregate answers an aggregation in the plainest way, as SelectRows does a query. The rows have the values of
// a.OutFields. Invalid integer_overflow where the sum of a group leaves int64, whether Having drops it or not.
func Aggregate(a gold.Aggregation, tables ...Table) ([][]gold.Value, error) {
	rows, err := matching(a.Version, a.Where, tables)
	if err != nil {
		return nil, err
	}
	groups, err := naiveGroups(a, rows, tables)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, f := range a.OutFields() {
		names = append(names, f.Name)
	}
	order := slices.Clone(a.Sort)
	for _, g := range a.Group {
		order = append(order, gold.Sort{Field: g.Name()})
	}
	places := make([]int, len(order))
	for i, s := range order {
		if places[i] = slices.Index(names, s.Field); places[i] < 0 {
			return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "the aggregation has no column %s", s.Field)
		}
	}
	for _, g := range groups {
		for _, m := range a.Measures {
			counted, err := naiveCounted(a, m, g.rows, tables)
			if err != nil {
				return nil, err
			}
			if counted, err = naiveOrdered(a.Version, m, counted); err != nil {
				return nil, err
			}
			v, err := naiveMeasure(a.Version, m, counted, tables)
			if err != nil {
				return nil, err
			}
			g.shown, g.sorted = append(g.shown, v), append(g.sorted, v)
		}
	}
	slices.SortFunc(groups, func(x, y *naiveGroup) int {
		var a, b []gold.Value
		for _, place := range places {
			a, b = append(a, x.sorted[place]), append(b, y.sorted[place])
		}
		return compareBy(order, a, b)
	})
	answer := [][]gold.Value{}
	for _, g := range groups {
		kept, err := allHold(a.Having, func(p gold.Predicate) (gold.Value, error) {
			place := slices.Index(names, p.Field)
			if place < 0 {
				return gold.Value{}, gold.Errorf(gold.Internal, gold.CodeInternal, "the aggregation has no column %s", p.Field)
			}
			return g.shown[place], nil
		})
		if err != nil {
			return nil, err
		}
		if kept {
			answer = append(answer, g.shown)
		}
	}
	return firstRows(answer, a.Limit), nil
}

// naiveGroup is a group with its rows; a bin is shown as its text and sorted by its number.
type naiveGroup struct {
	shown, sorted []gold.Value
	rows          [][]gold.Value
}

// naiveGroups puts rows together whose groups are equal. Without groups there is one, even of no rows.
func naiveGroups(a gold.Aggregation, rows [][]gold.Value, tables []Table) ([]*naiveGroup, error) {
	if len(a.Group) == 0 {
		return []*naiveGroup{{rows: rows}}, nil
	}
	var groups []*naiveGroup
	for _, row := range rows {
		found := &naiveGroup{}
		for _, g := range a.Group {
			shown, sorted, err := naiveGroupValue(a.Version, g, row, tables)
			if err != nil {
				return nil, err
			}
			found.shown, found.sorted = append(found.shown, shown), append(found.sorted, sorted)
		}
		i := slices.IndexFunc(groups, func(g *naiveGroup) bool { return slices.Equal(g.shown, found.shown) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, found)
		}
		groups[i].rows = append(groups[i].rows, row)
	}
	return groups, nil
}

// naiveGroupValue returns a row's value of a group, as it is shown and as it is sorted.
func naiveGroupValue(version *gold.Version, g gold.Group, row []gold.Value, tables []Table) (shown, sorted gold.Value, err error) {
	v, err := valueOf(version, row, g.Field, g.Join, tables)
	switch {
	case err != nil || v.IsNull():
		return v, v, err
	case g.Age != nil:
		since, err := valueOf(version, row, g.Age.Since, g.Age.Join, tables)
		if err != nil || since.IsNull() {
			return since, since, err
		}
		age, err := naiveAge(v, since, g)
		return age, age, err
	case g.Grain != gold.GrainNone:
		shown, err = naivePeriod(v, g)
		sorted = shown
		if strings.HasPrefix(shown.Text(), "FY10000") { // the one year of five digits is the last
			sorted = gold.NewText("G" + shown.Text())
		}
		return shown, sorted, err
	case len(g.Exact) > 0:
		place := 0
		for ; place < len(g.Exact); place++ {
			edge, _ := new(big.Rat).SetString(g.Exact[place])
			at, _ := new(big.Rat).SetString(v.Format(version.FieldOf(g.Field, g.Join).Scale))
			if at.Cmp(edge) < 0 {
				break
			}
		}
		label := ">=" + g.Exact[len(g.Exact)-1]
		switch {
		case place == 0:
			label = "<" + g.Exact[0]
		case place < len(g.Exact):
			label = "[" + g.Exact[place-1] + "," + g.Exact[place] + ")"
		}
		return gold.NewText(label), gold.NewInt(int64(place)), nil
	case len(g.Bins) > 0:
		bin, label, err := naiveBin(g, naiveReal(v, version.FieldOf(g.Field, g.Join)))
		return gold.NewText(label), gold.NewInt(int64(bin)), err
	default:
		return v, v, nil
	}
}

// naivePeriod returns the period that holds a Date or Time.
func naivePeriod(v gold.Value, g gold.Group) (gold.Value, error) {
	at := time.Unix(0, 0).UTC().AddDate(0, 0, int(v.Int()))
	if v.Kind() == gold.Time {
		zone, err := time.LoadLocation(g.Calendar.ZoneName())
		if err != nil {
			return v, err
		}
		at = time.UnixMilli(v.Int()).In(zone)
		if g.Grain == gold.Hour {
			since := time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second + time.Duration(at.Nanosecond())
			return gold.NewTime(max(at.Add(-since).UnixMilli(), gold.MinTime)), nil
		}
	}
	// From here on it is a date of the calendar, which a Time's local one may lie beside the ends of.
	at = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	switch {
	case at.Year() < 1:
		at = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	case at.Year() > 9999:
		at = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return gold.NewText(naivePeriodText(at, g)), nil
}

// naiveAge counts the periods from one date or time until the next would end after another; null where that is earlier.
func naiveAge(at, since gold.Value, g gold.Group) (gold.Value, error) {
	zone, err := time.LoadLocation(g.Calendar.ZoneName())
	if err != nil {
		return at, err
	}
	clock := func(v gold.Value) time.Time {
		if v.Kind() == gold.Date {
			return time.Unix(0, 0).UTC().AddDate(0, 0, int(v.Int()))
		}
		t := time.UnixMilli(v.Int()).In(zone)
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	}
	from, to := clock(since), clock(at)
	if to.Before(from) {
		return gold.Value{}, nil
	}
	if days := g.Age.Days; days > 0 {
		return gold.NewInt((to.UnixMilli() - from.UnixMilli()) / (int64(days) * 86_400_000)), nil
	}
	months := 0
	if years := to.Year() - from.Year() - 1; years > 0 {
		months = 12 * years
	}
	for {
		// A day that the month lacks is the first of the next one here.
		next := time.Date(from.Year(), from.Month()+time.Month(months+1), from.Day(), from.Hour(), from.Minute(), from.Second(), from.Nanosecond(), time.UTC)
		if short := time.Date(from.Year(), from.Month()+time.Month(months+2), 1, 0, 0, 0, 0, time.UTC); next.After(short) {
			next = short
		}
		if next.After(to) {
			return gold.NewInt(int64(months / g.Age.Months)), nil
		}
		months++
	}
}

// naivePeriodText returns the text of the period that holds a date.
func naivePeriodText(at time.Time, g gold.Group) string {
	year, month := at.Year(), int(at.Month())
	switch start := g.Calendar.FiscalYearStart; {
	case g.Grain != gold.FiscalQuarter && g.Grain != gold.FiscalYear:
	case start > 1 && month >= start:
		year, month = year+1, month-start+1
	default:
		month = (month-start+12)%12 + 1
	}
	switch g.Grain {
	case gold.Week:
		for at.Weekday() != time.Weekday((int(g.Calendar.WeekStart)+1)%7) {
			at = at.AddDate(0, 0, -1)
		}
		return at.Format("2006-01-02")
	case gold.Month:
		return at.Format("2006-01")
	case gold.Quarter:
		return fmt.Sprintf("%04d-Q%d", year, (month+2)/3)
	case gold.Year:
		return at.Format("2006")
	case gold.FiscalQuarter:
		return fmt.Sprintf("FY%04d-Q%d", year, (month+2)/3)
	case gold.FiscalYear:
		return fmt.Sprintf("FY%04d", year)
	default:
		return at.Format("2006-01-02")
	}
}

// naiveBin returns the place and the text of the bin that holds a number.
func naiveBin(g gold.Group, v float64) (place int, label string, err error) {
	written := make([]string, len(g.Bins))
	for i, edge := range g.Bins {
		var text []byte
		if g.Single {
			text, err = json.Marshal(float32(edge))
		} else {
			text, err = json.Marshal(edge)
		}
		if err != nil {
			return 0, "", err
		}
		written[i] = string(text)
		if v >= edge {
			place = i + 1
		}
	}
	switch place {
	case 0:
		return place, "<" + written[0], nil
	case len(written):
		return place, ">=" + written[place-1], nil
	default:
		return place, "[" + written[place-1] + "," + written[place] + ")", nil
	}
}

func naiveReal(v gold.Value, f *gold.Field) float64 {
	switch f.Kind {
	case gold.Decimal, gold.Duration:
		return naiveNumber(v) / math.Pow10(f.Scale)
	case gold.WideDecimal:
		return naiveQuotient(naiveDigits(v), f.Scale, 1)
	default:
		return naiveNumber(v)
	}
}

// naiveQuotient returns the double nearest to digits with a point before the last scale of them, divided by n.
func naiveQuotient(digits *big.Int, scale, n int) float64 {
	text := fmt.Sprintf("%de-%d", digits, scale)
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("no number: " + text)
	}
	v, _ := exact.Quo(exact, big.NewRat(int64(n), 1)).Float64()
	return v
}

// naiveTotal adds the digits of exact numbers.
func naiveTotal(values []gold.Value) *big.Int {
	sum := new(big.Int)
	for _, v := range values {
		sum.Add(sum, naiveDigits(v))
	}
	return sum
}

// naiveNumber returns a number as a double, a Decimal's or Duration's as its digits.
func naiveNumber(v gold.Value) float64 {
	if v.Kind() == gold.Double {
		return v.Double()
	}
	return float64(v.Int())
}
