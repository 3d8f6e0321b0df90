package cast

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// Cast turns values of a column into those of a field.
type Cast struct {
	field    gold.Field
	nulls    []string
	expected string // what a value must be, in words
	numbers  numbers
	words    words
	times    times
	append   func(dst *gold.Column, text []byte) (lossy bool, m *Misfit) // of a text that is not null
	quick    func(dst *gold.Column, text []byte) bool                    // nil: there is none; see quickOf
}

// Misfit says why a value is none of the field's.
type Misfit struct {
	Code     gold.Code // value_type or value_range
	Expected string
}

// New compiles the cast of a field that has one.
func New(f gold.Field) (*Cast, error) {
	c := &Cast{field: f, nulls: f.Cast.Null}
	if f.Kind != gold.Text {
		c.nulls = nil
		for _, word := range f.Cast.Null {
			c.nulls = append(c.nulls, strings.TrimSpace(word))
		}
	}
	c.numbers = numbersOf(f.Cast)
	var err error
	switch f.Kind {
	case gold.Bool:
		c.words = wordsOf(f.Cast)
		c.append, c.expected = c.appendBool, c.words.String()
	case gold.Int:
		c.append, c.expected = c.appendInt, "an integer such as "+c.numbers.example(1234, 0)
	case gold.Double:
		c.append, c.expected = c.appendDouble, "a number such as "+c.numbers.example(123456, 2)
	case gold.Decimal, gold.WideDecimal:
		c.append, c.expected = c.appendDecimal, fmt.Sprintf("a decimal number with at most %s after the point, such as %s",
			gold.Counted(f.Scale, "digit"), c.numbers.example(123456, min(f.Scale, 2)))
	case gold.Text:
		c.append, c.expected = appendText, "text"
	case gold.Date, gold.Time:
		if c.times, err = timesOf(f); err != nil {
			return nil, err
		}
		c.append, c.expected = c.appendTime, c.times.expected
	default:
		return nil, fmt.Errorf("nothing can be cast to a %s", f.Kind)
	}
	c.quick = c.quickOf()
	return c, nil
}

// Append appends the value that a text is, or null, to a column of the field's kind; nothing where it is none, which the
// Misfit tells. lossy reports whether a time lost digits below the millisecond. White space around a value doesn't count,
// unless the field is a text.
func (c *Cast) Append(dst *gold.Column, text []byte) (lossy bool, m *Misfit) {
	if c.quick != nil && c.quick(dst, text) {
		return false, nil
	}
	if c.field.Kind != gold.Text {
		text = bytes.TrimSpace(text)
	}
	if c.isNull(text) {
		dst.AppendNull()
		return false, nil
	}
	return c.append(dst, text)
}

// AppendInt is Append for an integer.
func (c *Cast) AppendInt(dst *gold.Column, n int64) (lossy bool, m *Misfit) {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], n, 10)
	switch {
	case c.isNull(text):
		dst.AppendNull()
		return false, nil
	case c.field.Kind == gold.Double && (n > gold.MaxExact || n < -gold.MaxExact):
		return false, &Misfit{gold.CodeValueRange, "an integer that a double holds exactly (up to 9007199254740992)"}
	}
	return c.append(dst, text)
}

// Value casts one text, such as the one in a folder's name.
func (c *Cast) Value(text string) (gold.Value, *Misfit) {
	b := gold.NewBatch([]gold.Field{c.field}, 1)
	if _, m := c.Append(&b.Columns[0], []byte(text)); m != nil {
		return gold.Value{}, m
	}
	return b.Columns[0].Value(0), nil
}

func (c *Cast) isNull(text []byte) bool {
	return slices.ContainsFunc(c.nulls, func(word string) bool { return string(text) == word })
}

// misfit is that of a text of another form.
func (c *Cast) misfit() *Misfit { return &Misfit{gold.CodeValueType, c.expected} }

func appendText(dst *gold.Column, text []byte) (bool, *Misfit) {
	dst.Bytes = append(dst.Bytes, text...)
	dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
	return false, nil
}

// words are the texts of true and false.
type words struct {
	yes, no []string
	folded  bool // in any case
}

func wordsOf(c *gold.Cast) words {
	w := words{yes: c.True, no: c.False, folded: c.From == gold.Text && len(c.True) == 0 && len(c.False) == 0}
	defaults := [2]string{"true", "false"}
	if c.From == gold.Int {
		defaults = [2]string{"1", "0"}
	}
	if len(w.yes) == 0 {
		w.yes = defaults[:1]
	}
	if len(w.no) == 0 {
		w.no = defaults[1:]
	}
	return w
}

func (w words) String() string {
	return fmt.Sprintf("%s for true or %s for false", strings.Join(gold.Quoted(w.yes), ", "), strings.Join(gold.Quoted(w.no), ", "))
}

func (w words) has(list []string, text []byte) bool {
	return slices.ContainsFunc(list, func(word string) bool {
		return string(text) == word || w.folded && strings.EqualFold(string(text), word)
	})
}

func (c *Cast) appendBool(dst *gold.Column, text []byte) (bool, *Misfit) {
	switch {
	case c.words.has(c.words.yes, text):
		dst.Append(gold.NewBool(true))
	case c.words.has(c.words.no, text):
		dst.Append(gold.NewBool(false))
	default:
		return false, c.misfit()
	}
	return false, nil
}
