package sqlitestore

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"strings"

	"modernc.org/sqlite"

	"goldserve/gold"
)

// pick is goldserve_pick for one group.
type pick struct {
	found bool
	value driver.Value
	order []driver.Value
}

// Step takes a row's function, value and order; the value and the first term of the order are not null where it counts.
func (p *pick) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	if len(args) < 3 {
		return errArguments
	}
	function, ok := args[0].(int64)
	if !ok {
		return errArguments
	}
	order := args[2:]
	if args[1] == nil || order[0] == nil {
		return nil
	}
	if p.found {
		compared := 0
		for i := 0; i < len(order) && compared == 0; i++ {
			compared = compareStored(order[i], p.order[i])
		}
		if compared == 0 || (compared > 0) != (gold.Func(function) == gold.Last) {
			return nil
		}
	}
	p.found, p.value = true, owned(args[1])
	p.order = p.order[:0]
	for _, v := range order {
		p.order = append(p.order, owned(v))
	}
	return nil
}

// owned returns a value that stays after the call.
func owned(v driver.Value) driver.Value {
	if text, ok := v.(string); ok {
		return strings.Clone(text)
	}
	return v
}

// compareStored orders two values of one column, null first.
func compareStored(a, b driver.Value) int {
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y)
		}
	case string:
		if y, ok := b.(string); ok {
			return cmp.Compare(x, y)
		}
	case nil:
		if b == nil {
			return 0
		}
		return -1
	}
	return 1
}

// WindowValue returns the value; SQLite calls it once, at the end of the group.
func (p *pick) WindowValue(*sqlite.FunctionContext) (driver.Value, error) { return p.value, nil }

// WindowInverse is for window functions, which this package doesn't use.
func (p *pick) WindowInverse(*sqlite.FunctionContext, []driver.Value) error {
	return fmt.Errorf("%w: goldserve_pick is no window function", errArguments)
}

// Final has nothing to free.
func (p *pick) Final(*sqlite.FunctionContext) {}
