package infer

import (
	"bytes"
	"net/netip"
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
	addressShape  // of the Internet: IPv4 or IPv6
	personShape   // one to four capitalised words
	currencyShape // the code of a currency
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
	if isCurrency(text) {
		found(currencyShape)
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
	var compact [34]byte
	n := 0
	for _, c := range text {
		switch {
		case c == ' ':
			continue
		case n == len(compact) || (c < '0' || c > '9') && (c < 'A' || c > 'Z'):
			return false
		}
		compact[n] = c
		n++
	}
	if n < 15 || compact[1] < 'A' || compact[2] > '9' || compact[3] > '9' {
		return false
	}
	rest := 0
	for i := range n {
		if c := compact[(i+4)%n]; c <= '9' {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest == 1
}

// isPerson reports whether a text may be a name: one to five words of letters, each of them capitalised or as short as de
// and la, the last name first in Koné, Marek.
func isPerson(text []byte) bool {
	const longest, mostWords, longestParticle = 80, 5, 3
	if len(text) > longest {
		return false
	}
	words, letters, capital := 0, 0, false
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		switch {
		case r == ' ' || r == '-' || r == '\'' || r == '’' || r == '.' || r == ',':
			if letters > longestParticle && !capital {
				return false
			}
			letters = 0
			continue
		case unicode.IsMark(r):
			continue
		case !unicode.IsLetter(r):
			return false
		}
		if letters == 0 {
			words, capital = words+1, unicode.IsUpper(r)
		}
		letters++
	}
	return words > 0 && words <= mostWords && (letters <= longestParticle || capital)
}
