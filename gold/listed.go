package gold

import (
	"fmt"
	"strings"
)

// Counted writes a number of things, whose noun takes an s: 1 row, 2 rows.
func Counted[N int | int32 | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Listed writes names for a message, and only the first of many.
func Listed(names []string) string {
	const most = 40
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(Quoted(names[:most]), ", "), len(names)-most)
	default:
		return strings.Join(Quoted(names), ", ")
	}
}

// Quoted quotes the names that are not plain words, and shortens very long ones.
func Quoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		if len(n) > 64 {
			n = strings.ToValidUTF8(n[:64], "") + "…"
		}
		plain := n != "" && strings.IndexFunc(n, func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		}) < 0
		if !plain {
			n = fmt.Sprintf("%q", n)
		}
		out[i] = n
	}
	return out
}
