package yaml

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// MaxName is the length of the longest name.
const MaxName = 63

// Identifier turns any text into a name that IsIdentifier takes: accents are folded, and what can't be in a name becomes one
// underscore.
func Identifier(text string) string {
	var out strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			out.WriteRune(r)
		case letters[r] != "":
			out.WriteString(letters[r])
		case unicode.IsMark(r) || r == '\'' || r == '’':
		default:
			if s := out.String(); s != "" && !strings.HasSuffix(s, "_") {
				out.WriteByte('_')
			}
		}
	}
	name := strings.TrimRight(out.String(), "_")
	if name == "" || !IsIdentifier(name[:1]) {
		name = strings.TrimRight("f_"+name, "_")
	}
	return strings.TrimRight(name[:min(len(name), MaxName)], "_")
}

// letters are those that NFKD does not take apart.
var letters = map[rune]string{'ß': "ss", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE", 'ø': "o", 'Ø': "O", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ı': "i"}
