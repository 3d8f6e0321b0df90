package builder

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind says what a token of SQL is.
type tokenKind uint8

const (
	word   tokenKind = iota // a keyword or a name without quotes
	quoted                  // a name in "…" or `…`
	text                    // '…', E'…', r'…', $tag$…$tag$
	number
	sign // one byte of an operator or of punctuation
)

// token is a part of SQL that is neither white space nor a comment.
type token struct {
	kind       tokenKind
	start, end int    // bytes of the file
	line       int    // of its first byte, from 1
	name       string // of a name, without its quotes; of a word as written; of a sign the byte
}

// is reports whether the token is an unquoted word, which is given in lower case.
func (t token) is(words ...string) bool {
	if t.kind != word {
		return false
	}
	for _, w := range words {
		if strings.EqualFold(t.name, w) {
			return true
		}
	}
	return false
}

// sign reports whether the token is one of these signs.
func (t token) sign(signs string) bool {
	return t.kind == sign && t.name != "" && strings.Contains(signs, t.name)
}

// isName reports whether the token can name something.
func (t token) isName() bool { return t.kind == word || t.kind == quoted }

// sqlError is what is wrong with SQL, and where.
type sqlError struct {
	line, column int
	detail, near string
}

// scanner finds the tokens of SQL as both engines do. What they would take for different things is an error.
type scanner struct {
	sql    string
	at     int
	tokens []token
	lines  []int // where each line starts
}

// tokenize returns the tokens of SQL.
func tokenize(sql string) ([]token, *sqlError) {
	s := &scanner{sql: sql, lines: []int{0}}
	for i := range len(sql) {
		if sql[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	for s.at < len(sql) {
		if e := s.next(); e != nil {
			return nil, e
		}
	}
	return s.tokens, nil
}

// fail returns an error at a byte.
func (s *scanner) fail(at int, detail string) *sqlError {
	line := s.line(at)
	return &sqlError{line: line, column: at - s.lines[line-1] + 1, detail: detail}
}

// line returns the line of a byte, from 1.
func (s *scanner) line(at int) int {
	low, high := 0, len(s.lines)
	for high-low > 1 {
		if middle := (low + high) / 2; s.lines[middle] <= at {
			low = middle
		} else {
			high = middle
		}
	}
	return low + 1
}

// add adds the token that ends at end.
func (s *scanner) add(kind tokenKind, end int, name string) {
	s.tokens = append(s.tokens, token{kind: kind, start: s.at, end: end, line: s.line(s.at), name: name})
	s.at = end
}

// next reads one token, comment or run of white space.
func (s *scanner) next() *sqlError {
	rest := s.sql[s.at:]
	switch c := rest[0]; {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		s.at++
	case strings.HasPrefix(rest, "--"):
		if end := strings.IndexAny(rest, "\r\n"); end >= 0 {
			s.at += end
		} else {
			s.at = len(s.sql)
		}
	case strings.HasPrefix(rest, "/*"):
		return s.comment()
	case c == '\'':
		return s.literal(s.at, false)
	case c == '"' || c == '`':
		return s.quotedName(c)
	case c == '$':
		return s.dollars()
	case c >= '0' && c <= '9' || c == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		return s.number()
	case isLetter(c):
		return s.word()
	case c < ' ' || c == 0x7f:
		return s.fail(s.at, "a control character")
	default:
		s.add(sign, s.at+1, string(c))
	}
	return nil
}

// comment skips a comment, in which there may be others.
func (s *scanner) comment() *sqlError {
	depth := 0
	for i := s.at; i < len(s.sql); i++ {
		switch {
		case strings.HasPrefix(s.sql[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s.sql[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				s.at = i + 1
				return nil
			}
		}
	}
	return s.fail(s.at, "the comment has no end: expected */")
}

// literal reads a text in single quotes, which begin at or after the token's start. Backslashes escape in texts that begin with E; in
// others one engine takes them for escapes and the other doesn't, which matters before a quote.
func (s *scanner) literal(quote int, escapes bool) *sqlError {
	for i := quote + 1; i < len(s.sql); i++ {
		switch c := s.sql[i]; {
		case c == 0:
			return s.fail(i, "a NUL character")
		case c == '\\' && escapes:
			i++
		case c == '\\' && i+1 < len(s.sql) && s.sql[i+1] == '\'':
			return s.fail(i, `a backslash before a quote ends the text for one engine and not for the other: double a quote within a text, and write a backslash at its end as chr(92)`)
		case c == '\'' && i+1 < len(s.sql) && s.sql[i+1] == '\'':
			i++
		case c == '\'':
			s.add(text, i+1, "")
			return nil
		}
	}
	return s.fail(s.at, "the text has no end: expected a quote")
}

// quotedName reads a name in quotes, which are doubled within it.
func (s *scanner) quotedName(quote byte) *sqlError {
	var name strings.Builder
	for i := s.at + 1; i < len(s.sql); i++ {
		switch c := s.sql[i]; {
		case c == 0 || c == '\n' || c == '\r':
			return s.fail(s.at, "a name in quotes ends on the line that it begins on")
		case c == '\\' && i+1 < len(s.sql) && s.sql[i+1] == quote:
			return s.fail(i, "a backslash before a quote ends the name for one engine and not for the other")
		case c == quote && i+1 < len(s.sql) && s.sql[i+1] == quote:
			i++
			name.WriteByte(c)
		case c == quote:
			s.add(quoted, i+1, name.String())
			return nil
		default:
			name.WriteByte(c)
		}
	}
	return s.fail(s.at, "the name has no end: expected "+string(quote))
}

// dollars reads $tag$…$tag$.
func (s *scanner) dollars() *sqlError {
	end := s.at + 1
	for end < len(s.sql) && (isLetter(s.sql[end]) || end > s.at+1 && isDigit(s.sql[end])) {
		end++
	}
	if end == len(s.sql) || s.sql[end] != '$' {
		return s.fail(s.at, "a parameter of a prepared statement: read a parameter of the model as param_NAME()")
	}
	tag := s.sql[s.at : end+1]
	length := strings.Index(s.sql[end+1:], tag)
	if length < 0 {
		return s.fail(s.at, "the text has no end: expected "+tag)
	}
	if strings.IndexByte(s.sql[end+1:end+1+length], 0) >= 0 {
		return s.fail(s.at, "a NUL character")
	}
	s.add(text, end+1+length+len(tag), "")
	return nil
}

// numberPattern matches numbers of both engines.
var numberPattern = regexp.MustCompile(`^(?:0[xX][0-9a-fA-F]+|(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)`)

// number reads a number. What follows must not be part of a word: 1FROM is two tokens for one engine.
func (s *scanner) number() *sqlError {
	end := s.at + len(numberPattern.FindString(s.sql[s.at:]))
	if end < len(s.sql) && (isLetter(s.sql[end]) || isDigit(s.sql[end]) || s.sql[end] == '$') {
		return s.fail(s.at, "a number that runs into a word: put a space between them")
	}
	s.add(number, end, "")
	return nil
}

// word reads a word, or a text that one begins: E'…', r'…'.
func (s *scanner) word() *sqlError {
	end := s.at
	for end < len(s.sql) && (isLetter(s.sql[end]) || isDigit(s.sql[end]) || s.sql[end] == '$') {
		end++
	}
	name := s.sql[s.at:end]
	for i, r := range name {
		if r == utf8.RuneError || r >= utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return s.fail(s.at+i, "the character "+strconv.QuoteRuneToASCII(r)+", which is not a letter: write it only inside quotes")
		}
	}
	if end == len(s.sql) || s.sql[end] != '\'' {
		s.add(word, end, name)
		return nil
	}
	switch name {
	case "E", "e":
		return s.literal(end, true)
	case "R", "r":
		close := strings.IndexByte(s.sql[end+1:], '\'')
		if close >= 0 && (strings.HasPrefix(s.sql[end+1+close:], "''") || close > 0 && s.sql[end+close] == '\\') {
			return s.fail(end, "a raw text with a quote in it: engines read it differently")
		}
		return s.literal(end, false)
	default:
		s.add(word, end, name) // DATE '…', X'…'
		return nil
	}
}

// isLetter reports whether a byte can begin a word.
func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
