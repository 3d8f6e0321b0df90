package quality

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"unicode/utf8"

	"goldserve/gold"
)

// texts validates texts by all arguments of a rule.
type texts struct {
	listed      map[string]struct{} // nil: any
	failsListed bool                // the listed ones fail, else the others
	pattern     *regexp.Regexp      // nil: any
	low, high   int                 // characters
	cache       *resultCache        // nil: validating is as cheap as a cache
}

// newTexts returns a validator. A regular expression takes some hundred nanoseconds per text, so its results are cached.
func newTexts(t texts) *texts {
	if t.listed != nil || t.pattern != nil {
		t.cache = &resultCache{}
	}
	return &t
}

func (t *texts) validate(c *gold.Column, rows int, fail func(int)) {
	var last []byte
	good := false
	for i := range rows {
		text := c.Text(i)
		// Columns are often sorted.
		if i == 0 || !bytes.Equal(text, last) {
			good, last = t.cached(text), text
		}
		if !good {
			fail(i)
		}
	}
}

func (t *texts) cached(text []byte) bool {
	if t.cache == nil || len(text) > maxCachedText {
		return t.valid(text)
	}
	v := t.cache.of(text)
	if !v.known {
		v.known, v.good = true, t.valid(text)
	}
	return v.good
}

func (t *texts) valid(text []byte) bool {
	if t.listed != nil {
		if _, listed := t.listed[string(text)]; listed == t.failsListed {
			return false
		}
	}
	return fits(text, t.low, t.high) && (t.pattern == nil || t.pattern.Match(text))
}

// fits reports whether a text has from low to high characters, each of one to four bytes.
func fits(text []byte, low, high int) bool {
	if n := len(text); n <= high && (n+3)/4 >= low {
		return true
	}
	n := utf8.RuneCount(text)
	return low <= n && n <= high
}

const maxCachedText = 32 // bytes

// resultCache caches the results of short texts: a table in which a text has one slot, and replaces its content.
type resultCache [2048]cachedResult

type cachedResult struct {
	text        [maxCachedText]byte // followed by zeros
	length      uint8
	known, good bool
}

// of returns the slot of a text, with its result if that is known.
func (v *resultCache) of(text []byte) *cachedResult {
	var padded [maxCachedText]byte
	copy(padded[:], text)
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(padded[i*8:]) }
	hash := (word(0) ^ word(1)*0x9e3779b97f4a7c15 ^ word(2)*0xbf58476d1ce4e5b9 ^ word(3)*0x94d049bb133111eb) * 0xd6e8feb86659fd93
	slot := &v[hash>>53]
	if slot.text != padded || int(slot.length) != len(text) {
		*slot = cachedResult{text: padded, length: uint8(len(text))}
	}
	return slot
}
