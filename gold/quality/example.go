package quality

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"goldserve/gold"
)

const (
	mostExamples   = 5
	mostCharacters = 64 // of a value that an example shows
)

// examples keeps the five smallest of the counted rows, by number and then by value.
type examples struct {
	field    *gold.Field
	personal bool
	held     []example // sorted, all different
	text     []byte    // reused
}

// example is a row with its value, which is empty for personal data.
type example struct {
	row  int64 // 0: unknown
	text string
}

// numbered returns the number of a batch's row, 0 where its first has none.
func numbered(first int64, i int) int64 {
	if first <= 0 {
		return 0
	}
	return first + int64(i)
}

func (e *examples) offer(row int64, c *gold.Column, i int) {
	if row == 0 && e.personal || e.full() && row > e.held[mostExamples-1].row {
		return
	}
	e.text = e.text[:0]
	if !e.personal {
		e.text = appendValue(e.text, c, i, e.field)
	}
	at, found := slices.BinarySearchFunc(e.held, e.text, func(x example, text []byte) int {
		return cmp.Or(cmp.Compare(x.row, row), bytes.Compare([]byte(x.text), text))
	})
	if !found && at < mostExamples {
		e.insert(at, example{row, string(e.text)})
	}
}

func (e *examples) merge(other *examples) {
	for _, x := range other.held {
		at, found := slices.BinarySearchFunc(e.held, x, func(a, b example) int {
			return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.text, b.text))
		})
		if !found && at < mostExamples {
			e.insert(at, x)
		}
	}
}

func (e *examples) full() bool { return len(e.held) == mostExamples }

func (e *examples) insert(at int, x example) {
	if e.full() {
		e.held = e.held[:mostExamples-1]
	}
	e.held = slices.Insert(e.held, at, x)
}

func (e *examples) strings() []string {
	var texts []string
	for _, x := range e.held {
		switch {
		case x.row == 0:
			texts = append(texts, x.text)
		case x.text == "":
			texts = append(texts, place(x.row))
		default:
			texts = append(texts, place(x.row)+": "+x.text)
		}
	}
	return texts
}

func place(row int64) string { return "row " + strconv.FormatInt(row, 10) }

// appendValue appends a value for people: texts in quotes and cut, others as in answers.
func appendValue(dst []byte, c *gold.Column, i int, f *gold.Field) []byte {
	if c.Kind != gold.Text || c.IsNull(i) {
		return f.Append(dst, c.Value(i))
	}
	text := c.Text(i)
	dst = append(dst, '\'')
	for n := 1; len(text) > 0; n++ {
		r, size := utf8.DecodeRune(text)
		switch {
		case n == mostCharacters && len(text) > size:
			return append(dst, "…'"...)
		case unicode.IsPrint(r):
			dst = utf8.AppendRune(dst, r)
		default:
			// A file must not control the terminal of the reader.
			escaped := strconv.QuoteRune(r)
			dst = append(dst, escaped[1:len(escaped)-1]...)
		}
		text = text[size:]
	}
	return append(dst, '\'')
}

// count writes a number of things: 1 row, 22403 rows.
func count(n int64, what string) string {
	text := strconv.FormatInt(n, 10) + " " + what
	if n != 1 {
		text += "s"
	}
	return text
}
