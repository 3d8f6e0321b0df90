package text

import (
	"bytes"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/cast"
)

// values appends the texts of one column as values of a field.
type values struct {
	field   gold.Field
	caster  *cast.Cast // nil: texts as they are, and kinds without casts
	nulls   []string   // of a Text, where they are not quoted
	charset *charset
	memory  []byte
	single  gold.Column // memory of what is compared
}

// newValues compiles how a dialect's texts become a field's values: by its cast, and else as ISO 8601 and a point have it.
func newValues(f gold.Field, d *dialect) *values {
	v := &values{field: f, charset: d.charset}
	nulls := append([]string{""}, d.Null...)
	if f.Kind == gold.Text {
		if v.nulls = nulls; f.Cast != nil {
			v.caster, _ = cast.New(f) // a Text can always be cast
		}
		return v
	}
	plain := gold.Cast{From: gold.Text}
	if f.Cast != nil {
		plain = *f.Cast
	}
	plain.Null = append(slices.Clip(plain.Null), nulls...)
	f.Cast = &plain
	if caster, err := cast.New(f); err == nil {
		v.caster = caster
	}
	return v
}

// append appends the value that a text is, or null; nothing where it is none, which the problem tells. quoted: it stood in
// quotes.
func (v *values) append(dst *gold.Column, text []byte, quoted bool) (lossy bool, p *valueProblem) {
	if v.field.Kind == gold.Text {
		if !quoted && slices.ContainsFunc(v.nulls, func(word string) bool { return string(text) == word }) {
			dst.AppendNull()
			return false, nil
		}
		if len(text) > maxCell {
			return false, tooLong(len(text))
		}
		value, wrong := v.decode(text)
		switch {
		case wrong != nil:
			return false, wrong
		case v.caster == nil:
			dst.Bytes = append(dst.Bytes, value...)
			dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
			return false, nil
		}
		return v.cast(dst, value)
	}
	if v.charset.single == nil {
		return v.cast(dst, text)
	}
	value, wrong := v.decode(text)
	if wrong != nil {
		return false, wrong
	}
	return v.cast(dst, value)
}

func (v *values) decode(text []byte) ([]byte, *valueProblem) {
	value, wrong := v.charset.decode(v.memory, text)
	if wrong >= 0 {
		return nil, v.charset.invalid(text)
	}
	if v.charset.single != nil && len(value) > 0 && len(text) > 0 && &value[0] != &text[0] {
		v.memory = value
	}
	return value, nil
}

func (v *values) cast(dst *gold.Column, text []byte) (lossy bool, p *valueProblem) {
	if v.caster == nil {
		return false, v.parse(dst, text)
	}
	lossy, m := v.caster.Append(dst, text)
	switch {
	case m == nil:
		return lossy, nil
	case v.field.Kind == gold.Double && v.field.Cast == nil && strings.EqualFold(string(bytes.TrimSpace(text)), "nan"):
		dst.AppendNull() // as in Parquet
		return false, nil
	}
	return false, &valueProblem{m.Code, quoteStart(text), m.Expected}
}

// parse appends a value of a kind that has no casts.
func (v *values) parse(dst *gold.Column, text []byte) *valueProblem {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		dst.AppendNull()
		return nil
	}
	value, err := v.field.ParseSource(string(text))
	if err != nil {
		return &valueProblem{gold.CodeValueType, quoteStart(text), strings.TrimPrefix(err.Error(), "expected ")}
	}
	dst.Append(value)
	return nil
}

// differs reports whether a text is another value than a constant, or none of the field's.
func (v *values) differs(text []byte, quoted bool, constant gold.Value) bool {
	v.single = gold.NewColumn(v.field.Kind, 1)
	if _, p := v.append(&v.single, text, quoted); p != nil {
		return true
	}
	return !v.single.Equals(0, constant)
}
