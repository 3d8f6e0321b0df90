package text

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"goldserve/gold"
)

// charset is how letters are written in bytes. Those of single bytes are decoded value by value; those of more as a stream.
type charset struct {
	name   string
	single *charmap.Charmap // nil: UTF-8, or wide
	wide   func() transform.Transformer
	only   bool // contracts can declare no other
}

// charsetOf returns the charset of a name; the empty one is UTF-8.
func charsetOf(name string) (*charset, error) {
	c := &charset{name: name}
	utf16 := func(order unicode.Endianness, mark unicode.BOMPolicy) {
		c.wide = func() transform.Transformer { return unicode.UTF16(order, mark).NewDecoder() }
	}
	switch name {
	case "", "utf-8":
	case "utf-16":
		utf16(unicode.LittleEndian, unicode.UseBOM)
	case "utf-16le":
		utf16(unicode.LittleEndian, unicode.UseBOM)
	case "utf-16be":
		utf16(unicode.BigEndian, unicode.UseBOM)
	case "windows-1252":
		c.single = charmap.Windows1252
	case "iso-8859-1":
		c.single = charmap.ISO8859_1
	case "iso-8859-15":
		c.single = charmap.ISO8859_15
	default:
		return nil, fmt.Errorf("encoding %q is unknown: expected one of %s", name, strings.Join(gold.Encodings, ", "))
	}
	return c, nil
}

// The marks of byte order that files begin with.
var (
	utf8Mark   = [3]byte{0xef, 0xbb, 0xbf}
	utf16Marks = [][]byte{{0xff, 0xfe}, {0xfe, 0xff}}
)

// marked returns how many bytes of a text, by its first ones, are a mark of UTF-8, which then is its charset, whatever is
// declared. UTF-16 must be declared: its mark is an error otherwise.
func (c *charset) marked(first []byte) (*charset, int64, error) {
	if bytes.HasPrefix(first, utf8Mark[:]) {
		return &charset{name: "utf-8", only: c.only}, int64(len(utf8Mark)), nil
	}
	for _, mark := range utf16Marks {
		switch {
		case c.wide != nil || !bytes.HasPrefix(first, mark):
		case c.only:
			return c, 0, errors.New("it begins with the byte order mark of UTF-16: write it in UTF-8")
		default:
			return c, 0, errors.New("it begins with the byte order mark of UTF-16: say so in the contract, such as source: {csv: …, encoding: utf-16}, or write it in UTF-8")
		}
	}
	return c, 0, nil
}

// isUTF16 reports whether a text begins with the mark of UTF-16.
func isUTF16(first []byte) bool {
	return slices.ContainsFunc(utf16Marks, func(mark []byte) bool { return bytes.HasPrefix(first, mark) })
}

// decode returns a value in UTF-8, in memory that is valid until the next one. It returns the place of the first byte that
// stands for nothing, or -1.
func (c *charset) decode(memory, value []byte) (text []byte, wrong int) {
	if c.single == nil {
		if !utf8.Valid(value) {
			return value, firstInvalid(value)
		}
		if c.wide != nil { // whose stream has this sign for what stands for nothing
			return value, bytes.IndexRune(value, utf8.RuneError)
		}
		return value, -1
	}
	if ascii(value) {
		return value, -1
	}
	text = memory[:0]
	for i, b := range value {
		r := c.single.DecodeByte(b)
		if r == utf8.RuneError {
			return value, i
		}
		text = utf8.AppendRune(text, r)
	}
	return text, -1
}

func ascii(text []byte) bool {
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// firstInvalid returns the place of the first byte that is no part of UTF-8.
func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// invalid says what is wrong with a value that is not of the charset.
func (c *charset) invalid(value []byte) *valueProblem {
	if c.single != nil || c.wide != nil {
		return &valueProblem{gold.CodeValueType, quoteStart(value), "text in " + c.name + ", as the contract says"}
	}
	if c.only {
		return &valueProblem{gold.CodeValueType, quoteStart(value), "valid UTF-8"}
	}
	return &valueProblem{gold.CodeValueType, quoteStart(value), "valid UTF-8: if the file has another encoding, say so in the contract, such as source: {csv: …, encoding: windows-1252}"}
}
