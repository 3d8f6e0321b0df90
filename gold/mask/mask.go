package mask

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"goldserve/gold"
)

// KeyBytes is how many bytes a key has at least.
const KeyBytes = 32

// New returns the function that masks the texts of a column, for one goroutine; nil: nothing is masked. The column gets new memory,
// so that what shares its old one isn't changed. dataset is the field's, with its model: retail.dim_clients. Only MaskHMAC needs a
// key.
func New(m gold.Mask, key []byte, dataset, field string) func(*gold.Column) {
	switch m {
	case gold.MaskNull:
		return func(c *gold.Column) { texts(c, func([]byte) string { return "" }, true) }
	case gold.MaskInitials:
		return func(c *gold.Column) { texts(c, initials, false) }
	case gold.MaskFirstLetter:
		return func(c *gold.Column) { texts(c, firstLetter, false) }
	case gold.MaskHMAC:
		mac := hmac.New(sha256.New, key)
		prefix := "v1|" + dataset + "|" + field + "|"
		return func(c *gold.Column) {
			texts(c, func(text []byte) string { return keyed(mac, prefix, text) }, false)
		}
	case gold.MaskSHA256:
		return func(c *gold.Column) { texts(c, plain, false) }
	case gold.MaskNone:
	}
	return nil
}

// texts replaces every text of a column; with null, by nulls.
func texts(c *gold.Column, mask func([]byte) string, null bool) {
	masked := gold.Column{Kind: c.Kind, Offsets: make([]int32, 1, len(c.Offsets))}
	for i := range c.Len() {
		if null || c.IsNull(i) {
			masked.AppendNull()
		} else {
			masked.AppendText(mask(c.Text(i)))
		}
	}
	*c = masked
}

// initials returns the first letter of each word, upper case, each followed by a point: "J. D.".
func initials(text []byte) string {
	var parts []string
	for word := range strings.FieldsSeq(string(text)) {
		r, _ := utf8.DecodeRuneInString(word)
		parts = append(parts, string(unicode.ToUpper(r))+".")
	}
	return strings.Join(parts, " ")
}

// firstLetter returns the first code point that is no white space, as it is written; of blank text nothing.
func firstLetter(text []byte) string {
	text = bytes.TrimLeftFunc(text, IsSpace)
	_, size := utf8.DecodeRune(text)
	return string(text[:size])
}

// IsSpace reports whether a code point is white space, as Python's str.strip and the builds' SQL trim it: Unicode's, and the four
// separators of ASCII.
func IsSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// plain returns 32 hexadecimal digits of the SHA-256 of a text in the form of keyed. Whoever has the digits finds the text again by hashing
// guesses, of e-mail addresses in seconds.
func plain(text []byte) string {
	sum := sha256.Sum256([]byte(plainForm(text)))
	return hex.EncodeToString(sum[:16])
}

// plainForm is a text trimmed, lower case and NFKC, so that spellings of one e-mail address agree.
func plainForm(text []byte) string {
	return strings.TrimSpace(strings.ToLower(norm.NFKC.String(string(text))))
}

// keyed returns 32 hexadecimal digits of the HMAC of a text in its plain form.
func keyed(mac hash.Hash, prefix string, text []byte) string {
	mac.Reset()
	mac.Write([]byte(prefix))
	mac.Write([]byte(plainForm(text)))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
