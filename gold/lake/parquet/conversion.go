package parquet

import "goldserve/gold"

// conversion appends values i to j of a page to a column of the contract's kind and returns how many it appended: fewer
// where the next one does not fit, which the problem tells, or where a text column is full. It adds the values that
// lost digits to lost: times and durations finer than those that are stored, decimals that a double does not hold.
type conversion func(dst *gold.Column, v *values, i, j int, lost *int64) (int, *valueProblem)

// valueProblem tells why a value does not fit.
type valueProblem struct {
	code     gold.Code
	found    string // the value as text
	expected string
}

// valueError is a value that does not fit, with the number of rows that were appended before it.
type valueError struct {
	fault    *valueProblem
	appended int
}

func (e *valueError) Error() string { return "found " + e.fault.found }
