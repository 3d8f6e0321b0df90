package parquet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// Columns reads the columns of a file in their order, from its footer alone. A struct is the columns within it; a list or a
// map is JSON text. It returns Invalid file_invalid and file_unsupported, and errors of the input as they are.
func Columns(ctx context.Context, name string, in content.Input) (columns []content.Column, err error) {
	f := &File{name: name}
	defer func() {
		if r := recover(); r != nil {
			columns, err = nil, f.failed(&panicError{r}, 0, &gold.Field{})
		}
	}()
	_, schema, _, err := f.readSchema(ctx, in)
	if err != nil {
		return nil, err
	}
	return columnsOf(schema), nil
}

// columnsOf returns the columns of a schema as a contract without loss would hold them.
func columnsOf(schema *fileColumns) (columns []content.Column) {
	eachColumn(schema, func(c content.Column, _ *fileColumn) { columns = append(columns, c) })
	return columns
}

// eachColumn calls fn for each column of a schema, and where it lies in the file.
func eachColumn(schema *fileColumns, fn func(column content.Column, at *fileColumn)) {
	m := matching{fileColumns: schema, names: schema.names()}
	var list []string // the path of the last list or map
	m.walk(func([]string) bool { return true }, func(c fileColumn) {
		column := content.Column{Name: strings.Join(c.path, ".")}
		switch {
		case c.listed || isStruct(c.element) || list != nil && len(c.path) > len(list) && slices.Equal(c.path[:len(list)], list):
			return
		case len(c.path) > 1 && slices.Contains(m.names, column.Name):
			return // its name is another column's
		case !c.element.Type.Valid || c.element.RepetitionType.V == format.Repeated:
			holdNested(&column, &c, schema)
			list = c.path
		default:
			hold(&column, &c)
		}
		fn(column, &c)
	})
}

// isStruct reports whether an element is a group of columns, each of which has one value in a row.
func isStruct(e *format.SchemaElement) bool {
	return !e.Type.Valid && e.RepetitionType.V != format.Repeated && typeWords(e) == structWords
}

// hold chooses the field that holds a leaf's values.
func hold(c *content.Column, at *fileColumn) {
	m, physical := at.meaning, at.element.Type.V
	f := gold.Field{Name: c.Name, Nullable: true}
	switch m.kind {
	case integers:
		f.Kind, c.Unsigned = gold.Int, m.unsigned && m.wide
	case decimals:
		switch {
		case m.precision <= gold.NarrowDigits && m.scale <= gold.NarrowDigits:
			f.Kind, f.Scale, c.Precision = gold.Decimal, m.scale, max(m.precision, 1)
		case m.precision <= gold.MaxDigits && m.scale <= m.precision:
			f.Kind, f.Scale, f.Precision, c.Precision = gold.WideDecimal, m.scale, m.precision, m.precision
		default:
			f.Kind = gold.Double
		}
	case texts, allNulls, uuids, clocks, periods:
		f.Kind, c.JSON = gold.Text, isJSON(at.element)
	case days:
		f.Kind = gold.Date
	case instants:
		f.Kind = gold.Time
	case halves:
		f.Kind, f.Single = gold.Double, true
	case plainValues:
		f.Kind = plainKinds[physical]
		f.Single = physical == format.Float
	case durations:
		f.Kind, f.Scale = gold.Duration, gold.DurationScale
	case foreign:
	}
	switch {
	case bytesConversion(m, physical) != nil:
		c.Refused = at.words() + ": " + bytesAdvice
		return
	case f.Kind == gold.Null || conversionOf(f, physical, m) == nil:
		c.Refused = at.words() + unheld
		return
	}
	c.Field = f
}

// holdNested takes a list or a map for JSON text.
func holdNested(c *content.Column, at *fileColumn, in *fileColumns) {
	if _, refused := in.nestedAt(at); refused != "" {
		c.Refused = fmt.Sprintf("%s of %s%s", at.words(), refused, unheld)
		return
	}
	c.Field, c.JSON = gold.Field{Name: c.Name, Kind: gold.Text, Nullable: true}, true
}

// isJSON reports whether the file calls a column's texts JSON.
func isJSON(e *format.SchemaElement) bool {
	_, logical := e.LogicalType.Value.(*format.JsonType)
	return logical || e.ConvertedType.Valid && e.ConvertedType.V == deprecated.Json
}

const unheld = ", which no field can hold"

// plainKinds are the kinds of physical types without a meaning. Bytes may be anything, and are no text.
var plainKinds = map[format.Type]gold.Kind{
	format.Boolean: gold.Bool, format.Int32: gold.Int, format.Int64: gold.Int, format.Int96: gold.Time,
	format.Float: gold.Double, format.Double: gold.Double,
}
