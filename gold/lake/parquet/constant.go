package parquet

import (
	"fmt"
	"strconv"

	"goldserve/gold"
	"goldserve/gold/lake/cast"
	"goldserve/gold/lake/content"
)

// setConstant types a partition's value by the contract.
func (c *column) setConstant(p content.Partition) *gold.Problem {
	value := gold.Value{}
	switch {
	case !p.Null && c.field.Cast != nil:
		v, f := c.castConstant(p.Text)
		if f != nil && (!c.lenient() || !c.nullable) {
			return &gold.Problem{Code: f.code, Detail: fmt.Sprintf("the folder's name says %s, and the field's cast expects %s", f.found, f.expected)}
		}
		value, c.coerced = v, f
	case !p.Null:
		v, err := c.field.ParseSource(p.Text)
		if err != nil {
			return &gold.Problem{Code: gold.CodeValueType, Detail: fmt.Sprintf("the folder's name says %q: %s", p.Text, err)}
		}
		value = v
	case !c.nullable:
		return &gold.Problem{Code: gold.CodeValueNull, Detail: "the folder's name says null, and the contract does not allow that"}
	}
	c.constant = &value
	return nil
}

// lenient reports whether a value that doesn't fit becomes null and is counted, instead of being an error.
func (c *column) lenient() bool { return c.field.Cast != nil && c.field.Cast.Lenient }

// castConstant casts the text in a folder's name.
func (c *column) castConstant(text string) (gold.Value, *valueProblem) {
	caster, err := cast.New(c.field)
	if err != nil {
		return gold.Value{}, &valueProblem{gold.CodeValueType, strconv.Quote(text), err.Error()}
	}
	v, misfit := caster.Value(text)
	if misfit != nil {
		return gold.Value{}, castProblem(strconv.Quote(text), misfit)
	}
	return v, nil
}
