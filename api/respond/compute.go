package respond

import (
	"bytes"
	"context"
	"errors"
	"runtime/debug"
	"time"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query/body"
)

// IsOutage reports whether an error says that the store can't be reached, or not in time.
func IsOutage(err error) bool {
	kind := gold.KindOf(err)
	return kind == gold.Unavailable || kind == gold.Timeout
}

// fill computes the answer of a pending response and caches it; who asks meanwhile waits for the same computation.
func (s *Responder) fill(ctx context.Context, p *Pending, h *head, start time.Time) (*answer, error) {
	return s.Cache.fill(ctx, h.key, func(ctx context.Context) (*answer, error) { return s.compute(ctx, p, start) })
}

// compute computes the answer of a pending response, once it is admitted. The context is not a request's: several may
// wait for the same answer.
func (s *Responder) compute(ctx context.Context, p *Pending, start time.Time) (a *answer, err error) {
	ctx, end := s.admission.begin(ctx)
	defer end()
	defer func() {
		// A store that gave up because our deadline passed may call that an outage.
		if kind := gold.KindOf(err); err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && (kind == gold.Unavailable || kind == gold.Internal) {
			err = &gold.Error{Kind: gold.Timeout, Code: gold.CodeQueryTimeout, Message: "the answer took too long", Err: err}
		}
	}()
	defer recovered(&err)
	buffer, _ := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	text, m, err := p.body(ctx, (*buffer)[:0])
	if err != nil {
		s.failed(err)
		return nil, err
	}
	a = &answer{release: p.Release.Record, closed: m != nil && p.Form.Format == format.JSON}
	if a.closed {
		m.Explain = p.Explain
		text = m.Close(text, start, a.release)
	}
	if m != nil {
		a.describe(p, m)
	}
	a.plain = newEncoded(bytes.Clone(text), "")
	if cap(text) <= maxBuffer {
		*buffer = text
	}
	return a, nil
}

// describe fills in what is said of the answer of a pending response beside its body.
func (a *answer) describe(p *Pending, m *body.Meta) {
	a.query, a.work, a.link, a.answeredBy, a.cut = m.Took, m.Encode, p.link(m), m.AnsweredBy, m.Truncated
}

// recovered turns a panic of the function that defers it into its error.
func recovered(err *error) {
	if v := recover(); v != nil {
		*err = gold.Errorf(gold.Internal, gold.CodeInternal, "panic: %v\n%s", v, debug.Stack())
	}
}

// body computes a pending response in its format.
func (p *Pending) body(ctx context.Context, dst []byte) ([]byte, *body.Meta, error) {
	switch {
	case p.Form.Format == format.JSON && p.Compute != nil:
		return p.Compute(ctx, dst)
	case p.Form.Format == format.JSON:
		return body.AppendTable(ctx, dst, p.Table.Read)
	}
	out := &slice{dst}
	m, err := body.WriteFile(ctx, out, p.Form.Format, p.options(), p.Table.Read)
	return out.b, m, err
}

// slice is a writer into memory.
type slice struct{ b []byte }

func (s *slice) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

// maxBuffer is the largest body whose memory is used again for the next one.
const maxBuffer = 4 << 20

// encode returns the body in the encoding of a response, made at its first demand.
func (s *Responder) encode(ctx context.Context, h *head, a *answer) (*encoded, error) {
	encoding := h.form.Encoding
	if e := a.in(encoding); e != nil {
		return e, nil
	}
	a, err := s.Cache.amend(ctx, h.key, encoding, a, func() (*answer, error) {
		body, err := s.Compressor.Compress(encoding, a.plain.bytes)
		if err != nil {
			return nil, err
		}
		return a.with(encoding, newEncoded(body, encoding)), nil
	})
	if err != nil {
		return nil, err
	}
	return a.in(encoding), nil
}
