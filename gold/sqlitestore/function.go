package sqlitestore

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"fmt"

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
//	goldserve_period(kind, grain, value)    the first day of the period that holds a Date or Time
//	goldserve_grain(grain, day)             the text of the period that begins on a day
//	goldserve_measure(func, kind, scale, x, level)  an aggregate: a measure as gold/measure computes it; null over no values
//
// Kinds, grains and functions are the numbers that package gold gives them.
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
		d.RegisterFunction("goldserve_period", scalar(3, period)),
		d.RegisterFunction("goldserve_grain", scalar(2, grain)),
		d.RegisterFunction("goldserve_measure", &sqlite.FunctionImpl{
			NArgs: 5, VolatileArgs: true,
			MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &accumulator{}, nil },
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
	if args[2] == nil {
		return nil, nil
	}
	kind, ok := args[0].(int64)
	grain, too := args[1].(int64)
	value, three := args[2].(int64)
	if !ok || !too || !three {
		return nil, errArguments
	}
	start, _ := measure.Period(gold.Kind(kind), value, gold.Grain(grain))
	return start, nil
}

func grain(args []driver.Value) (driver.Value, error) {
	if args[1] == nil {
		return nil, nil
	}
	grain, ok := args[0].(int64)
	day, both := args[1].(int64)
	if !ok || !both {
		return nil, errArguments
	}
	return string(measure.AppendGrain(nil, gold.Date, day, gold.Grain(grain))), nil
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
	a.column.Kind = gold.Kind(kind)
	f := gold.Field{Name: "value", Kind: a.column.Kind, Scale: int(scale)}
	a.accumulator, err = measure.NewAccumulator(gold.Measure{Func: gold.Func(function), Field: f.Name, Level: level}, f)
	return err
}

func (a *accumulator) flush() {
	a.accumulator.Add(&a.column, measure.Selection{N: a.column.Len()})
	a.column.Ints, a.column.Floats = a.column.Ints[:0], a.column.Floats[:0]
}

// WindowValue returns the measure; SQLite calls it once, at the end of the group.
func (a *accumulator) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	if a.accumulator == nil {
		return nil, nil
	}
	a.flush()
	v, err := a.accumulator.Value(0)
	switch {
	case err != nil:
		return nil, err
	case v.IsNull():
		return nil, nil
	case v.Kind() == gold.Double:
		return v.Double(), nil
	default:
		return v.Int(), nil
	}
}

// WindowInverse is for window functions, which this package doesn't use.
func (a *accumulator) WindowInverse(*sqlite.FunctionContext, []driver.Value) error {
	return fmt.Errorf("%w: goldserve_measure is no window function", errArguments)
}

// Final does nothing: WindowValue was called before.
func (a *accumulator) Final(*sqlite.FunctionContext) {}
