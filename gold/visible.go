package gold

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns a text with everything escaped, as in a Go string, that a terminal or a page would obey rather than show:
// control characters, line breaks among them, the marks that turn the direction of text, and bytes that are no UTF-8.
// Names of files may hold them.
func Visible(text string) string {
	if utf8.ValidString(text) && strings.IndexFunc(text, obeyed) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if part := text[i : i+n]; obeyed(r) || r == utf8.RuneError && n == 1 {
			quoted := strconv.QuoteToASCII(part)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(part)
		}
		i += n
	}
	return b.String()
}

// obeyed reports whether a character is a control character, ends a line, or turns the direction of text.
func obeyed(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}
