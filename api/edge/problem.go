package edge

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"goldserve/gold"
	"goldserve/gold/query"
)

// statusOf is the one table from an error's kind, or its code where the kind is too wide, to a status and to the
// seconds after which asking again makes sense (0: none).
func statusOf(kind gold.ErrorKind, code gold.Code) (status, retryAfter int) {
	switch code {
	case gold.CodeMethodNotAllowed:
		return http.StatusMethodNotAllowed, 0
	case gold.CodeNotAcceptable:
		return http.StatusNotAcceptable, 0
	case gold.CodeURITooLong:
		return http.StatusRequestURITooLong, 0
	case gold.CodeMisdirected:
		return http.StatusMisdirectedRequest, 0
	case gold.CodeMemoryLimit, gold.CodeBodyTooLong:
		return http.StatusRequestEntityTooLarge, 0
	case gold.CodeUnsupportedMedia:
		return http.StatusUnsupportedMediaType, 0
	case gold.CodeScoreUnavailable:
		return http.StatusServiceUnavailable, 30
	case gold.CodePreconditionFailed:
		return http.StatusPreconditionFailed, 0
	case gold.CodeRangeNotSatisfiable:
		return http.StatusRequestedRangeNotSatisfiable, 0
	default: // its kind says it
	}
	switch kind {
	case gold.Invalid:
		return http.StatusBadRequest, 0
	case gold.NotFound:
		return http.StatusNotFound, 0
	case gold.Empty:
		return http.StatusServiceUnavailable, 30
	case gold.Gone:
		return http.StatusGone, 0
	case gold.Conflict:
		return http.StatusConflict, 0
	case gold.Overloaded:
		return http.StatusServiceUnavailable, 1
	case gold.Unavailable:
		return http.StatusServiceUnavailable, 5
	case gold.Timeout:
		return http.StatusGatewayTimeout, 0
	default:
		return http.StatusInternalServerError, 0
	}
}

// NothingAt is the error of a path that leads nowhere.
func NothingAt(r *http.Request) error {
	return gold.Errorf(gold.NotFound, gold.CodeNotFound, "there is nothing at %s; / lists what there is", r.URL.Path)
}

// Problem is the one shape of an error body: RFC 9457, and `error` for clients that know nothing of it.
type Problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Code      gold.Code      `json:"code"`
	Detail    string         `json:"detail"`
	Error     string         `json:"error"`
	Instance  string         `json:"instance"`
	RequestID string         `json:"request_id"`
	Errors    []gold.Problem `json:"errors,omitempty"`
} // @name ProblemDetails

// Fail answers with an error: to browsers as a page. Nothing may have been written. To a client that has gone it writes nothing.
func (e *Edge) Fail(w http.ResponseWriter, r *http.Request, err error) {
	info := InfoOf(r)
	info.Err = err
	if info.failed != nil {
		info.failed(err)
	}
	if errors.Is(r.Context().Err(), context.Canceled) {
		info.Canceled = true
		return
	}
	p, retryAfter := NewProblem(err, errors.Is(r.Context().Err(), context.DeadlineExceeded))
	base := e.Base(r)
	p.Type, p.Instance = base+p.Type, base+r.URL.EscapedPath()
	p.RequestID = info.ID
	contentType := "application/problem+json"
	body, err := json.Marshal(p)
	if err != nil { // a struct of strings can't fail
		body = []byte(`{"status":500}`)
	}
	if WantsPage(r) {
		if page, err := p.page(base); err == nil {
			contentType, body = TypeHTML+"; charset=utf-8", page
		}
	}
	h := w.Header()
	h.Del("Content-Location")
	h.Del("Link")
	h["Vary"] = Vary
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("Server-Timing", "total;dur="+string(appendMillis(nil, time.Since(info.Start).Microseconds())))
	if retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(retryAfter))
	}
	Send(w, p.Status, append(body, '\n'))
}

// NewProblem turns an error into a body without its instance and request id.
func NewProblem(err error, deadlinePassed bool) (Problem, int) {
	e, ok := errors.AsType[*gold.Error](err)
	if !ok {
		e = &gold.Error{Kind: gold.KindOf(err), Code: gold.CodeOf(err)}
	}
	kind, code, detail := e.Kind, e.Code, e.Message
	// A store that gave up because our deadline passed may call that an outage.
	if deadlinePassed && (kind == gold.Internal || kind == gold.Unavailable) {
		kind, code = gold.Timeout, gold.CodeQueryTimeout
	}
	status, retryAfter := statusOf(kind, code)
	if public := publicDetail(kind, code); public != "" {
		detail = public
	}
	p := Problem{
		Type: "/problems/" + string(code), Title: code.Title(), Status: status, Code: code,
		Detail: detail, Error: detail, Errors: e.Problems,
	}
	if d, ok := errors.AsType[*query.EmptyDataset](err); ok {
		p.Error = d.Text
	}
	if _, ok := errors.AsType[*tooOften](err); ok {
		p.Status = http.StatusTooManyRequests
	}
	return p, retryAfter
}

// publicDetail replaces messages that may reveal internals; the log has them.
func publicDetail(kind gold.ErrorKind, code gold.Code) string {
	if code == gold.CodeScoreUnavailable {
		return ""
	}
	switch kind {
	case gold.Unavailable:
		return "the store can't be reached now; try again in some seconds"
	case gold.Timeout:
		return "the answer took longer than a request may; ask for less, or filter more"
	case gold.Internal:
		if code == gold.CodeReleaseInconsistent {
			return ""
		}
		return "something failed that should not have; the log has it under the request id"
	default:
		return ""
	}
}

// tooOften is the refusal of one address that asks more than its share: overloaded as 429.
type tooOften struct{ err *gold.Error }

func (e *tooOften) Error() string { return e.err.Error() }
func (e *tooOften) Unwrap() error { return e.err }
