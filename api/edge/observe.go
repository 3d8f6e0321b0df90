package edge

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"goldserve/gold"
)

// recorder remembers what was sent, gives the client time for it, and leaves out the body of an answer to HEAD.
type recorder struct {
	http.ResponseWriter
	pace   *pace
	info   *Info
	head   bool
	status int
	bytes  int64
	until  time.Time // the end of the client's time
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
	if w.info.Stream { // whose clients have time for each event
		return w.ResponseWriter.Write(p)
	}
	if w.until.IsZero() {
		w.until = time.Now().Add(ExportTime)
	}
	n, err := w.pace.write(w.info.Client, w.ResponseWriter, p, w.until)
	w.bytes += int64(n)
	if err != nil {
		w.info.Aborted, w.info.Refused = true, true
		w.info.Err = cmp.Or(w.info.Err, err)
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// overloads logs refused requests at most once a second: a record of each would cost more than refusing it.
type overloads struct {
	log     *slog.Logger
	refused atomic.Int64 // requests, ever
	logged  atomic.Int64 // when they were last logged, in nanoseconds
}

// count counts a request that was refused.
func (o *overloads) count(ctx context.Context) {
	n, now, last := o.refused.Add(1), time.Now().UnixNano(), o.logged.Load()
	if now-last >= int64(time.Second) && o.logged.CompareAndSwap(last, now) {
		o.log.LogAttrs(ctx, slog.LevelWarn, "server is overloaded: requests are refused", slog.Int64("refused", n))
	}
}

// observe gives every request its id, turns a panic into a 500, and writes the one log record of a request.
func (e *Edge) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := &Info{ID: requestID(r.Header), Start: time.Now(), Client: r.Context()}
		if outer, ok := r.Context().Value(infoKey{}).(*Info); ok {
			info.InProcess, info.failed = outer.InProcess, outer.failed
		}
		rec := &recorder{ResponseWriter: w, pace: &e.pace, info: info, head: r.Method == http.MethodHead}
		rec.Header().Set("X-Request-Id", info.ID)
		r = r.WithContext(context.WithValue(r.Context(), infoKey{}, info))
		defer e.logRequest(r, info, rec)
		defer e.recoverPanic(rec, r)
		next.ServeHTTP(rec, r)
	})
}

func (e *Edge) recoverPanic(w *recorder, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	err := gold.Errorf(gold.Internal, gold.CodeInternal, "panic: %v\n%s", v, debug.Stack())
	if w.status != 0 {
		// Part of the answer is sent: only a cut connection can show that it is incomplete.
		info := InfoOf(r)
		info.Err, info.Aborted = err, true
		panic(http.ErrAbortHandler)
	}
	e.Fail(w, r, err)
}

// logRequest writes one record: an error where somebody must act, a warning where the store is the cause. Cached answers
// and refusals of too many requests are logged at level debug: a record would cost more than they do.
func (e *Edge) logRequest(r *http.Request, info *Info, w *recorder) {
	level, took := slog.LevelInfo, time.Since(info.Start)
	route := RouteOf(r)
	attr, label := result(w.status, info.Aborted || info.Canceled)
	attrs := []slog.Attr{
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path),
		slog.String("query", r.URL.RawQuery),
		slog.String("route", route),
		attr,
		slog.Int64("bytes", w.bytes),
		slog.Duration("duration", took),
		slog.String("request_id", info.ID),
		slog.String("remote", r.RemoteAddr),
	}
	if info.Release != "" {
		attrs = append(attrs, slog.String("release", info.Release))
	}
	if info.Err != nil {
		attrs = append(attrs, slog.Any("error", info.Err))
	}
	switch {
	case info.Canceled, info.InProcess, info.Cached && !info.Aborted && info.Err == nil, w.status == http.StatusTooManyRequests:
		level = slog.LevelDebug
	case gold.KindOf(info.Err) == gold.Overloaded:
		level = slog.LevelDebug
		e.overloads.count(r.Context())
	case info.Refused, info.Aborted && info.Client.Err() != nil: // the client's own doing
	case info.Aborted && gold.KindOf(info.Err) == gold.Timeout:
		level = slog.LevelWarn
	case w.status == http.StatusInternalServerError, info.Aborted:
		level = slog.LevelError
	case w.status > http.StatusInternalServerError && gold.KindOf(info.Err) != gold.Empty:
		level = slog.LevelWarn
	}
	// Counted first: who has read the record finds the request among the metrics.
	if !info.InProcess {
		if info.Stream {
			took = -1
		}
		e.counted(route, label, took)
	}
	e.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// resultAborted replaces the status of an aborted answer, which was sent before the failure.
const resultAborted = "aborted"

// result says how a request ended, for its log record and as a label of metrics: the status of its answer, or aborted.
func result(status int, aborted bool) (slog.Attr, string) {
	if aborted {
		return slog.String("result", resultAborted), resultAborted
	}
	return slog.Int("status", status), strconv.Itoa(status)
}
