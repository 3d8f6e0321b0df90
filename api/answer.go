package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/param"
)

// meta is the last member of every data body. Members that are zero are left out.
type meta struct {
	query.Said
	counted  bool          // the answer is of rows: count is one of its members, and of those that may be cut truncated
	whole    bool          // the answer is never cut: it has no truncated
	encode   time.Duration // ours, for Server-Timing alone
	next     string
	cursor   string
	describe json.RawMessage
	explain  bool // it says what became of the question's rewrites
}

// explainBody is what became of one rewrite of a question.
type explainBody struct {
	Rewrite string `json:"rewrite"`
	Of      string `json:"of"`                // the dataset that is asked
	Dataset string `json:"dataset,omitempty"` // that answers instead of the one that is asked, or doesn't
	Applied bool   `json:"applied"`
	Reason  string `json:"reason,omitempty"`
	Detail  string `json:"detail,omitempty"`
}

// appendExplain appends the member explain.
func (m *meta) appendExplain(o *object) {
	bodies := make([]explainBody, len(m.Rewrites))
	for i, r := range m.Rewrites {
		bodies[i] = explainBody{Rewrite: r.Rewrite.String(), Of: r.Of, Dataset: r.Dataset, Applied: r.Reason == query.Applied}
		if !bodies[i].Applied {
			bodies[i].Reason, bodies[i].Detail = r.Reason.String(), r.Reason.Text()
		}
	}
	if explain, err := json.Marshal(bodies); err == nil {
		o.raw("explain", explain)
	}
}

// hintBody names the nearest value that exists for a filter value that doesn't.
type hintBody struct {
	Parameter  string `json:"parameter"`
	Value      string `json:"value"`
	DidYouMean string `json:"did_you_mean"`
}

// instant is a time as every body writes it: 2011-12-08T12:12:00Z.
type instant time.Time

// MarshalText writes the instant.
func (t instant) MarshalText() ([]byte, error) {
	return gold.AppendTime(nil, time.Time(t).UnixMilli()), nil
}

// object appends the members of one JSON object.
type object struct {
	b     []byte
	begun bool
}

func (o *object) name(name string) {
	if o.begun {
		o.b = append(o.b, ',')
	}
	o.begun = true
	o.b = append(format.AppendString(o.b, []byte(name)), ':')
}

func (o *object) text(name, value string) {
	o.name(name)
	o.b = format.AppendString(o.b, []byte(value))
}

func (o *object) int(name string, value int64) {
	o.name(name)
	o.b = strconv.AppendInt(o.b, value, 10)
}

func (o *object) bool(name string, value bool) {
	o.name(name)
	o.b = strconv.AppendBool(o.b, value)
}

func (o *object) millis(name string, d time.Duration) {
	o.name(name)
	o.b = format.AppendScaled(o.b, d.Microseconds(), 3)
}

func (o *object) time(name string, t time.Time) {
	o.name(name)
	o.b = format.AppendValue(o.b, gold.NewTime(t.UnixMilli()), &gold.Field{})
}

// span writes a time as {"from", "to"}, both inclusive instants.
func (o *object) span(name string, s query.Span) {
	o.name(name)
	inner := &object{b: append(o.b, '{')}
	inner.text("from", string(gold.AppendTime(nil, s.First)))
	inner.text("to", string(gold.AppendTime(nil, s.Last)))
	o.b = append(inner.b, '}')
}

func (o *object) raw(name string, value []byte) {
	o.name(name)
	o.b = append(o.b, value...)
}

// append appends the meta object of an answer from a release.
func (m *meta) append(dst []byte, start time.Time, release *gold.Release) []byte {
	o := &object{b: append(dst, '{')}
	if m.counted {
		o.int("count", m.Count)
	}
	if m.Total != nil {
		o.int("total", *m.Total)
	}
	if m.counted && !m.whole {
		o.bool("truncated", m.Truncated)
	}
	o.millis("query_ms", m.Took)
	o.millis("total_ms", time.Since(start))
	if release != nil {
		o.int("release", release.Number)
		o.time("as_of", release.AsOf)
		o.time("published_at", release.PublishedAt)
	}
	if m.AnsweredBy != "" {
		o.text("answered_by", m.AnsweredBy)
	}
	if m.next != "" {
		o.text("next", m.next)
	}
	if m.cursor != "" {
		o.text("cursor", m.cursor)
	}
	if len(m.Unavailable) > 0 {
		o.name("unavailable")
		inner := &object{b: append(o.b, '{')}
		for _, u := range m.Unavailable {
			inner.text(u.Name, u.Reason)
		}
		o.b = append(inner.b, '}')
	}
	if m.Compared != nil {
		o.name("compared")
		inner := &object{b: append(o.b, '{')}
		inner.span("current", m.Compared.Now)
		inner.span("previous", m.Compared.Before)
		o.b = append(inner.b, '}')
	}
	if len(m.Partial) > 0 {
		if partial, err := json.Marshal(m.Partial); err == nil {
			o.raw("partial", partial)
		}
	}
	if len(m.describe) > 0 {
		o.raw("describe", m.describe)
	}
	if m.explain {
		m.appendExplain(o)
	}
	if len(m.Hints) > 0 {
		bodies := make([]hintBody, len(m.Hints))
		for i, h := range m.Hints {
			bodies[i] = hintBody{param.NameOf(h.Field, h.Op), h.Value, h.DidYouMean}
		}
		if hints, err := json.Marshal(bodies); err == nil {
			o.raw("hints", hints)
		}
	}
	return append(o.b, '}')
}

// sendJSON sends a body of a URL that is of no release: it may change at any time.
func sendJSON(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode an answer: %w", err)
	}
	w.Header().Set("Content-Type", mediaTypeJSON)
	w.Header().Set("Cache-Control", "no-store")
	send(w, status, append(body, '\n'))
	return nil
}

// plainText returns a text of a contract in English, else in the first of its languages.
func plainText(byLanguage map[string]string) string {
	if text := byLanguage["en"]; text != "" {
		return text
	}
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		if text := byLanguage[language]; text != "" {
			return text
		}
	}
	return ""
}

// describeDoc returns the one line of a dataset: its description, else its label.
func describeDoc(d gold.Doc) string {
	if text := plainText(d.Description); text != "" {
		return strings.TrimSpace(text)
	}
	return plainText(d.Label)
}
