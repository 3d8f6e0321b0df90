package sqlitestore

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"modernc.org/sqlite"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// errArguments means that a function got arguments that query.go and aggregate.go never pass.
var errArguments = errors.New("unexpected arguments")

// registerFunctions adds what SQL has no word for. A null argument gives null.
//
//	goldserve_contains(text, needle)        1 where the folded text contains the needle, which is folded already, else 0
//	goldserve_startswith(text, needle)      the same at the beginning
//	goldserve_period(kind, grain, calendar, value)  the key of the period that holds a Date or Time, as measure.Periods has it
//	goldserve_grain(grain, calendar, key)           the value of the period of a key
//	goldserve_age(kind, since, days, months, calendar, value, other)  the age of a Date or Time since another one, as measure.Ages
//	                                        has it; null before it
//	goldserve_real(decimal, scale)          the double nearest to a WideDecimal
//	goldserve_wide(high, low)               high·2^32 + low as a WideDecimal; a null is 0
//	goldserve_measure(func, kind, scale, x, level)  an aggregate: a measure as gold/measure computes it; null over no values,
//	                                        and '' where the sum of a WideDecimal has too many digits
//	goldserve_pick(func, x, order…)         an aggregate: the value of the first or last row that has one
//
// Kinds, grains and functions are the numbers that package gold gives them; a calendar is a text that calendarText writes.
func registerFunctions(d *sqlite.Driver) error {
	scalar := func(args int32, f func(args []driver.Value) (driver.Value, error)) *sqlite.FunctionImpl {
		return &sqlite.FunctionImpl{
			NArgs: args, Deterministic: true, VolatileArgs: true, // texts are not retained after the call
			Scalar: func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) { return f(args) },
		}
	}
	return errors.Join(
		d.RegisterFunction("goldserve_contains", scalar(2, folded(bytes.Contains))),
		d.RegisterFunction("goldserve_startswith", scalar(2, folded(bytes.HasPrefix))),
		d.RegisterFunction("goldserve_period", scalar(4, period)),
		d.RegisterFunction("goldserve_grain", scalar(3, grain)),
		d.RegisterFunction("goldserve_age", scalar(7, age)),
		d.RegisterFunction("goldserve_real", scalar(2, real)),
		d.RegisterFunction("goldserve_wide", scalar(2, wide)),
		d.RegisterFunction("goldserve_measure", &sqlite.FunctionImpl{
			NArgs: 5, VolatileArgs: true,
			MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &accumulator{}, nil },
		}),
		d.RegisterFunction("goldserve_pick", &sqlite.FunctionImpl{
			NArgs: -1, VolatileArgs: true,
			MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &pick{}, nil },
		}),
	)
}

// folded compares a text with a folded needle.
func folded(matches func(text, needle []byte) bool) func(args []driver.Value) (driver.Value, error) {
	return func(args []driver.Value) (driver.Value, error) {
		if args[0] == nil || args[1] == nil {
			return nil, nil
		}
		text, ok := args[0].(string)
		needle, both := args[1].(string)
		if !ok || !both {
			return nil, errArguments
		}
		return matches(gold.AppendFold(make([]byte, 0, 128), text), []byte(needle)), nil
	}
}

func period(args []driver.Value) (driver.Value, error) {
	if args[3] == nil {
		return nil, nil
	}
	kind, ok := args[0].(int64)
	value, too := args[3].(int64)
	group, err := groupOf(args[1], args[2])
	if !ok || !too || err != nil {
		return nil, errArguments
	}
	return measure.PeriodsOf(gold.Kind(kind), group).Key(value), nil
}

func grain(args []driver.Value) (driver.Value, error) {
	if args[2] == nil {
		return nil, nil
	}
	key, ok := args[2].(int64)
	group, err := groupOf(args[0], args[1])
	if !ok || err != nil {
		return nil, errArguments
	}
	v := measure.PeriodsOf(gold.Time, group).Value(key)
	if v.Kind() == gold.Time {
		return v.Int(), nil
	}
	return v.Text(), nil
}

func age(args []driver.Value) (driver.Value, error) {
	if args[5] == nil || args[6] == nil {
		return nil, nil
	}
	var numbers [7]int64
	for i, arg := range args {
		if n, ok := arg.(int64); ok {
			numbers[i] = n
		} else if i != 4 {
			return nil, errArguments
		}
	}
	group, err := groupOf(int64(gold.GrainNone), args[4])
	if err != nil {
		return nil, errArguments
	}
	group.Age = &gold.Age{Days: int(numbers[2]), Months: int(numbers[3])}
	if age, ok := measure.AgesOf(gold.Kind(numbers[0]), gold.Kind(numbers[1]), group).Of(numbers[5], numbers[6]); ok {
		return age, nil
	}
	return nil, nil
}

// calendarText writes a calendar for the functions: "1 4 Europe/Paris".
func calendarText(c gold.Calendar) string {
	return strconv.Itoa(int(c.WeekStart)) + " " + strconv.Itoa(c.FiscalYearStart) + " " + c.Timezone
}

// groupOf returns the group of a grain and a calendar's text.
func groupOf(grain, calendar driver.Value) (g gold.Group, err error) {
	number, ok := grain.(int64)
	text, too := calendar.(string)
	if !ok || !too {
		return g, errArguments
	}
	g.Grain = gold.Grain(number)
	if text == usualCalendar {
		return g, nil
	}
	week, rest, _ := strings.Cut(text, " ")
	fiscal, zone, _ := strings.Cut(rest, " ")
	day, err := strconv.ParseUint(week, 10, 8)
	if err != nil {
		return g, err
	}
	month, err := strconv.Atoi(fiscal)
	g.Calendar = gold.Calendar{Timezone: strings.Clone(zone), WeekStart: gold.Weekday(day), FiscalYearStart: month}
	return g, err
}

// usualCalendar is the text of the usual calendar.
var usualCalendar = calendarText(gold.Calendar{})

func real(args []driver.Value) (driver.Value, error) {
	if args[0] == nil {
		return nil, nil
	}
	text, ok := args[0].(string)
	scale, both := args[1].(int64)
	if !ok || !both {
		return nil, errArguments
	}
	n, ok := gold.ParseSortable([]byte(text))
	if !ok {
		return nil, errArguments
	}
	return n.Double(int(scale)), nil
}

func wide(args []driver.Value) (driver.Value, error) {
	high, _ := args[0].(int64)
	low, _ := args[1].(int64)
	return sortable(gold.Int128{High: high >> 32, Low: uint64(high) << 32}.Plus(gold.Int128Of(low))), nil
}

// accumulator is goldserve_measure for one group. It passes values to gold/measure in blocks.
type accumulator struct {
	accumulator *measure.Accumulator
	column      gold.Column
}

// block is the number of values in a block.
const block = 512

func (a *accumulator) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	if args[3] == nil {
		return nil
	}
	if a.accumulator == nil {
		if err := a.start(args); err != nil {
			return err
		}
	}
	switch x := args[3].(type) {
	case float64:
		a.column.Floats = append(a.column.Floats, x)
	case int64:
		a.column.Ints = append(a.column.Ints, x)
	case string:
		n, ok := gold.ParseSortable([]byte(x))
		if !ok || a.column.Kind != gold.WideDecimal {
			return errArguments
		}
		a.column.AppendInt128(n)
	default:
		return errArguments
	}
	if a.column.Len() >= block {
		a.flush()
	}
	return nil
}

func (a *accumulator) start(args []driver.Value) (err error) {
	function, ok := args[0].(int64)
	kind, too := args[1].(int64)
	scale, three := args[2].(int64)
	level, four := args[4].(float64)
	if !ok || !too || !three || !four {
		return errArguments
	}
	a.column = gold.NewColumn(gold.Kind(kind), 0)
	f := gold.Field{Name: "value", Kind: a.column.Kind, Scale: int(scale)}
	a.accumulator, err = measure.NewAccumulator(gold.Measure{Func: gold.Func(function), Field: f.Name, Level: level}, f)
	return err
}

func (a *accumulator) flush() {
	a.accumulator.Add(&a.column, measure.Selection{N: a.column.Len()})
	a.column.Ints, a.column.Floats, a.column.Bytes = a.column.Ints[:0], a.column.Floats[:0], a.column.Bytes[:0]
	if len(a.column.Offsets) > 1 {
		a.column.Offsets = a.column.Offsets[:1]
	}
}

// WindowValue returns the measure; SQLite calls it once, at the end of the group.
func (a *accumulator) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	if a.accumulator == nil {
		return nil, nil
	}
	a.flush()
	v, err := a.accumulator.Value(0)
	switch {
	case err != nil && a.column.Kind == gold.WideDecimal:
		return "", nil
	case err != nil:
		return nil, err
	default:
		return stored(v), nil
	}
}

// WindowInverse is for window functions, which this package doesn't use.
func (a *accumulator) WindowInverse(*sqlite.FunctionContext, []driver.Value) error {
	return fmt.Errorf("%w: goldserve_measure is no window function", errArguments)
}

// Final does nothing: WindowValue was called before.
func (a *accumulator) Final(*sqlite.FunctionContext) {}
