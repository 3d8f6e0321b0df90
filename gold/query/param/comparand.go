package param

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/query"
)

// comparand is a field that a parameter compares with a text.
type comparand struct {
	field    *gold.Field
	patterns []string // that every text of the field matches
	valid    []string // the closed list of the field's values, sorted; nil: open
	unit     gold.PeriodUnit
	monday   bool // a week is written as its Monday, or the day that weeks start on
	named    bool // a week is written 2011-W23; where neither or both are known, it may be either
	calendar gold.Calendar
}

// comparandOf returns the comparand of a column.
func comparandOf(column *query.Column) *comparand {
	f := column.Field
	if column.Texts != nil && f.Kind == gold.Text {
		c := comparandOf(column.Texts)
		c.field, c.valid = f, nil
		return c
	}
	c := &comparand{field: f, patterns: column.Owner.Patterns(f.Name), valid: ValidValues(column.Owner, f.Name), calendar: column.Calendar}
	made := column.Grain
	if c.unit = made.Unit(); made == gold.GrainNone {
		made = column.Owner.GrainOf(f.Name)
		c.unit, _ = column.Owner.PeriodOf(f)
	}
	if c.unit == gold.WeekPeriod {
		week := c.at(0)
		c.monday = made != gold.GrainNone || c.calendar.WeekStart != 0 || c.fits(gold.DayPeriod.At(week.First).Text()) == nil
		c.named = made == gold.GrainNone && c.calendar.WeekStart == 0 && c.fits(week.Text()) == nil
	}
	return c
}

// ValidValues returns the closed list of a field's values, sorted; nil: open.
func ValidValues(d *gold.Dataset, field string) []string {
	return slices.Sorted(slices.Values(d.ValidValues(field)))
}

// condition is one filter's condition on a field.
type condition struct {
	where []gold.Predicate
	op    gold.Op
	time  *query.Span // of a comparison with one period: the period's time
}

// condition types the text of a comparison. No other function turns the text of a filter into values.
func (c *comparand) condition(op gold.Op, text string) (condition, error) {
	switch {
	case op == gold.IsNull:
		switch text {
		case "true":
		case "false":
			op = gold.NotNull
		default:
			return condition{}, errors.New("expected true or false")
		}
		return condition{op: op, where: []gold.Predicate{{Field: c.field.Name, Op: op}}}, nil
	case op.Row().Search:
		if n := utf8.RuneCountInString(text); n == 0 || n > maxSearch {
			return condition{}, fmt.Errorf("expected a text of 1 to %d characters", maxSearch)
		}
		return condition{op: op, where: []gold.Predicate{{Field: c.field.Name, Op: op, Values: []gold.Value{gold.NewText(text)}}}}, nil
	default:
	}
	items := []string{text}
	if op == gold.In || op == gold.NotIn {
		var err error
		if items, err = splitList(text); err != nil {
			return condition{}, err
		}
	}
	switch f := c.field; {
	case f.Kind.Temporal():
		return compareItems(op, items, func(item string) (period, error) { return parsePeriod(c.calendar, f.Kind, item) }, c.spanOf, c.ofPeriods)
	case c.unit != gold.NoPeriod:
		return compareItems(op, items, func(item string) (textPeriod, error) { return c.textPeriod(op, item) }, c.span, c.ofTexts)
	default:
		return compareItems(op, items, func(item string) (gold.Value, error) { return c.value(op, item) }, nil, c.ofValues)
	}
}

// compareItems parses the items of a comparison and makes predicates of them; time returns the time of a single period.
func compareItems[T any](op gold.Op, items []string, parse func(string) (T, error), time func(T) query.Span, predicates func(gold.Op, []T) ([]gold.Predicate, error)) (condition, error) {
	values := make([]T, len(items))
	for i, item := range items {
		var err error
		if values[i], err = parse(item); err != nil {
			if len(items) > 1 {
				err = itemError(i, err)
			}
			return condition{}, err
		}
	}
	made := condition{op: op}
	if time != nil && len(items) == 1 {
		made.time = new(time(values[0]))
	}
	var err error
	made.where, err = predicates(op, values)
	return made, err
}

// itemError says which item of a list is wrong.
func itemError(i int, err error) error {
	if bad, ok := errors.AsType[*notValid](err); ok {
		return bad
	}
	return fmt.Errorf("item %d: %w", i+1, err)
}

// notValid is the error of a value that is not in the contract's closed list of a field's values, or, where said says
// what is wrong, of any other that has a nearest valid one.
type notValid struct {
	text    string
	valid   []string
	nearest string
	said    string
}

func (e *notValid) Error() string {
	if e.said != "" {
		return e.said
	}
	return fmt.Sprintf("%s is none of %s", e.text, query.List(e.valid))
}

func equality(op gold.Op) bool {
	return op == gold.Eq || op == gold.Ne || op == gold.In || op == gold.NotIn
}

// value types one value. A text that the contract rules out is an error: no row can have it. If the contract lists all
// values, the error of an equality names the nearest one.
func (c *comparand) value(op gold.Op, text string) (gold.Value, error) {
	v, err := c.field.Parse(text)
	if err != nil || c.field.Kind != gold.Text {
		return v, err
	}
	if equality(op) && c.valid != nil && !slices.Contains(c.valid, text) {
		return v, &notValid{text: text, valid: c.valid, nearest: gold.Nearest(text, c.valid)}
	}
	return v, c.fits(text)
}

func (c *comparand) ofValues(op gold.Op, values []gold.Value) ([]gold.Predicate, error) {
	return []gold.Predicate{{Field: c.field.Name, Op: op, Values: values}}, nil
}

// fits returns an error if a text doesn't match a pattern that all texts of the field match.
func (c *comparand) fits(text string) error {
	for _, pattern := range c.patterns {
		// A contract whose patterns can't be compiled isn't loaded.
		if expression, err := regexp.Compile(pattern); err == nil && !expression.MatchString(text) {
			return fmt.Errorf("%s can't be a value of %s: its texts have the pattern %s", text, c.field.Name, pattern)
		}
	}
	return nil
}

// ofPeriods compares a Date or Time with periods.
func (c *comparand) ofPeriods(op gold.Op, periods []period) ([]gold.Predicate, error) {
	switch {
	case op == gold.In || op == gold.NotIn:
		return periodsPredicate(c.field, op, periods)
	case op == gold.Ne && periods[0].whole():
		return periodsPredicate(c.field, gold.NotIn, periods)
	default:
		return periods[0].predicates(c.field.Name, op), nil
	}
}

// textPeriod is a period that the texts of a field are compared with, as the first and the last period of their unit in
// it, by their first days. A day that isn't a Monday holds no week: first is after last.
type textPeriod struct{ first, last int64 }

func (c *comparand) at(day int64) gold.Period { return c.calendar.At(c.unit, day) }
func (c *comparand) next(day int64) int64     { return c.at(day).Last + 1 }
func (c *comparand) previous(day int64) int64 { return c.at(day - 1).First }

// span returns the time of the period.
func (c *comparand) span(p textPeriod) query.Span {
	return query.DaysSpan(c.calendar, p.first, c.at(p.last).Last)
}

// textPeriod reads a period to compare a text field with: one that is made of whole periods of the texts' unit.
func (c *comparand) textPeriod(op gold.Op, text string) (textPeriod, error) {
	p, ok := c.calendar.ParsePeriod(text)
	week, within := c.unit == gold.WeekPeriod, c.calendar.Within(c.unit)
	if !ok || !slices.Contains(within, p.Unit) && (!week || p.Unit != gold.DayPeriod) {
		expected := gold.Expected(within)
		if week {
			expected = "a week's " + c.weekStart() + " " + gold.DayPeriod.At(c.at(exampleDay).First).Text() + ", " + expected
		}
		return textPeriod{}, fmt.Errorf("%s is no period of %s, whose texts are %ss: expected %s", text, c.field.Name, c.unit, expected)
	}
	found := textPeriod{p.First, c.at(p.Last).First}
	if found.first != c.at(p.First).First {
		found.first = c.next(p.First)
	}
	if !equality(op) {
		return found, nil
	}
	if found.first > found.last {
		its := c.at(p.First)
		names := gold.DayPeriod.At(its.First).Text()
		if c.calendar.WeekStart == 0 {
			names += " or " + its.Text()
		}
		return textPeriod{}, fmt.Errorf("%s is no %s: its week is %s", text, c.weekStart(), names)
	}
	if found.first == found.last {
		return found, c.possible(c.texts(found.first))
	}
	return found, nil
}

// exampleDay is a day of the week that messages have for an example: 2011-12-08.
const exampleDay = 15_316

// weekStart names the day that weeks start on.
func (c *comparand) weekStart() string {
	name := c.calendar.WeekStart.String()
	return strings.ToUpper(name[:1]) + name[1:]
}

// spanOf returns the time of a period.
func (c *comparand) spanOf(p period) query.Span { return p.span(c.calendar) }

// possible returns an error if the contract rules out all texts of a period.
func (c *comparand) possible(texts []string) error {
	var err error
	for _, text := range texts {
		if err = c.fits(text); err != nil {
			continue
		}
		if c.valid == nil || slices.Contains(c.valid, text) {
			return nil
		}
		err = &notValid{text: text, valid: c.valid, nearest: gold.Nearest(text, c.valid)}
	}
	return err
}

// texts returns the texts of the period that starts on a day, in the order of texts.
func (c *comparand) texts(day int64) []string {
	named := c.calendar.Text(c.at(day))
	if c.unit != gold.WeekPeriod {
		return []string{named}
	}
	monday := gold.DayPeriod.At(day).Text()
	switch {
	case c.calendar.WeekStart != 0:
		return []string{monday}
	case c.monday == c.named:
		return []string{monday, named}
	case c.monday:
		return []string{monday}
	default:
		return []string{named}
	}
}

// ofTexts compares texts with periods. Texts of one unit sort in the order of time.
func (c *comparand) ofTexts(op gold.Op, periods []textPeriod) ([]gold.Predicate, error) {
	p := periods[0]
	switch {
	case op == gold.Gte || op == gold.Lt:
		return c.bound(op, p.first), nil
	case op == gold.Gt || op == gold.Lte:
		return c.bound(op, p.last), nil
	case op == gold.Eq && p.first < p.last:
		return append(c.bound(gold.Gte, p.first), c.bound(gold.Lte, p.last)...), nil
	}
	made := gold.Predicate{Field: c.field.Name, Op: op}
	for _, p := range periods {
		for day := p.first; day <= p.last; day = c.next(day) {
			for _, text := range c.texts(day) {
				made.Values = append(made.Values, gold.NewText(text))
			}
			if len(made.Values) > maxPeriods {
				return nil, fmt.Errorf("the list has more than %d %ss: use gte and lte", maxPeriods, c.unit)
			}
		}
	}
	switch several := len(made.Values) > 1; {
	case several && op == gold.Eq:
		made.Op = gold.In
	case several && op == gold.Ne:
		made.Op = gold.NotIn
	}
	return []gold.Predicate{made}, nil
}

// bound compares texts with the period that starts on a day. If a week may be written in two ways, the texts that sort on
// the right side of the period although their week is on the wrong side are excluded.
func (c *comparand) bound(op gold.Op, day int64) []gold.Predicate {
	texts := c.texts(day)
	compare := func(op gold.Op, text string) gold.Predicate {
		return gold.Predicate{Field: c.field.Name, Op: op, Values: []gold.Value{gold.NewText(text)}}
	}
	if len(texts) == 1 {
		return []gold.Predicate{compare(op, texts[0])}
	}
	out := gold.Predicate{Field: c.field.Name, Op: gold.NotIn}
	switch op {
	case gold.Gt:
		if c.next(day) > gold.MaxDate {
			return []gold.Predicate{compare(op, texts[1])}
		}
		return c.bound(gold.Gte, c.next(day))
	case gold.Lt:
		return c.bound(gold.Lte, c.previous(day))
	case gold.Gte: // 2011-12-05 is before all 2011-W..
		for w := c.previous(day); c.texts(w)[1] > texts[0]; w = c.previous(w) {
			out.Values = append(out.Values, gold.NewText(c.texts(w)[1]))
		}
		return without(compare(op, texts[0]), out)
	default: // 2011-W01 is after all 2011-..
		for w := c.next(day); w <= gold.MaxDate && c.texts(w)[0] < texts[1]; w = c.next(w) {
			out.Values = append(out.Values, gold.NewText(c.texts(w)[0]))
		}
		return without(compare(op, texts[1]), out)
	}
}

func without(p, out gold.Predicate) []gold.Predicate {
	if len(out.Values) == 0 {
		return []gold.Predicate{p}
	}
	return []gold.Predicate{p, out}
}
