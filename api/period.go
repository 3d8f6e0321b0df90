package api

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
)

// period is a closed interval of Dates (in days) or Times (in milliseconds). That of a single value is that value.
type period struct{ first, last gold.Value }

// whole reports whether the period is more than one value.
func (p period) whole() bool { return p.first != p.last }

// parsePeriod reads the text of a Date or Time: a value, or a day, month or year, which is the whole period in UTC.
func parsePeriod(k gold.Kind, text string) (period, error) {
	for _, unit := range []struct {
		layout              string
		years, months, days int
	}{
		{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {time.DateOnly, 0, 0, 1},
	} {
		if start, err := time.Parse(unit.layout, text); err == nil && start.Year() >= 1 {
			end := start.AddDate(unit.years, unit.months, unit.days)
			if k == gold.Date {
				return period{gold.NewDate(days(start)), gold.NewDate(days(end) - 1)}, nil
			}
			return period{gold.NewTime(start.UnixMilli()), gold.NewTime(end.UnixMilli() - 1)}, nil
		}
	}
	v, err := gold.ParseValue(k, 0, text)
	if err != nil {
		example := "2011-12-08"
		if k == gold.Time {
			example = "2011-12-08T12:12:00Z"
		}
		if strings.Contains(text, " ") && k == gold.Time {
			return period{}, fmt.Errorf("expected an instant such as %s (a plus sign in a URL is written %%2B), a day 2011-12-08, a month 2011-12 or a year 2011", example)
		}
		return period{}, fmt.Errorf("expected %s, or a day 2011-12-08, a month 2011-12 or a year 2011 as a whole", example)
	}
	return period{v, v}, nil
}

// days returns the days from 1970-01-01 to a midnight in UTC.
func days(t time.Time) int64 { return t.Unix() / 86400 }

// predicates turns a comparison with a period into comparisons with its ends: lte includes it, gt starts after it,
// equality is the period.
func (p period) predicates(field string, op gold.Op) []gold.Predicate {
	one := func(op gold.Op, v gold.Value) gold.Predicate {
		return gold.Predicate{Field: field, Op: op, Values: []gold.Value{v}}
	}
	switch op {
	case gold.Eq:
		if !p.whole() {
			return []gold.Predicate{one(gold.Eq, p.first)}
		}
		return []gold.Predicate{one(gold.Gte, p.first), one(gold.Lte, p.last)}
	case gold.Gt, gold.Lte:
		return []gold.Predicate{one(op, p.last)}
	default:
		return []gold.Predicate{one(op, p.first)}
	}
}

// maxPeriodDays bounds the days that a list of periods of a Date may have.
const maxPeriodDays = 4_000

// periodsPredicate turns a list of periods into predicates for in or nin: single values and the days of a Date are a
// list, and periods of a Time that touch are one interval. What would be several intervals of a Time, or all but one,
// is no predicate.
func periodsPredicate(f *gold.Field, op gold.Op, periods []period) ([]gold.Predicate, error) {
	if f.Kind == gold.Date || !slices.ContainsFunc(periods, period.whole) {
		list := gold.Predicate{Field: f.Name, Op: op}
		for _, p := range periods {
			for v := p.first.Int(); v <= p.last.Int(); v++ {
				if list.Values = append(list.Values, gold.NewIntegral(f.Kind, v)); len(list.Values) > maxPeriodDays {
					return nil, fmt.Errorf("the list has more than %d days: use gte and lte", maxPeriodDays)
				}
			}
		}
		return []gold.Predicate{list}, nil
	}
	if op == gold.NotIn {
		return nil, fmt.Errorf("a period of %s can't be left out: ne and nin take instants such as %s; use lt or gt", f.Name, periods[0].first)
	}
	slices.SortFunc(periods, func(a, b period) int { return gold.Compare(a.first, b.first) })
	all := periods[0]
	for _, p := range periods[1:] {
		if p.first.Int() > all.last.Int()+1 {
			return nil, fmt.Errorf("the periods of a list must touch, and %s doesn't follow %s: ask for each by itself", p.first, all.last)
		}
		if gold.Compare(p.last, all.last) > 0 {
			all.last = p.last
		}
	}
	return all.predicates(f.Name, gold.Eq), nil
}
