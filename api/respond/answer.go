package respond

import (
	"strconv"
	"sync/atomic"
	"time"

	"goldserve/gold"
)

// Answer is a computed answer: its body in every encoding that was asked for. It is never changed.
type Answer struct {
	Release     *gold.Release
	Plain       *Body
	zstd, gzip  *Body    // nil: not asked for yet
	Link        []string // the header; nil: none
	Closed      bool     // the body ends with meta and can be marked as stale
	Cut         bool     // a limit left rows out
	Query, Work time.Duration
	AnsweredBy  string
}

// Body is a body with the values of its headers.
type Body struct {
	Bytes        []byte
	Length, Name []string
	Senders      atomic.Int32 // requests that it is being sent to
}

// NewBody returns a body in an encoding, "" for the plain one.
func NewBody(body []byte, encoding string) *Body {
	e := &Body{Bytes: body, Length: []string{strconv.Itoa(len(body))}}
	if encoding != "" {
		e.Name = []string{encoding}
	}
	return e
}

// In returns the body in an encoding, nil where it isn't made yet.
func (a *Answer) In(encoding string) *Body {
	switch {
	case encoding == "" || len(a.Plain.Bytes) < MinCompressed:
		return a.Plain
	case encoding == EncodingZstd:
		return a.zstd
	default:
		return a.gzip
	}
}

// With returns the answer with one more encoding.
func (a *Answer) With(encoding string, e *Body) *Answer {
	more := *a
	if encoding == EncodingZstd {
		more.zstd = e
	} else {
		more.gzip = e
	}
	return &more
}

// size is the memory that an answer takes, roughly.
func (a *Answer) size() int {
	const overhead = 512
	size := overhead + len(a.Plain.Bytes)
	for _, e := range []*Body{a.zstd, a.gzip} {
		if e != nil {
			size += len(e.Bytes)
		}
	}
	return size
}
