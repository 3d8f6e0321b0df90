package mongostore

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// foldPattern returns a regular expression, to be used without options, that matches exactly the texts that fold to
// the same as literal under Unicode's simple case folding: each rune becomes the class of its orbit. The server's own
// "ignore case" knows the cases of another version of Unicode.
func foldPattern(literal string) string {
	var b strings.Builder
	for _, r := range literal {
		if unicode.SimpleFold(r) == r {
			writeRune(&b, r)
			continue
		}
		b.WriteByte('[')
		b.WriteRune(r)
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			b.WriteRune(next)
		}
		b.WriteByte(']')
	}
	return b.String()
}

// writeRune writes a rune without cases so that it means itself. A regular expression in BSON ends with its first NUL.
func writeRune(b *strings.Builder, r rune) {
	switch {
	case r == 0:
		b.WriteString(`\x00`)
		return
	case r < utf8.RuneSelf && (unicode.IsPunct(r) || unicode.IsSymbol(r)):
		b.WriteByte('\\')
	}
	b.WriteRune(r)
}
