package respond

import (
	"strconv"
	"sync/atomic"
	"time"

	"goldserve/gold"
)

// answer is a computed answer: its body in every encoding that was asked for. It is never changed.
type answer struct {
	release     *gold.Release
	plain       *encoded
	zstd, gzip  *encoded // nil: not asked for yet
	link        []string // the header; nil: none
	closed      bool     // the body ends with meta and can be marked as stale
	cut         bool     // a limit left rows out
	query, work time.Duration
	answeredBy  string
}

// encoded is a body in an encoding, with the values of its headers.
type encoded struct {
	bytes        []byte
	length, name []string
	senders      atomic.Int32 // requests that it is being sent to
}

// newEncoded returns a body in an encoding, "" for the plain one.
func newEncoded(body []byte, encoding string) *encoded {
	e := &encoded{bytes: body, length: []string{strconv.Itoa(len(body))}}
	if encoding != "" {
		e.name = []string{encoding}
	}
	return e
}

// in returns the body in an encoding, nil where it isn't made yet.
func (a *answer) in(encoding string) *encoded {
	switch {
	case encoding == "" || len(a.plain.bytes) < MinCompressed:
		return a.plain
	case encoding == EncodingZstd:
		return a.zstd
	default:
		return a.gzip
	}
}

// with returns the answer with one more encoding.
func (a *answer) with(encoding string, e *encoded) *answer {
	more := *a
	if encoding == EncodingZstd {
		more.zstd = e
	} else {
		more.gzip = e
	}
	return &more
}

// size is the memory that an answer takes, roughly.
func (a *answer) size() int {
	const overhead = 512
	size := overhead + len(a.plain.bytes)
	for _, e := range []*encoded{a.zstd, a.gzip} {
		if e != nil {
			size += len(e.bytes)
		}
	}
	return size
}
