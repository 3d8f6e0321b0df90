package respond

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/query/body"
)

// trailers are the headers that follow a body which is sent while it is made.
const trailers = "Server-Timing, Link"

// heldBytes is how much of such an answer is held back, so that what fails at once is an error and no torn body, and what
// ends sooner is no export.
const heldBytes = 64 << 10

// export sends a table while it is read, in memory that does not grow with it. What fails after the first bytes cuts the
// connection, so that no client takes a part for a complete file. A table that fits the buffer is returned instead, and cached.
func (s *Responder) export(w http.ResponseWriter, r *http.Request, p *Pending, h *head) (*answer, error) {
	info := edge.InfoOf(r)
	ctx, cancel := context.WithTimeout(info.Client, edge.ExportTime)
	defer cancel()
	ctx, end := s.admission.begin(ctx)
	defer end()
	out := &outlet{
		w: w, encoding: h.form.Encoding,
		admit:    func() error { return s.admitExport(ctx) },
		announce: func(to http.Header) { h.announce(to, p.Table.Cut) },
	}
	if r.Method == http.MethodHead {
		return nil, out.begin()
	}
	if p.Table.Size == Large {
		if err := out.admit(); err != nil {
			return nil, err
		}
	}
	m, err := body.WriteFile(ctx, out, p.Form.Format, p.options(), p.Table.Read)
	if err == nil {
		err = out.close()
	}
	if err != nil {
		if err = outOfTime(ctx, err); info.Client.Err() == nil && !info.Refused {
			s.failed(err)
		}
		if !out.opened {
			return nil, err
		}
		info.Err, info.Aborted = err, true
		panic(http.ErrAbortHandler)
	}
	if !out.opened {
		a := &answer{release: p.Release.Record, plain: newEncoded(out.held, "")}
		a.describe(p, m)
		s.Cache.put(h.key, a)
		return a, nil
	}
	to := w.Header()
	if links := p.link(m); links != nil {
		to["Link"] = links
	}
	s.answered(Miss)
	to.Set("Server-Timing", serverTiming(Miss, m.AnsweredBy, m.Took, m.Encode, time.Since(info.Start)))
	return nil, nil
}

// admitExport waits for an export's slot, no longer than for an answer of any other kind.
func (s *Responder) admitExport(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return admit(ctx, bulk)
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
	case EncodingZstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithEncoderLevel(zstd.SpeedFastest))
	case EncodingGzip:
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	default:
		return unpacked{w}, nil
	}
}

type unpacked struct{ io.Writer }

func (unpacked) Close() error { return nil }

// announce sets the headers of an export.
func (h *head) announce(to http.Header, cut bool) {
	h.describe(to)
	h.describeBody(to, cut)
	if h.form.Encoding != "" {
		to["Content-Encoding"] = []string{h.form.Encoding}
	}
}

// outlet holds the beginning of a body back. What outgrows that waits for an export's slot; then the headers are sent,
// and everything in its encoding as it comes.
type outlet struct {
	w        http.ResponseWriter
	encoding string
	admit    func() error
	announce func(http.Header)
	held     []byte // as it is, without the encoding
	opened   bool   // the headers are sent
	packed   io.WriteCloser
}

func (o *outlet) Write(p []byte) (int, error) {
	if o.opened {
		return o.packed.Write(p)
	}
	if o.held = append(o.held, p...); len(o.held) < heldBytes {
		return len(p), nil
	}
	err := o.admit()
	if err == nil {
		err = o.begin()
	}
	if err == nil {
		_, err = o.packed.Write(o.held)
	}
	o.held = nil
	return len(p), err
}

// begin sends the headers.
func (o *outlet) begin() (err error) {
	if o.packed, err = packer(o.w, o.encoding); err != nil {
		return err
	}
	o.opened = true
	h := o.w.Header()
	o.announce(h)
	h.Set("Trailer", trailers)
	o.w.WriteHeader(http.StatusOK)
	return nil
}

// close ends a body that was begun.
func (o *outlet) close() error {
	if !o.opened {
		return nil
	}
	if err := o.packed.Close(); err != nil {
		return fmt.Errorf("send an export: %w", err)
	}
	return nil
}
