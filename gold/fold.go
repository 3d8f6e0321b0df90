package gold

import (
	"unicode"
	"unicode/utf8"
)

// Fold folds a text for Contains and StartsWith: each rune becomes the smallest of its orbit of unicode.SimpleFold. So
// K, k and the Kelvin sign become K, and Σ, σ and ς become Σ; ß and accents stay.
func Fold(s string) string { return string(AppendFold(make([]byte, 0, len(s)), s)) }

// AppendFold appends the folded text. The bytes of invalid UTF-8 become U+FFFD.
func AppendFold[T string | []byte](dst []byte, s T) []byte {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		dst = utf8.AppendRune(dst, foldRune(r))
		i += size
	}
	return dst
}

// foldRune returns the smallest rune of an orbit, which unicode.SimpleFold walks upwards and then around.
func foldRune(r rune) rune {
	smallest := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		smallest = min(smallest, next)
	}
	return smallest
}
