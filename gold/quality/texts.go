package quality

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"unicode/utf8"

	"goldserve/gold"
)

// texts judges texts by all that a rule gives.
type texts struct {
	listed      map[string]struct{} // nil: any
	failsListed bool                // the listed ones fail, else the others
	pattern     *regexp.Regexp      // nil: any
	low, high   int                 // characters
	verdicts    *verdicts           // nil: judging is as cheap as remembering
}

// newTexts returns a judge. An expression takes some hundred nanoseconds a text: verdicts are remembered.
func newTexts(t texts) *texts {
	if t.listed != nil || t.pattern != nil {
		t.verdicts = &verdicts{}
	}
	return &t
}

func (t *texts) judge(c *gold.Column, rows int, fail func(int)) {
	var last []byte
	good := false
	for i := range rows {
		text := c.Text(i)
		// Columns are often sorted.
		if i == 0 || !bytes.Equal(text, last) {
			good, last = t.recall(text), text
		}
		if !good {
			fail(i)
		}
	}
}

func (t *texts) recall(text []byte) bool {
	if t.verdicts == nil || len(text) > longestVerdict {
		return t.good(text)
	}
	v := t.verdicts.of(text)
	if !v.known {
		v.known, v.good = true, t.good(text)
	}
	return v.good
}

func (t *texts) good(text []byte) bool {
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

const longestVerdict = 32 // bytes

// verdicts remembers what was said of short texts: a table in which a text has one place, and replaces what was there.
type verdicts [2048]verdict

type verdict struct {
	text        [longestVerdict]byte // followed by zeros
	length      uint8
	known, good bool
}

// of returns the place of a text, with what is known of it.
func (v *verdicts) of(text []byte) *verdict {
	var padded [longestVerdict]byte
	copy(padded[:], text)
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(padded[i*8:]) }
	hash := (word(0) ^ word(1)*0x9e3779b97f4a7c15 ^ word(2)*0xbf58476d1ce4e5b9 ^ word(3)*0x94d049bb133111eb) * 0xd6e8feb86659fd93
	slot := &v[hash>>53]
	if slot.text != padded || int(slot.length) != len(text) {
		*slot = verdict{text: padded, length: uint8(len(text))}
	}
	return slot
}
