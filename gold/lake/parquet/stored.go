package parquet

import (
	"context"
	"fmt"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// Stored is a column as its file has it, for engines that read the file themselves.
type Stored struct {
	content.Column
	Words string // what it holds: text, 64-bit integers, lists
	// Type tells the type from every other one: widths, units, scales.
	Type string
	// Own says that engines have the type themselves: text, integers with a sign, floating numbers, decimals, dates, timestamps and
	// booleans that lie in no struct.
	Own bool
}

// StoredColumns is Columns with what engines find in the file.
func StoredColumns(ctx context.Context, name string, in content.Input) (columns []Stored, err error) {
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
	eachColumn(schema, func(c content.Column, at *fileColumn) {
		columns = append(columns, storedColumn(c, at))
	})
	return columns, nil
}

func storedColumn(c content.Column, at *fileColumn) Stored {
	m, e := at.meaning, at.element
	s := Stored{Column: c, Words: at.words()}
	s.Type = fmt.Sprintf("%s %d %d %d %d", s.Words, e.Type.V, m.digits, m.precision, m.scale)
	if !e.Type.Valid || e.RepetitionType.V == format.Repeated || len(at.path) > 1 || c.Refused != "" {
		return s
	}
	switch m.kind {
	case plainValues, texts, days, instants:
		s.Own = true
	case decimals:
		s.Own = m.precision <= gold.MaxDigits
	case integers:
		s.Own = !m.unsigned || !m.wide
	default:
	}
	return s
}
