package parquet

import (
	"strconv"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
	"goldserve/gold/lake/cast"
)

// castConversion returns the conversion of a leaf's texts or integers to a field that its contract casts them to, or nil
// where the leaf holds others.
func castConversion(f gold.Field, m meaning, physical format.Type) conversion {
	c, err := cast.New(f)
	if err != nil {
		return nil
	}
	if f.Cast.From == gold.Int {
		if read := intConversion(m, physical); read != nil {
			return castIntegers(c, read)
		}
		return nil
	}
	if m.kind == texts || m.kind == plainValues && physical == format.ByteArray {
		return castTexts(c)
	}
	return nil
}

// castIntegers casts what another conversion reads as integers, among which may be nulls.
func castIntegers(c *cast.Cast, read conversion) conversion {
	return func(dst *gold.Column, v *values, i, j int, lost *int64) (int, *valueProblem) {
		one := gold.NewBatch([]gold.Field{{Kind: gold.Int}}, 1)
		integer := &one.Columns[0]
		for k := i; k < j; k++ {
			if dst.Kind == gold.Text && len(dst.Bytes) >= batchText {
				return k - i, nil
			}
			one.Reset()
			if _, p := read(integer, v, k, k+1, lost); p != nil {
				return k - i, p
			}
			if integer.IsNull(0) {
				dst.AppendNull()
				continue
			}
			lossy, misfit := c.AppendInt(dst, integer.Ints[0])
			if misfit != nil {
				return k - i, castProblem(strconv.FormatInt(integer.Ints[0], 10), misfit)
			}
			if lossy {
				*lost++
			}
		}
		return j - i, nil
	}
}

func castTexts(c *cast.Cast) conversion {
	return func(dst *gold.Column, v *values, i, j int, lost *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			text := v.text(k)
			switch {
			case dst.Kind == gold.Text && len(dst.Bytes) >= batchText:
				return k - i, nil
			case len(text) > maxCell:
				return k - i, tooLong(len(text))
			case !utf8.Valid(text):
				return k - i, notUTF8(text)
			}
			lossy, misfit := c.Append(dst, text)
			if misfit != nil {
				return k - i, castProblem(quoteStart(text), misfit)
			}
			if lossy {
				*lost++
			}
		}
		return j - i, nil
	}
}

func castProblem(found string, m *cast.Misfit) *valueProblem {
	return &valueProblem{m.Code, found, m.Expected}
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

// Coerced counts the values of a field that did not fit its cast, and became null.
type Coerced struct {
	Rows     int64
	Examples []CoercedExample // of the first ones
}

// CoercedExample is one of these values. Text is empty for personal data.
type CoercedExample struct {
	File string
	Row  int64 // of the file, from 1
	Text string
}

// mostCoerced bounds the examples of a field.
const mostCoerced = 5

// coercions counts them for one column.
type coercions struct {
	Coerced
	file   string
	before int64 // rows of the file before the row group
	whole  int64 // rows of the row group
}

// begin says which row group is read from here on.
func (c *coercions) begin(file string, g *group) { c.file, c.before, c.whole = file, g.before, g.rows }

// coerce notes that the n rows from one of the row group on, from 0, become null.
func (c *cursor) coerce(row int64, p *valueProblem, n int64) {
	c.coerced.Rows += n
	for i := range min(n, int64(mostCoerced-len(c.coerced.Examples))) {
		e := CoercedExample{File: c.coerced.file, Row: c.coerced.before + row + i + 1}
		if !c.column.field.PII {
			e.Text = p.found
		}
		c.coerced.Examples = append(c.coerced.Examples, e)
	}
}

// Coerced returns the values that became null, by field; only fields that have some.
func (r *Reader) Coerced() map[string]Coerced {
	coerced := map[string]Coerced{}
	for i := range r.cursors {
		if c := r.cursors[i].coerced.Coerced; c.Rows > 0 {
			coerced[r.batch.Fields[i].Name] = c
		}
	}
	return coerced
}
