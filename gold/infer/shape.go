package infer

import (
	"bytes"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"goldserve/gold"
)

// shape is what the text of one value looks like. A value may have several.
type shape uint8

// The shapes.
const (
	emailShape shape = iota
	phoneShape       // written as phone numbers are: +33 6 12 34 56 78, 06.12.34.56.78
	digitShape       // 7 to 15 digits with nothing but signs of phone numbers between: a phone number where the name says so
	ibanShape
	addressShape // of the Internet: IPv4 or IPv6
	personShape  // one to four capitalised words
	documentShape
	shapes
)

// maxShaped is the longest text that is looked at; longer ones are prose.
const maxShaped = 4096

// shapesOf calls found with each shape of a text. A JSON document has the shapes of the texts in it, once each.
func shapesOf(text []byte, found func(shape)) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || len(text) > maxShaped {
		return
	}
	if text[0] != '{' && text[0] != '[' {
		plainShapes(text, found)
		return
	}
	found(documentShape)
	var seen [shapes]bool
	for part := range bytes.SplitSeq(text, []byte{'"'}) {
		plainShapes(part, func(s shape) {
			if !seen[s] && s != personShape && s != digitShape {
				found(s)
			}
			seen[s] = true
		})
	}
}

func plainShapes(text []byte, found func(shape)) {
	if len(text) < 2 || len(text) > 254 {
		return
	}
	if isEmail(text) {
		found(emailShape)
		return
	}
	switch c := text[0]; {
	case c == '+' || c == '(' || '0' <= c && c <= '9':
		if plain, written := isPhone(text); written {
			found(phoneShape)
			found(digitShape)
		} else if plain {
			found(digitShape)
		}
		fallthrough
	case c == ':' || 'a' <= c && c <= 'f':
		if isInternetAddress(text) {
			found(addressShape)
		}
	case 'A' <= c && c <= 'Z' && isIBAN(text):
		found(ibanShape)
	default:
		if isPerson(text) {
			found(personShape)
		}
	}
}

func isEmail(text []byte) bool {
	at := bytes.IndexByte(text, '@')
	if at < 1 || bytes.ContainsAny(text, " \t,;<>()") {
		return false
	}
	domain := text[at+1:]
	point := bytes.LastIndexByte(domain, '.')
	return point > 0 && len(domain)-point > 2 && bytes.IndexByte(domain, '@') < 0
}

// isPhone reports whether a text has as many digits as a phone number and nothing else but its signs, and whether it is written
// as one.
func isPhone(text []byte) (digits, written bool) {
	n, signs := 0, 0
	for i, c := range text {
		switch {
		case '0' <= c && c <= '9':
			n++
		case c == '+' && i == 0, c == ' ', c == '.', c == '-', c == '(', c == ')', c == '/':
			signs++
		default:
			return false, false
		}
	}
	if n < 7 || n > 15 {
		return false, false
	}
	if _, period := gold.ParsePeriod(string(text)); period || bytes.Count(text, []byte{'.'}) == 1 && signs == 1 {
		return false, false // a day, or a number
	}
	groups := signs >= 2 && n >= 9 && (text[0] == '0' || text[0] == '(')
	return true, text[0] == '+' && n >= 8 || groups
}

func isInternetAddress(text []byte) bool {
	if bytes.Count(text, []byte{'.'}) != 3 && bytes.Count(text, []byte{':'}) < 2 {
		return false
	}
	_, err := netip.ParseAddr(string(text))
	return err == nil
}

// isIBAN reports whether a text is an account number whose check digits are right (ISO 13616: the rest of 97 is 1).
func isIBAN(text []byte) bool {
	var compact []byte
	for _, c := range text {
		switch {
		case c == ' ':
		case '0' <= c && c <= '9' || 'A' <= c && c <= 'Z':
			compact = append(compact, c)
		default:
			return false
		}
	}
	if len(compact) < 15 || len(compact) > 34 || compact[1] < 'A' || compact[2] > '9' || compact[3] > '9' {
		return false
	}
	rest := 0
	for _, c := range append(compact[4:len(compact):len(compact)], compact[:4]...) {
		if c <= '9' {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest == 1
}

// isPerson reports whether a text may be a name: one to four words of letters, each of them capitalised or as short as de
// and la.
func isPerson(text []byte) bool {
	if len(text) > 80 {
		return false
	}
	words := strings.FieldsFunc(string(text), func(r rune) bool { return r == ' ' || r == '-' || r == '\'' || r == '’' || r == '.' })
	if len(words) == 0 || len(words) > 5 {
		return false
	}
	for _, word := range words {
		first, _ := utf8.DecodeRuneInString(word)
		if !unicode.IsUpper(first) && utf8.RuneCountInString(word) > 3 {
			return false
		}
		if strings.IndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) >= 0 {
			return false
		}
	}
	return true
}
