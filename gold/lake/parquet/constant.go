package parquet

import (
	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// setConstant types a partition's value by the contract.
func (c *column) setConstant(p content.Partition) (problem *gold.Problem) {
	var found string
	if c.constant, found, problem = p.Constant(c.field, c.nullable); found != "" {
		c.coerced = &valueProblem{found: found}
	}
	return problem
}

// lenient reports whether a value that doesn't fit becomes null and is counted, instead of being an error.
func (c *column) lenient() bool { return c.field.Cast != nil && c.field.Cast.Lenient }
