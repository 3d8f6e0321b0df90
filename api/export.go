package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"goldserve/gold"
)

// exportTime bounds an answer that is sent while it is read, from its first row to its last: a store keeps what was
// replaced meanwhile for as long.
const exportTime = 5 * time.Minute

// heldBytes is how much of such an answer is held back, so that what fails at once is an error and no torn body.
const heldBytes = 64 << 10

// export sends a table while it is read, in memory that does not grow with it. What fails after the first bytes cuts the
// connection: the client must not take the part for the whole.
func (s *Server) export(w http.ResponseWriter, r *http.Request, p *plan, t *ticket) error {
	x := exchangeOf(r)
	ctx, cancel := context.WithTimeout(x.client, exportTime)
	defer cancel()
	out := &outlet{w: w, announce: func(h http.Header) { t.announce(h) }, extend: func() { s.writeDeadline(ctx, w, s.chunkTime) }}
	if r.Method == http.MethodHead {
		out.open()
		return nil
	}
	ctx, end := s.admission.begin(ctx)
	defer end()
	if err := s.admitExport(ctx); err != nil {
		return err
	}
	m, err := s.writeExport(ctx, p, t, out)
	if err != nil {
		s.metrics.storeError(err)
		if !out.opened {
			return err
		}
		x.err, x.canceled = err, x.client.Err() != nil
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	if !out.opened {
		t.announce(h)
		h.Set("Content-Length", strconv.Itoa(len(out.held)))
	}
	if links := p.link(m); links != nil {
		h["Link"] = links
	}
	s.metrics.answer(verdictMiss)
	h.Set("Server-Timing", serverTiming(verdictMiss, m.answeredBy, m.query, m.encode, time.Since(x.start)))
	if !out.opened {
		w.WriteHeader(http.StatusOK)
		_ = out.send(out.held) // a client that doesn't take it to its end has gone: there is nobody to tell
	}
	return nil
}

// admitExport waits for an export's place, no longer than for an answer of any other kind.
func (s *Server) admitExport(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return admit(ctx, bulk)
}

// writeExport writes a table in the encoding of a ticket.
func (s *Server) writeExport(ctx context.Context, p *plan, t *ticket, out io.Writer) (*meta, error) {
	packed, err := packer(out, t.rep.encoding)
	if err != nil {
		return nil, err
	}
	m, err := p.table.writeTo(ctx, packed, p.req.rep.format, p.req.options())
	if err != nil {
		return nil, outOfTime(ctx, err)
	}
	if err := packed.Close(); err != nil {
		return nil, fmt.Errorf("send an export: %w", err)
	}
	return m, nil
}

// outOfTime returns an error as one of the time, where that has run out.
func outOfTime(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &gold.Error{Kind: gold.Timeout, Code: gold.CodeQueryTimeout, Message: "the export took too long", Err: err}
	}
	return err
}

// packer returns a writer that compresses into another.
func packer(w io.Writer, encoding string) (io.WriteCloser, error) {
	switch encoding {
	case encodingZstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithEncoderLevel(zstd.SpeedFastest))
	case encodingGzip:
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	default:
		return unpacked{w}, nil
	}
}

type unpacked struct{ io.Writer }

func (unpacked) Close() error { return nil }

// announce sets the headers of an export's body.
func (t *ticket) announce(h http.Header) {
	t.describe(h, t.catalog)
	h["Content-Type"] = t.headers.contentType
	if t.rep.encoding != "" {
		h["Content-Encoding"] = []string{t.rep.encoding}
	}
}

// A client has chunkTime for every chunkBytes of an export: who takes it more slowly is cut off.
const (
	chunkBytes = 64 << 10
	chunkTime  = 10 * time.Second
)

// outlet holds the beginning of a body back; then it sends the headers, and everything as it comes.
type outlet struct {
	w        http.ResponseWriter
	announce func(http.Header)
	extend   func() // gives the client time for the next chunk
	held     []byte
	opened   bool
}

func (o *outlet) Write(p []byte) (int, error) {
	if o.opened {
		return len(p), o.send(p)
	}
	if o.held = append(o.held, p...); len(o.held) < heldBytes {
		return len(p), nil
	}
	o.open()
	err := o.send(o.held)
	o.held = nil
	return len(p), err
}

// send sends bytes chunk by chunk.
func (o *outlet) send(p []byte) error {
	for chunk := range slices.Chunk(p, chunkBytes) {
		o.extend()
		if _, err := o.w.Write(chunk); err != nil {
			return err
		}
	}
	return nil
}

// open sends the headers.
func (o *outlet) open() {
	o.opened = true
	h := o.w.Header()
	o.announce(h)
	h.Set("Trailer", trailers)
	o.w.WriteHeader(http.StatusOK)
}
