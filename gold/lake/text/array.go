package text

import (
	"bytes"
	"io"
)

// array is an array of JSON that records are elements of.
type array struct {
	part   bool // of the array: it begins after a comma, and ends after one or with the array
	begun  bool // an element was read
	closed bool
}

// beginArray reads the bracket that a text may begin with, and reports whether there is one: its records are the elements of an
// array then, and lines else.
func (r *records) beginArray() (bool, error) {
	for {
		rest := r.buf[r.start:]
		blanks := leadingBlanks(rest)
		switch {
		case blanks < len(rest) && rest[blanks] == '[':
			r.pass(blanks + 1)
			r.array = &array{}
			return true, nil
		case blanks < len(rest) || r.ended:
			return false, nil
		}
		if err := r.fill(); err != nil {
			return false, err
		}
	}
}

// pass goes past bytes of the rest.
func (r *records) pass(n int) {
	r.line += int64(bytes.Count(r.buf[r.start:r.start+n], []byte{'\n'}))
	r.start, r.at = r.start+n, r.at+int64(n)
}

func leadingBlanks(text []byte) int {
	return len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
}

// nextElement is next of an array.
func (r *records) nextElement() (record []byte, line int64, err error) {
	for {
		r.pass(leadingBlanks(r.buf[r.start:]))
		rest := r.buf[r.start:]
		end := element(rest)
		switch {
		case len(rest) > 0 && r.array.closed:
			return rest, r.line, &recordError{0, "it goes on after the array of objects: write a single array"}
		case len(rest) > 0 && rest[0] == ']' && !r.array.begun && !r.array.part:
			r.pass(1)
			r.array.closed = true
			continue
		case end >= 0:
			record, line = rest[:end], r.line
			r.array.begun, r.array.closed = true, rest[end] == ']'
			r.pass(end + 1)
			return record, line, nil
		case !r.ended:
			if err := r.fill(); err != nil {
				return nil, r.line, err
			}
		case len(rest) > 0 || !r.array.closed && !r.array.part:
			return rest, r.line, &recordError{len(rest), "it ends within the array of objects: it was cut off, write it again"}
		default:
			return nil, r.line, io.EOF
		}
	}
}

// element returns where the first element of an array ends: at the comma or bracket behind it; -1: behind the text.
func element(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}':
			depth--
		case ']':
			if depth <= 0 {
				return i
			}
			depth--
		case ',':
			if depth <= 0 {
				return i
			}
		}
	}
	return -1
}
