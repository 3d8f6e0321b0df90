package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/param"
)

// exchange is what is known of one request while it is answered.
type exchange struct {
	id       string
	start    time.Time
	release  string          // "shop/12", once resolved
	err      error           // that was answered
	canceled bool            // the client has gone before its answer began
	aborted  bool            // the answer has begun, and was given up
	refused  bool            // the client took no more, or too slowly
	kept     bool            // the answer wasn't computed for this request
	client   context.Context // ends when the client goes, and not before
	own      bool            // the server's own request, to have the answer when clients ask
	live     bool            // a stream that ends with its client
	failed   func(error)     // is told the error that is answered; nil: nobody is
}

type exchangeKey struct{}

func exchangeOf(r *http.Request) *exchange {
	x, ok := r.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		x = &exchange{start: time.Now()}
	}
	return x
}

// recorder remembers what was sent, gives the client time for it, and leaves out the body of an answer to HEAD.
type recorder struct {
	http.ResponseWriter
	server   *Server
	exchange *exchange
	head     bool
	status   int
	bytes    int64
	until    time.Time // the end of the client's time
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.head {
		return len(p), nil
	}
	if w.exchange.live { // whose clients have time for each event
		return w.ResponseWriter.Write(p)
	}
	if w.until.IsZero() {
		w.until = time.Now().Add(exportTime)
	}
	n, err := w.server.write(w.exchange.client, w.ResponseWriter, p, w.until)
	w.bytes += int64(n)
	if err != nil {
		w.exchange.aborted, w.exchange.refused = true, true
		w.exchange.err = cmp.Or(w.exchange.err, err)
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// observe gives every request its id, turns a panic into a 500, and writes the one log record of a request.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{id: requestID(r.Header), start: time.Now()}
		if outer, ok := r.Context().Value(exchangeKey{}).(*exchange); ok {
			x.own, x.failed = outer.own, outer.failed
		}
		x.client = r.Context()
		rec := &recorder{ResponseWriter: w, server: s, exchange: x, head: r.Method == http.MethodHead}
		rec.Header().Set("X-Request-Id", x.id)
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
		defer s.logRequest(r, x, rec)
		defer s.recoverPanic(rec, r)
		next.ServeHTTP(rec, r)
	})
}

func (s *Server) recoverPanic(w *recorder, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	err := gold.Errorf(gold.Internal, gold.CodeInternal, "panic: %v\n%s", v, debug.Stack())
	if w.status != 0 {
		// Part of an answer is out: cutting the connection is the only way to say that it isn't whole.
		x := exchangeOf(r)
		x.err, x.aborted = err, true
		panic(http.ErrAbortHandler)
	}
	s.fail(w, r, err)
}

// logRequest writes one record: an error where somebody must act, a warning where the store is the cause. What was kept
// and what was refused for its number costs nothing and is told at level debug alone: writing of it would cost more.
func (s *Server) logRequest(r *http.Request, x *exchange, w *recorder) {
	level, took := slog.LevelInfo, time.Since(x.start)
	route := chi.RouteContext(r.Context()).RoutePattern()
	attr, label := result(w.status, x.aborted || x.canceled)
	attrs := []slog.Attr{
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path),
		slog.String("query", r.URL.RawQuery),
		slog.String("route", route),
		attr,
		slog.Int64("bytes", w.bytes),
		slog.Duration("duration", took),
		slog.String("request_id", x.id),
		slog.String("remote", r.RemoteAddr),
	}
	if x.release != "" {
		attrs = append(attrs, slog.String("release", x.release))
	}
	if x.err != nil {
		attrs = append(attrs, slog.Any("error", x.err))
	}
	switch {
	case x.canceled, x.own, x.kept && !x.aborted && x.err == nil, w.status == http.StatusTooManyRequests:
		level = slog.LevelDebug
	case gold.KindOf(x.err) == gold.Overloaded:
		level = slog.LevelDebug
		s.admission.tell(r.Context(), s.log)
	case x.refused, x.aborted && x.client.Err() != nil: // the client's own doing
	case x.aborted && gold.KindOf(x.err) == gold.Timeout:
		level = slog.LevelWarn
	case w.status == http.StatusInternalServerError, x.aborted:
		level = slog.LevelError
	case w.status > http.StatusInternalServerError && gold.KindOf(x.err) != gold.Empty:
		level = slog.LevelWarn
	}
	// Counted first: who has read the record finds the request among the metrics.
	if !x.own {
		if x.live {
			took = -1
		}
		s.metrics.request(route, label, took)
	}
	s.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// result says how a request ended, in its log record and as a label of metrics: with the status of its answer, unless
// that was given up, whose status says nothing.
func result(status int, aborted bool) (slog.Attr, string) {
	if aborted {
		return slog.String("result", resultAborted), resultAborted
	}
	return slog.Int("status", status), strconv.Itoa(status)
}

// requestID returns the client's request id where it is harmless, else a new one.
func requestID(h http.Header) string {
	given := h.Get("X-Request-Id")
	harmless := given != "" && len(given) <= 64 && strings.IndexFunc(given, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-'
	}) < 0
	if harmless {
		return given
	}
	return rand.Text()
}

func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		next.ServeHTTP(w, r)
	})
}

// The values of the headers of every answer, as http.Header holds them.
var (
	contentSecurityPolicy     = []string{"default-src 'none'; frame-ancestors 'none'"}
	contentTypeOptions        = []string{"nosniff"}
	referrerPolicy            = []string{"no-referrer"}
	crossOriginResourcePolicy = []string{"same-origin"}
	acceptRanges              = []string{"none"}
)

func secure(h http.Header) {
	h["Content-Security-Policy"] = contentSecurityPolicy
	h["X-Content-Type-Options"] = contentTypeOptions
	h["Referrer-Policy"] = referrerPolicy
	h["Cross-Origin-Resource-Policy"] = crossOriginResourcePolicy
	h["Accept-Ranges"] = acceptRanges
}

// failer answers with an error.
type failer func(w http.ResponseWriter, r *http.Request, err error)

const allowedMethods = "GET, HEAD, OPTIONS"

// methods lets GET pass, and HEAD as a GET without a body. Routing is by the escaped path, so that a key may hold %2F.
func methods(fail failer) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.Method {
			case http.MethodGet, http.MethodHead:
				route := chi.RouteContext(r.Context())
				route.RouteMethod = http.MethodGet
				r = escaped(r)
				route.RoutePath = r.URL.EscapedPath()
				next.ServeHTTP(w, r)
			case http.MethodOptions:
				w.Header().Set("Allow", allowedMethods)
				w.Header().Set("Cache-Control", "no-store")
				w.WriteHeader(http.StatusNoContent)
			default:
				w.Header().Set("Allow", allowedMethods)
				fail(w, r, gold.Errorf(gold.Invalid, gold.CodeMethodNotAllowed, "this API is read only: use %s", allowedMethods))
			}
		})
	}
}

// escaped returns the request with every byte of its path escaped that must be. Where one isn't, as curl sends a raw
// quote, net/url forgets how the path was escaped, and a key's %2F would become a slash.
func escaped(r *http.Request) *http.Request {
	if r.URL.RawPath == "" {
		return r
	}
	const kept = "-._~!$&'()*+,;=:@/%"
	var path strings.Builder
	for _, c := range []byte(r.URL.RawPath) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(kept, c) >= 0 {
			path.WriteByte(c)
		} else {
			fmt.Fprintf(&path, "%%%02X", c)
		}
	}
	copied, target := *r, *r.URL
	target.RawPath = path.String()
	copied.URL = &target
	return &copied
}

const maxURL = 4 << 10

// limits refuses URLs that are too long or whose path isn't text, and bodies.
func limits(fail failer) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			length, limit := len(r.RequestURI), maxURL
			if strings.HasPrefix(r.URL.RawQuery, "cursor=") || strings.Contains(r.URL.RawQuery, "&cursor=") {
				limit = param.MaxCursorURL
			}
			switch {
			case length > limit:
				fail(w, r, gold.Errorf(gold.Invalid, gold.CodeURITooLong, "the URL has %d bytes; at most %d are allowed", length, limit))
				return
			case !utf8.ValidString(r.URL.Path) || strings.ContainsRune(r.URL.Path, 0):
				fail(w, r, query.InvalidParameters([]gold.Problem{{Parameter: "path", Code: gold.CodeInvalidEncoding, Detail: "expected a path of valid UTF-8 without NUL"}}))
				return
			}
			if r.Body != nil {
				r.Body = http.MaxBytesReader(w, r.Body, 0)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// writeGrace is what a client gets to take an answer without a body, which waits in the socket behind others of its own.
const writeGrace = 15 * time.Second

// deadline bounds the work for a request: resolving, the cursor's loop, encoding.
func (s *Server) deadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
		defer cancel()
		s.writeDeadline(ctx, w, s.timeout+writeGrace)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// writeDeadline bounds the time that a client may take for what is written next.
func (s *Server) writeDeadline(ctx context.Context, w http.ResponseWriter, within time.Duration) {
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(within)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.log.LogAttrs(ctx, slog.LevelDebug, "no write deadline", slog.Any("error", err))
	}
}

// send writes a whole body. A client that doesn't take it to its end has gone: there is nobody to tell.
func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // #nosec G705 -- bodies are JSON: gold/format and encoding/json escape what clients sent
}

// relativeURL returns a path with a query, both escaped: nothing in it can end a header.
func relativeURL(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}
