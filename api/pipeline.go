package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
)

// verdict says where an answer came from, as Server-Timing has it.
type verdict string

const (
	verdictHit   verdict = "hit"
	verdictMiss  verdict = "miss"
	verdictStale verdict = "stale" // it was right at last sight of the store

	verdictNotModified verdict = "not_modified" // the client has it
)

// answer sends the answer of a plan: nothing but its tag where the client has it, the kept one, or a new one.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, p *plan) error {
	x := exchangeOf(r)
	t := s.ticket(p)
	t.route = chi.RouteContext(r.Context()).RoutePattern()
	doubtful := p.req.doubtful
	has := respond.NoMatch
	if t.headers.etag != nil && !doubtful {
		has = respond.IfNoneMatch(r, t.headers.etag[0])
	}
	if has == respond.TagMatch || has == respond.AnyMatch && !t.perhaps {
		x.kept = true
		s.metrics.answer(verdictNotModified)
		s.memo.keep(p.req.base, r, t, doubtful)
		s.notModified(w, t, x.start)
		return nil
	}
	compute := func() (*respond.Answer, error) {
		return s.kept.Fill(r.Context(), t.key, func(ctx context.Context) (*respond.Answer, error) { return s.produce(ctx, p, x.start) })
	}
	if t.rep.format != format.JSON && p.table.size != sizeSmall {
		compute = func() (*respond.Answer, error) { return s.export(w, r, p, t) }
	}
	a, from, err := s.obtain(r.Context(), p, t, compute)
	if err != nil || a == nil {
		return err
	}
	x.kept = from == verdictHit
	if !x.own {
		s.metrics.answer(from)
	}
	switch {
	case from == verdictStale:
		s.sendStale(w, r, p, t, a)
	case has == respond.AnyMatch:
		s.notModified(w, t, x.start)
	default:
		e, err := s.encode(r.Context(), t, a)
		if err != nil {
			return err
		}
		s.memo.keep(p.req.base, r, t, doubtful)
		_ = s.send(w, t, a, e, from, x.start) // the recorder knows
	}
	return nil
}

// obtain returns the answer of a plan: the kept one, or a new one. Where the store is down it is the last one that was
// right. It is nil where compute has sent it.
func (s *Server) obtain(ctx context.Context, p *plan, t *ticket, compute func() (*respond.Answer, error)) (*respond.Answer, verdict, error) {
	if a := s.kept.Get(t.key); a != nil {
		if p.req.doubtful {
			return a, verdictStale, nil
		}
		return a, verdictHit, nil
	}
	a, err := compute()
	switch {
	case err == nil && p.req.doubtful:
		return a, verdictStale, nil
	case err == nil:
		return a, verdictMiss, nil
	case !isOutage(err) || p.req.pinned:
		return nil, "", err
	}
	earlier := s.earlier(t)
	if earlier == nil {
		return nil, "", err
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "answered from an earlier release", slog.String("release", query.ReleaseTag(earlier.Release)), slog.Any("error", err))
	return earlier, verdictStale, nil
}

// isOutage reports whether an error says that the store can't be reached, or not in time.
func isOutage(err error) bool {
	kind := gold.KindOf(err)
	return kind == gold.Unavailable || kind == gold.Timeout
}

// produce computes the answer of a plan, once it is admitted. The context is not a request's: several may wait for the
// same answer.
func (s *Server) produce(ctx context.Context, p *plan, start time.Time) (a *respond.Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
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
		s.metrics.storeError(err)
		return nil, err
	}
	a = &respond.Answer{Release: p.req.catalog.Release, Closed: m != nil && p.req.rep.format == format.JSON}
	if a.Closed {
		m.Explain = p.req.params.Explain
		text = m.Close(text, start, a.Release)
	}
	if m != nil {
		tell(a, p, m)
	}
	a.Plain = respond.NewBody(bytes.Clone(text), "")
	if cap(text) <= maxBuffer {
		*buffer = text
	}
	return a, nil
}

// tell fills in what a plan's meta says beside the body.
func tell(a *respond.Answer, p *plan, m *body.Meta) {
	a.Query, a.Work, a.Link, a.AnsweredBy, a.Cut = m.Took, m.Encode, p.link(m), m.AnsweredBy, m.Truncated
}

// recovered turns a panic of the function that defers it into its error.
func recovered(err *error) {
	if v := recover(); v != nil {
		*err = gold.Errorf(gold.Internal, gold.CodeInternal, "panic: %v\n%s", v, debug.Stack())
	}
}

// body computes a plan in its format.
func (p *plan) body(ctx context.Context, dst []byte) ([]byte, *body.Meta, error) {
	switch {
	case p.req.rep.format == format.JSON && p.compute != nil:
		return p.compute(ctx, dst)
	case p.req.rep.format == format.JSON:
		return body.AppendTable(ctx, dst, p.table.read)
	}
	out := &slice{dst}
	m, err := body.WriteFile(ctx, out, p.req.rep.format, p.req.options(), p.table.read)
	return out.b, m, err
}

// maxBuffer is the largest body whose memory is used again for the next one.
const maxBuffer = 4 << 20

// encode returns the body in the encoding of a ticket, made at its first demand.
func (s *Server) encode(ctx context.Context, t *ticket, a *respond.Answer) (*respond.Body, error) {
	encoding := t.rep.encoding
	if e := a.In(encoding); e != nil {
		return e, nil
	}
	a, err := s.kept.Amend(ctx, t.key, encoding, a, func() (*respond.Answer, error) {
		body, err := s.compressor.Compress(encoding, a.Plain.Bytes)
		if err != nil {
			return nil, err
		}
		return a.With(encoding, respond.NewBody(body, encoding)), nil
	})
	if err != nil {
		return nil, err
	}
	return a.In(encoding), nil
}

// notModified says that the client has the answer.
func (s *Server) notModified(w http.ResponseWriter, t *ticket, start time.Time) {
	h := w.Header()
	t.describe(h, t.catalog)
	h["Server-Timing"] = []string{serverTiming(verdictHit, "", 0, 0, time.Since(start))}
	w.WriteHeader(http.StatusNotModified)
}

// send sends an answer. Its error is the client's.
func (s *Server) send(w http.ResponseWriter, t *ticket, a *respond.Answer, e *respond.Body, from verdict, start time.Time) error {
	h := w.Header()
	t.describe(h, t.catalog)
	t.name(h, a.Cut)
	h["Content-Type"] = t.headers.contentType
	h["Content-Length"] = e.Length
	if e.Name != nil {
		h["Content-Encoding"] = e.Name
	}
	if a.Link != nil {
		h["Link"] = a.Link
	}
	query, work, answeredBy := a.Query, a.Work, a.AnsweredBy
	if from == verdictHit {
		query, work, answeredBy = 0, 0, ""
	}
	h["Server-Timing"] = []string{serverTiming(from, answeredBy, query, work, time.Since(start))}
	defer s.admission.send(e)()
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(e.Bytes) // #nosec G705 -- gold/format and encoding/json escape what clients sent, and no body is HTML
	return err
}

// describe sets the headers that an answer has with and without its body.
func (t *ticket) describe(h http.Header, c *catalog) {
	h["Vary"] = vary
	h["Cache-Control"] = t.headers.cacheControl
	if t.headers.etag != nil {
		h["Etag"] = t.headers.etag
		h["Content-Location"] = t.headers.location
	}
	if c.Release != nil {
		h["Goldserve-Release"], h["Goldserve-As-Of"] = c.tag, c.asOf
	}
}

// name sets the header that names the file which a body is.
func (t *ticket) name(h http.Header, cut bool) {
	switch {
	case t.headers.disposition == nil:
	case cut:
		h["Content-Disposition"] = t.headers.cutDisposition
	default:
		h["Content-Disposition"] = t.headers.disposition
	}
}

// sendStale sends an answer that was right at last sight of the store, and says so. It has no tag: once the store is
// back, the client is to have the answer without the mark.
func (s *Server) sendStale(w http.ResponseWriter, r *http.Request, p *plan, t *ticket, a *respond.Answer) {
	x := exchangeOf(r)
	body := a.Plain.Bytes
	if a.Closed {
		const end, mark = "}}\n", `,"stale":true}}` + "\n"
		body = append(append(make([]byte, 0, len(body)+len(mark)), body[:len(body)-len(end)]...), mark...)
	}
	h := w.Header()
	h["Vary"] = vary
	h["Content-Type"] = t.headers.contentType
	h.Set("Cache-Control", "no-store")
	h.Set("Server-Timing", serverTiming(verdictStale, "", 0, 0, time.Since(x.start)))
	if a.Link != nil {
		h["Link"] = a.Link
	}
	if a.Release != nil {
		x.release = query.ReleaseTag(a.Release)
		h.Set("Goldserve-Release", x.release)
		h.Set("Goldserve-As-Of", gold.Instant(a.Release.AsOf))
		h.Set("Content-Location", p.req.location(a.Release.Number))
	}
	send(w, http.StatusOK, body)
}

// appendData appends {"data": value, for bodies that are small: value is marshalled by encoding/json.
func appendData(dst []byte, value any) ([]byte, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode an answer: %w", err)
	}
	return append(append(append(dst, `{"data":`...), data...), ",\n"...), nil
}

// link returns the values of an answer's Link header, that to the next page first; nil where it has none.
func (p *plan) link(m *body.Meta) []string {
	if m.Next == "" {
		return p.links
	}
	return append([]string{link(m.Next, "next")}, p.links...)
}

// link is one value of a Link header.
func link(url, relation string) string { return "<" + url + `>; rel="` + relation + `"` }

// schemaLink leads to the schema of a dataset's rows.
func (s *Server) schemaLink(req *request, d *gold.Dataset) string {
	release := ""
	if r := req.catalog.Release; r != nil {
		release = "release=" + strconv.FormatInt(r.Number, 10)
	}
	return link(relativeURL(s.urlPrefix(req.base, req.catalog.model)+"/datasets/"+d.Name+"/schema", release), "describedby")
}

// serverTiming says where a request's time went, in milliseconds, and what answered where it is not the dataset asked.
func serverTiming(from verdict, answeredBy string, db, enc, total time.Duration) string {
	b := make([]byte, 0, 120)
	b = append(append(b, "cache;desc="...), from...)
	for _, part := range []struct {
		name, what string
		took       time.Duration
	}{{"db", answeredBy, db}, {"enc", "", enc}, {"total", "", total}} {
		b = append(append(b, ", "...), part.name...)
		if part.what != "" {
			b = append(append(append(b, `;desc="`...), part.what...), '"')
		}
		b = format.AppendScaled(append(b, ";dur="...), part.took.Microseconds(), 3)
	}
	return string(b)
}
