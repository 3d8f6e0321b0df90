package cast

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"goldserve/gold"
)

// numbers is how numbers are written.
type numbers struct {
	point  string
	sign   string   // that a number may have before or after it; empty: none
	groups []string // the marks between groups of digits; nil: there are no groups
}

// alike are the characters that look like a mark between groups of digits, and stand for it in files: the spaces that don't
// break a line, and the apostrophe of typesetters.
var alike = map[string][]string{" ": {" ", "\u00a0", "\u202f", "\u2009"}, "'": {"'", "\u2019"}}

func numbersOf(c *gold.Cast) numbers {
	n := numbers{point: c.Point, sign: c.Sign}
	if n.point == "" {
		n.point = "."
	}
	if c.Thousands != "" {
		if n.groups = alike[c.Thousands]; n.groups == nil {
			n.groups = []string{c.Thousands}
		}
	}
	return n
}

// example writes a number for messages.
func (n numbers) example(unscaled int64, scale int) string {
	text := string(gold.AppendDecimal(nil, unscaled, scale))
	whole, fraction, dot := strings.Cut(text, ".")
	if n.groups != nil && len(whole) > 3 {
		whole = whole[:len(whole)-3] + n.groups[0] + whole[len(whole)-3:]
	}
	if dot {
		whole += n.point + fraction
	}
	if n.sign != "" {
		whole += " " + n.sign
	}
	return whole
}

// unsigned returns a number's text without its sign, which may stand before it, also between a minus and the digits, or after it.
func (n numbers) unsigned(text []byte) []byte {
	blank := func(r rune) bool { return unicode.IsSpace(r) }
	if rest, ok := bytes.CutSuffix(text, []byte(n.sign)); ok {
		return bytes.TrimRightFunc(rest, blank)
	}
	if rest, ok := bytes.CutPrefix(text, []byte(n.sign)); ok {
		return bytes.TrimLeftFunc(rest, blank)
	}
	if minus, ok := bytes.CutPrefix(text, []byte("-")); ok {
		if rest, ok := bytes.CutPrefix(minus, []byte(n.sign)); ok {
			return append([]byte("-"), bytes.TrimLeftFunc(rest, blank)...)
		}
	}
	return text
}

// maxNumber is the longest text, in bytes, that is taken for a number.
const maxNumber = 1000

// plain appends a number in the form of every programming language: -1234.5, with an exponent where that is allowed. It
// reports whether text is a number.
func (n numbers) plain(dst, text []byte, exponent bool) ([]byte, bool) {
	if len(text) > maxNumber {
		return dst, false
	}
	if n.sign != "" {
		text = n.unsigned(text)
	}
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		if text[0] == '-' {
			dst = append(dst, '-')
		}
		text = text[1:]
	}
	before := len(dst)
	dst, text, ok := n.whole(dst, text)
	if !ok {
		return dst, false
	}
	digits := len(dst) - before
	if digits == 0 {
		dst = append(dst, '0') // .5
	}
	if rest, has := bytes.CutPrefix(text, []byte(n.point)); has {
		count := leading(rest)
		if digits += count; count > 0 {
			dst = append(append(dst, '.'), rest[:count]...)
		}
		text = rest[count:]
	}
	if digits == 0 {
		return dst, false
	}
	if exponent && len(text) > 1 && text[0]|0x20 == 'e' {
		sign := text[1:]
		if sign[0] == '-' || sign[0] == '+' {
			sign = sign[1:]
		}
		if len(sign) > 0 && leading(sign) == len(sign) {
			return append(dst, text...), true
		}
	}
	return dst, len(text) == 0
}

// whole appends the digits before the point, and returns the rest of the text. Groups have three digits, as 1,234,567, or,
// but for the last, two, as 12,34,567.
func (n numbers) whole(dst, text []byte) (digits, rest []byte, ok bool) {
	first, middle := -1, 0 // digits of the first group, and of each between the first and the last; 0: none yet
	for {
		count := leading(text)
		dst = append(dst, text[:count]...)
		text = text[count:]
		mark := n.mark(text)
		switch {
		case mark == 0 && first < 0:
			return dst, text, true // no groups
		case mark == 0:
			return dst, text, count == 3 && (middle == 0 && first <= 3 || first <= middle)
		case first < 0:
			first = count
		case middle != 0 && count != middle || count != 2 && count != 3:
			return dst, text, false
		default:
			middle = count
		}
		if first == 0 {
			return dst, text, false
		}
		text = text[mark:]
	}
}

// mark returns the length of the mark between groups that a text begins with; 0: it doesn't.
func (n numbers) mark(text []byte) int {
	for _, m := range n.groups {
		if len(text) >= len(m) && string(text[:len(m)]) == m {
			return len(m)
		}
	}
	return 0
}

// leading returns how many digits a text begins with.
func leading(text []byte) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}

func (c *Cast) appendInt(dst *gold.Column, text []byte) (bool, *Misfit) {
	var memory [64]byte
	plain, ok := c.numbers.plain(memory[:0], text, false)
	if !ok {
		return false, c.misfit()
	}
	whole, fraction, _ := bytes.Cut(plain, []byte{'.'})
	if len(bytes.Trim(fraction, "0")) > 0 {
		return false, &Misfit{gold.CodeValueType, "an integer, not a fraction"}
	}
	n, err := strconv.ParseInt(string(whole), 10, 64)
	if err != nil {
		return false, &Misfit{gold.CodeValueRange, "an integer between -9223372036854775808 and 9223372036854775807"}
	}
	dst.Append(gold.NewInt(n))
	return false, nil
}

func (c *Cast) appendDouble(dst *gold.Column, text []byte) (bool, *Misfit) {
	var memory [64]byte
	plain, ok := c.numbers.plain(memory[:0], text, true)
	if !ok {
		return false, c.misfit()
	}
	bits := 64
	if c.field.Single {
		bits = 32
	}
	x, err := strconv.ParseFloat(string(plain), bits)
	if err != nil {
		return false, &Misfit{gold.CodeValueRange, fmt.Sprintf("a number within the range of a %d-bit float", bits)}
	}
	dst.Append(gold.NewDouble(x))
	return false, nil
}

// fewDigits is how many digits an int64 always holds.
const fewDigits = 18

func (c *Cast) appendDecimal(dst *gold.Column, text []byte) (bool, *Misfit) {
	var memory [64]byte
	plain, ok := c.numbers.plain(memory[:0], text, false)
	if !ok {
		return false, c.misfit()
	}
	whole, fraction, _ := bytes.Cut(plain, []byte{'.'})
	fraction = bytes.TrimRight(fraction, "0")
	if len(fraction) > c.field.Scale {
		return false, c.misfit()
	}
	if len(whole)+c.field.Scale <= fewDigits {
		var memory [fewDigits]byte
		digits := append(append(memory[:0], whole...), fraction...)
		for range c.field.Scale - len(fraction) {
			digits = append(digits, '0')
		}
		if n, err := strconv.ParseInt(string(digits), 10, 64); err == nil {
			if c.field.Kind == gold.WideDecimal {
				dst.AppendInt128(gold.Int128Of(n))
			} else {
				dst.Ints = append(dst.Ints, n)
			}
			return false, nil
		}
	}
	if len(fraction) > 0 {
		whole = plain[:len(whole)+1+len(fraction)]
	}
	v, err := c.field.ParseSource(string(whole))
	if err != nil {
		return false, &Misfit{gold.CodeValueRange, strings.TrimPrefix(err.Error(), "expected ")}
	}
	dst.Append(v)
	return false, nil
}
