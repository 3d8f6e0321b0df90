package publisher

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"goldserve/gold"
)

// storer turns a dataset's batches into stored rows: masks PII fields, and adds the position where there is no key, and the
// BI fields. It is for one goroutine; the batch that it returns is valid until its next call.
type storer struct {
	dataset *gold.Dataset
	out     gold.Batch
	masks   []func(*gold.Column) // by field; nil: none
	from    []int                // of each BI field
}

func newStorer(d *gold.Dataset, hmacKey []byte) *storer {
	s := &storer{dataset: d, masks: make([]func(*gold.Column), len(d.Fields))}
	s.out.Fields = d.Stored()
	s.out.Columns = make([]gold.Column, len(s.out.Fields))
	for i, f := range d.Fields {
		switch f.Mask {
		case gold.MaskNull:
			s.masks[i] = func(c *gold.Column) { maskText(c, func([]byte) string { return "" }, true) }
		case gold.MaskInitials:
			s.masks[i] = func(c *gold.Column) { maskText(c, initials, false) }
		case gold.MaskHMAC:
			mac := hmac.New(sha256.New, hmacKey)
			prefix := "v1|" + d.Model + "." + d.Name + "|" + f.Name + "|"
			s.masks[i] = func(c *gold.Column) {
				maskText(c, func(text []byte) string { return keyed(mac, prefix, text) }, false)
			}
		case gold.MaskNone:
		}
	}
	for _, b := range d.BI {
		for i, f := range d.Fields {
			if f.Name == b.From {
				s.from = append(s.from, i)
			}
		}
	}
	return s
}

// store returns the stored form of a batch of the dataset's fields, whose first row has a position that counts where there
// is no key. Columns that need no change are shared.
func (s *storer) store(b *gold.Batch, position int64) *gold.Batch {
	s.out.Rows = b.Rows
	n := copy(s.out.Columns, b.Columns)
	for i, mask := range s.masks {
		if mask != nil {
			mask(&s.out.Columns[i])
		}
	}
	if s.dataset.Keyless() {
		c := &s.out.Columns[n]
		*c = gold.Column{Kind: gold.Int, Ints: c.Ints[:0]}
		for i := range b.Rows {
			c.Ints = append(c.Ints, position+int64(i))
		}
		n++
	}
	for i, from := range s.from {
		dateColumn(&s.out.Columns[n+i], &b.Columns[from])
	}
	return &s.out
}

// dateColumn fills a Time column with the midnight, UTC, of days or months. Text that is neither is null.
func dateColumn(dst, src *gold.Column) {
	*dst = gold.Column{Kind: gold.Time, Ints: dst.Ints[:0], Nulls: dst.Nulls[:0]}
	lastText, lastValue := "", gold.Value{}
	for i := range src.Len() {
		switch {
		case src.IsNull(i):
			dst.AppendNull()
		case src.Kind == gold.Date:
			dst.Append(gold.NewTime(src.Ints[i] * gold.MillisPerDay))
		default:
			if text := src.Text(i); string(text) != lastText {
				lastText = string(text)
				lastValue = midnight(lastText)
			}
			dst.Append(lastValue)
		}
	}
}

func midnight(text string) gold.Value {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return gold.NewTime(t.UnixMilli())
		}
	}
	return gold.Value{}
}

// maskText replaces every text of a column; with null, by nulls.
func maskText(c *gold.Column, mask func([]byte) string, null bool) {
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

// keyed returns 32 hexadecimal digits of the HMAC of a text, trimmed, lower case and NFKC, so that spellings of one
// e-mail address agree.
func keyed(mac hash.Hash, prefix string, text []byte) string {
	mac.Reset()
	mac.Write([]byte(prefix))
	mac.Write([]byte(strings.TrimSpace(strings.ToLower(norm.NFKC.String(string(text))))))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
