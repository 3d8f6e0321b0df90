package param

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/query"
)

// period is a closed interval of Dates (in days) or Times (in milliseconds); a single value is its first and last.
type period struct{ first, last gold.Value }

// whole reports whether the period is more than one value.
func (p period) whole() bool { return p.first != p.last }

// span returns the time of the period.
func (p period) span(c gold.Calendar) query.Span {
	if p.first.Kind() == gold.Date {
		return query.DaysSpan(c, p.first.Int(), p.last.Int())
	}
	return query.Span{First: p.first.Int(), Last: p.last.Int()}
}

// parsePeriod reads the text of a Date or Time: a value, or a day, week, month, quarter or year, which is the whole
// period in the calendar.
func parsePeriod(c gold.Calendar, k gold.Kind, text string) (period, error) {
	if p, ok := c.ParsePeriod(text); ok {
		if k == gold.Date {
			return period{gold.NewDate(p.First), gold.NewDate(p.Last)}, nil
		}
		s := query.DaysSpan(c, p.First, p.Last)
		return period{gold.NewTime(s.First), gold.NewTime(s.Last)}, nil
	}
	parse := func(text string) (gold.Value, error) { return gold.ParseValue(k, 0, text) }
	if k == gold.Time {
		parse = c.ParseTime
	}
	v, err := parse(text)
	if err == nil {
		return period{v, v}, nil
	}
	whole := gold.Expected(c.Within(gold.DayPeriod)) + " as a whole"
	switch {
	case k == gold.Date:
		return period{}, fmt.Errorf("expected %s", whole)
	case strings.Contains(text, " "):
		return period{}, fmt.Errorf("expected an instant such as 2011-12-08T12:12:00Z (a plus sign in a URL is written %%2B), or %s", whole)
	default:
		return period{}, fmt.Errorf("expected an instant such as 2011-12-08T12:12:00Z, or %s", whole)
	}
}

// predicates turns a comparison with a period into comparisons with its ends: lte includes the period, gt starts after it,
// eq holds within it.
func (p period) predicates(field string, op gold.Op) []gold.Predicate {
	switch op {
	case gold.Eq:
		if !p.whole() {
			return []gold.Predicate{{Field: field, Op: gold.Eq, Values: []gold.Value{p.first}}}
		}
		return []gold.Predicate{{Field: field, Op: gold.Gte, Values: []gold.Value{p.first}}, {Field: field, Op: gold.Lte, Values: []gold.Value{p.last}}}
	case gold.Gt, gold.Lte:
		return []gold.Predicate{{Field: field, Op: op, Values: []gold.Value{p.last}}}
	default:
		return []gold.Predicate{{Field: field, Op: op, Values: []gold.Value{p.first}}}
	}
}

// maxPeriods bounds the days or texts that a list of periods may have.
const maxPeriods = 4_000

// periodsPredicate turns a list of periods into predicates for in or nin: single values and the days of a Date become a
// list, and periods of a Time that touch become one interval. Several intervals of a Time, or all but one, are an error.
func periodsPredicate(f *gold.Field, op gold.Op, periods []period) ([]gold.Predicate, error) {
	if f.Kind == gold.Date || !slices.ContainsFunc(periods, period.whole) {
		list := gold.Predicate{Field: f.Name, Op: op}
		for _, p := range periods {
			for v := p.first.Int(); v <= p.last.Int(); v++ {
				if list.Values = append(list.Values, gold.NewIntegral(f.Kind, v)); len(list.Values) > maxPeriods {
					return nil, fmt.Errorf("the list has more than %d days: use gte and lte", maxPeriods)
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
