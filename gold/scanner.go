package gold

import (
	"fmt"
	"strings"
)

// scanner reads the tokens of formulas and of the conditions of measures: words, numbers, texts in single quotes (two of
// them within are one), and symbols.
type scanner struct {
	text string
	at   int // behind token
	token
}

// token is one token of a text; the last one has no kind.
type token struct {
	kind  tokenKind
	text  string // of a text in quotes what it means, else as it is written
	start int
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenNumber
	tokenText
	tokenSymbol
	tokenUnknown
)

// maxExpression bounds a formula or condition, in bytes; maxNesting its parentheses.
const (
	maxExpression = 2_000
	maxNesting    = 32
)

func newScanner(text string) (*scanner, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("%d bytes are too many: at most %d are allowed", len(text), maxExpression)
	}
	s := &scanner{text: text}
	s.next()
	return s, nil
}

// next reads the next token.
func (s *scanner) next() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
	s.token = token{start: s.at}
	if s.at == len(s.text) {
		return
	}
	switch c := s.text[s.at]; {
	case isLetter(c):
		s.kind = tokenWord
		s.take(func(c byte) bool {
			return isLetter(c) || isDigit(c) || c == '.' && s.at+1 < len(s.text) && isLetter(s.text[s.at+1]) // customer.country
		})
	case isDigit(c) || c == '.':
		s.kind = tokenNumber
		s.take(func(c byte) bool { return isLetter(c) || isDigit(c) || c == '.' })
		if last := s.text[s.at-1]; (last == 'e' || last == 'E') && s.at < len(s.text) && (s.text[s.at] == '-' || s.text[s.at] == '+') {
			s.at++
			s.take(isDigit)
		}
	case c == '\'':
		s.quoted()
		return
	case strings.IndexByte("+-*/(),=<>!", c) >= 0:
		s.kind = tokenSymbol
		s.at++
		if two := s.text[s.start:min(s.at+1, len(s.text))]; two == "<=" || two == ">=" || two == "!=" || two == "<>" {
			s.at++
		}
	default:
		s.kind = tokenUnknown
		s.at++
		for s.at < len(s.text) && s.text[s.at]&0xC0 == 0x80 { // the rest of a character
			s.at++
		}
	}
	s.token.text = s.text[s.start:s.at]
}

func (s *scanner) take(belongs func(byte) bool) {
	for s.at < len(s.text) && belongs(s.text[s.at]) {
		s.at++
	}
}

// quoted reads a text in quotes; without the closing one it is no token.
func (s *scanner) quoted() {
	var b strings.Builder
	for i := s.at + 1; i < len(s.text); i++ {
		switch {
		case s.text[i] != '\'':
			b.WriteByte(s.text[i])
		case i+1 < len(s.text) && s.text[i+1] == '\'':
			b.WriteByte('\'')
			i++
		default:
			s.kind, s.token.text, s.at = tokenText, b.String(), i+1
			return
		}
	}
	s.kind, s.token.text, s.at = tokenUnknown, s.text[s.start:], len(s.text)
}

func isLetter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// is reports whether the token is a symbol.
func (s *scanner) is(symbol string) bool { return s.kind == tokenSymbol && s.token.text == symbol }

// isWord reports whether the token is a word, whatever its case.
func (s *scanner) isWord(word string) bool {
	return s.kind == tokenWord && strings.EqualFold(s.token.text, word)
}

// expected is the error of a token that can't stand where it does.
func (s *scanner) expected(what string) error {
	switch before := strings.TrimSpace(s.text[:s.start]); {
	case s.kind == tokenUnknown && strings.HasPrefix(s.token.text, "'"):
		return fmt.Errorf("the text %s has no closing quote", s.token.text)
	case before == "":
		return fmt.Errorf("expected %s", what)
	default:
		return fmt.Errorf("expected %s after %q", what, before)
	}
}

// quoteText writes a text as the scanner reads it.
func quoteText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
