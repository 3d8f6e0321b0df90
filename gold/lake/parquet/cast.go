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
