package parquet

import (
	"fmt"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
)

// column is a field of the dataset as one file holds it.
type column struct {
	field    gold.Field
	key      bool
	nullable bool // keys never are
	constant *gold.Value
	coerced  *valueProblem // why the constant is null although the folder's name says something else; nil: it isn't
	absent   bool          // the table has it, and the file does not
	lacking  *gold.Problem // of an optional field that the file does not have: a constant null stands for it
	inFile   *column       // the file's own column of a constant's name, nil for none: it is compared, and not passed on
	// The rest is of columns that lie in the file, those without a constant. A nested one has no place of its own.
	place
	convert conversion
	nested  *nested // nil where the column has one value in a row
	refused string  // what can't be written of a nested one
}

// places returns where the values of the column lie.
func (c *column) places() []place {
	if c.nested != nil {
		return c.nested.leaves
	}
	return []place{c.place}
}

// topColumns checks that the schema is one tree and returns the root's children and the number of leaves.
func topColumns(schema []format.SchemaElement) ([]fileColumn, int, error) {
	if len(schema) == 0 || schema[0].Type.Valid {
		return nil, 0, fmt.Errorf("its schema has no root")
	}
	var top []fileColumn
	leaves := 0
	open := []int32{schema[0].NumChildren.V} // children still to come of each group above the element
	for i := 1; i < len(schema); i++ {
		for len(open) > 0 && open[len(open)-1] <= 0 {
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			return nil, 0, fmt.Errorf("its schema has elements that belong to no group")
		}
		open[len(open)-1]--
		if len(open) == 1 {
			top = append(top, fileColumn{element: &schema[i], index: i, leaf: leaves, path: []string{schema[i].Name}, depth: levelOf(&schema[i])})
		}
		if schema[i].Type.Valid {
			leaves++
			continue
		}
		if open = append(open, schema[i].NumChildren.V); len(open) > maxDepth {
			return nil, 0, fmt.Errorf("its schema nests more than %d groups", maxDepth)
		}
	}
	for _, n := range open {
		if n > 0 {
			return nil, 0, fmt.Errorf("its schema announces more columns than it has")
		}
	}
	if leaves > maxColumns {
		return nil, 0, fmt.Errorf("it has %d columns; at most %d are allowed", leaves, maxColumns)
	}
	return top, leaves, nil
}

// checkSchema refuses a schema whose columns no reader could read, whether the dataset names them or not.
func checkSchema(schema []format.SchemaElement) error {
	for i := range schema {
		e := &schema[i]
		switch {
		case !utf8.ValidString(e.Name):
			return fmt.Errorf("its schema has a column whose name is not UTF-8 (%q)", e.Name)
		case !e.Type.Valid:
			continue
		case physicalWords[e.Type.V] == "":
			return fmt.Errorf("its schema gives the column %q the unknown type %d", e.Name, e.Type.V)
		}
		if word := contradiction(e); word != "" {
			return fmt.Errorf("its schema says that the column %q holds %s, and stores it as %s", e.Name, word, e.Type.V)
		}
	}
	return nil
}

// contradiction returns what a leaf can't hold, as its physical type or its precision has no such values.
func contradiction(e *format.SchemaElement) string {
	m := logicalMeaning(e)
	sound := true
	switch m.kind {
	case texts: // of a fixed length is against the rules, too, and yet read by some
		sound = e.Type.V == format.ByteArray || e.Type.V == format.FixedLenByteArray
	case integers:
		sound = e.Type.V == format.Int64 && m.wide || e.Type.V == format.Int32 && !m.wide
	case decimals:
		sound = meaningOf(e).kind == decimals && m.precision >= max(1, m.scale)
	case days, instants, clocks, uuids, halves:
		sound = meaningOf(e).kind == m.kind
	case plainValues, periods, durations, allNulls, foreign:
	}
	if sound && e.ConvertedType.Valid && e.LogicalType.Value == nil {
		switch e.ConvertedType.V {
		case deprecated.Interval:
			sound = e.Type.V == format.FixedLenByteArray && e.TypeLength.V == 12
		default:
		}
	}
	if sound {
		return ""
	}
	return m.word
}
