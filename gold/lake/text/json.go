package text

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"goldserve/gold/lake/content"
)

// maxDepth is how many objects and lists may lie within each other.
const maxDepth = 1000

// scanner reads JSON (RFC 8259) strictly. at is the byte that it is at, where an error is.
type scanner struct {
	text []byte
	at   int
}

// wrong returns the error that the scanner is at another byte than it should be at.
func (s *scanner) wrong(expected string) error {
	found := "the end"
	switch {
	case s.at == len(s.text) && len(bytes.TrimSpace(s.text)) > 0: // as where an object is written over several lines, which is JSON
		return &recordError{s.at, fmt.Sprintf("the line ends within an object: expected %s: write one object per line, or an array of objects", expected)}
	case s.at == len(s.text):
	case s.text[s.at] >= utf8.RuneSelf:
		found = "another character"
	default:
		found = strconv.QuoteRune(rune(s.text[s.at]))
	}
	return &recordError{s.at, fmt.Sprintf("it is not JSON: expected %s, found %s: write one object per line, or an array of objects", expected, found)}
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// is reports whether the next byte is one, and goes past it.
func (s *scanner) is(b byte) bool {
	if s.at < len(s.text) && s.text[s.at] == b {
		s.at++
		return true
	}
	return false
}

// value reads one value and returns its cell. Spaces before it are read.
func (s *scanner) value(depth int) (cell, error) {
	s.space()
	c := cell{start: s.at}
	var err error
	switch {
	case s.at == len(s.text):
		return c, s.wrong("a value")
	case s.text[s.at] == '"':
		return s.quotedText()
	case s.text[s.at] == '{':
		c.nested = true
		err = s.object(depth, func([]byte) error {
			_, err := s.value(depth + 1)
			return err
		})
	case s.text[s.at] == '[':
		c.nested = true
		err = s.list(depth)
	case s.text[s.at] == '-' || s.text[s.at] >= '0' && s.text[s.at] <= '9':
		err = s.number()
	default:
		for _, word := range []string{"true", "false", "null"} {
			if bytes.HasPrefix(s.text[s.at:], []byte(word)) {
				if s.at += len(word); word == "null" {
					return cell{start: s.at, end: s.at}, nil
				}
				c.end = s.at
				return c, nil
			}
		}
		return c, s.wrong("a value")
	}
	c.end = s.at
	return c, err
}

// quotedText reads a string; its cell is what stands between the quotes.
func (s *scanner) quotedText() (cell, error) {
	s.at++
	c := cell{start: s.at, quoted: true}
	for ; s.at < len(s.text); s.at++ {
		switch b := s.text[s.at]; {
		case b == '"':
			c.end = s.at
			s.at++
			return c, nil
		case b < ' ':
			return c, s.wrong("a character of a string (control characters must be escaped)")
		case b == '\\':
			c.doubled = true
			if s.at++; s.at == len(s.text) {
				return c, s.wrong("an escaped character")
			}
			switch s.text[s.at] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				for range 4 {
					if s.at++; s.at == len(s.text) || !isHex(s.text[s.at]) {
						return c, s.wrong("four hexadecimal digits")
					}
				}
			default:
				return c, s.wrong("an escaped character")
			}
		}
	}
	return c, s.wrong("the quote that closes a string")
}

func isHex(b byte) bool { return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'f' }

func (s *scanner) digits() bool {
	n := 0
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
		n++
	}
	return n > 0
}

func (s *scanner) number() error {
	s.is('-')
	if !s.is('0') && !s.digits() {
		return s.wrong("a digit")
	}
	if s.is('.') && !s.digits() {
		return s.wrong("a digit")
	}
	if s.is('e') || s.is('E') {
		if !s.is('+') {
			s.is('-')
		}
		if !s.digits() {
			return s.wrong("a digit")
		}
	}
	return nil
}

func (s *scanner) list(depth int) error {
	if depth > maxDepth {
		return &recordError{s.at, fmt.Sprintf("objects and lists lie more than %d deep within each other", maxDepth)}
	}
	s.at++
	if s.space(); s.is(']') {
		return nil
	}
	for {
		if _, err := s.value(depth + 1); err != nil {
			return err
		}
		switch s.space(); {
		case s.is(','):
		case s.is(']'):
			return nil
		default:
			return s.wrong("a comma or ]")
		}
	}
}

// object reads an object and calls fn for each key, which is valid until fn returns, with the scanner before its value.
func (s *scanner) object(depth int, fn func(key []byte) error) error {
	if depth > maxDepth {
		return &recordError{s.at, fmt.Sprintf("objects and lists lie more than %d deep within each other", maxDepth)}
	}
	s.at++
	if s.space(); s.is('}') {
		return nil
	}
	for {
		if s.space(); s.at == len(s.text) || s.text[s.at] != '"' {
			return s.wrong("a key in quotes")
		}
		c, err := s.quotedText()
		if err != nil {
			return err
		}
		key := s.text[c.start:c.end]
		if c.doubled {
			key = unescape(nil, key)
		}
		if s.space(); !s.is(':') {
			return s.wrong("a colon")
		}
		if err := fn(key); err != nil {
			return err
		}
		switch s.space(); {
		case s.is(','):
		case s.is('}'):
			return nil
		default:
			return s.wrong("a comma or }")
		}
	}
}

// unescape appends a string without its escapes, which are valid. Half a pair of UTF-16 is the sign of what stands for nothing.
func unescape(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			dst = append(dst, text[i])
			continue
		}
		i++
		switch text[i] {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := unit(text[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				other := rune(-1)
				if i+6 < len(text) && text[i+1] == '\\' && text[i+2] == 'u' {
					other = unit(text[i+3:])
				}
				if r = utf16.DecodeRune(r, other); r != utf8.RuneError {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, text[i])
		}
	}
	return dst
}

// unit reads four hexadecimal digits.
func unit(text []byte) rune {
	n, _ := strconv.ParseUint(string(text[:4]), 16, 16) // they were checked
	return rune(n)
}

// compact appends a value without spaces, its strings escaped no more than they must be.
func compact(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case ' ', '\t', '\n', '\r':
		case '"':
			s := scanner{text, i}
			c, _ := s.quotedText() // it was checked
			i = c.end
			dst = content.AppendJSONText(dst, unescape(nil, text[c.start:c.end]))
		default:
			dst = append(dst, text[i])
		}
	}
	return dst
}
