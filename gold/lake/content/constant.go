package content

import (
	"fmt"
	"strconv"

	"goldserve/gold"
	"goldserve/gold/lake/cast"
)

// Constant types the partition's value by a field of the contract. A value that doesn't fit the field's cast, which makes null
// of those, is returned as text too.
func (p Partition) Constant(f gold.Field, nullable bool) (value *gold.Value, coerced string, problem *gold.Problem) {
	switch {
	case p.Null && !nullable:
		return nil, "", &gold.Problem{Code: gold.CodeValueNull, Detail: p.Where() + " says null, and the contract does not allow that"}
	case p.Null:
		return &gold.Value{}, "", nil
	case f.Cast == nil:
		v, err := f.ParseSource(p.Text)
		if err != nil {
			return nil, "", &gold.Problem{Code: gold.CodeValueType, Detail: fmt.Sprintf("%s says %q: %s", p.Where(), p.Text, err)}
		}
		return &v, "", nil
	}
	v, misfit := castConstant(f, p.Text)
	if misfit == nil {
		return &v, "", nil
	}
	if found := strconv.Quote(p.Text); !f.Cast.Lenient || !nullable {
		return nil, "", &gold.Problem{Code: misfit.Code, Detail: fmt.Sprintf("%s says %s, and the field's cast expects %s", p.Where(), found, misfit.Expected)}
	}
	return &gold.Value{}, strconv.Quote(p.Text), nil
}

// castConstant casts the text in a folder's name.
func castConstant(f gold.Field, text string) (gold.Value, *cast.Misfit) {
	caster, err := cast.New(f)
	if err != nil {
		return gold.Value{}, &cast.Misfit{Code: gold.CodeValueType, Expected: err.Error()}
	}
	return caster.Value(text)
}
