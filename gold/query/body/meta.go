package body

import (
	"encoding/json"
	"time"

	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/param"
)

// Meta is the last member of every data body. Members that are zero are left out.
type Meta struct {
	query.Metadata
	Counted  bool          // the answer is rows: count is a member, and truncated unless Whole
	Whole    bool          // the answer is never cut: it has no truncated
	Encode   time.Duration // time spent in the sink, for Server-Timing alone
	Next     string
	Cursor   string
	Describe json.RawMessage
	Explain  bool // it has the outcomes of the question's rewrites
}

// explainBody is the outcome of one rewrite of a question.
type explainBody struct {
	Rewrite string `json:"rewrite"`
	Of      string `json:"of"`                // the dataset that is asked
	Dataset string `json:"dataset,omitempty"` // that answers, or doesn't, instead of Of
	Applied bool   `json:"applied"`
	Reason  string `json:"reason,omitempty"`
	Detail  string `json:"detail,omitempty"` // with the field, group or measure that the reason is about
}

// appendExplain appends the member explain.
func (m *Meta) appendExplain(o *Object) {
	bodies := make([]explainBody, len(m.Rewrites))
	for i, r := range m.Rewrites {
		bodies[i] = explainBody{Rewrite: r.Rewrite.String(), Of: r.Of, Dataset: r.Dataset, Applied: r.Reason == query.Applied}
		if !bodies[i].Applied {
			bodies[i].Reason, bodies[i].Detail = r.Reason.String(), r.Text()
		}
	}
	o.JSON("explain", bodies)
}

// hintBody names the nearest value that exists for a filter value that doesn't.
type hintBody struct {
	Parameter  string `json:"parameter"`
	Value      string `json:"value"`
	DidYouMean string `json:"did_you_mean"`
}

// Append appends the meta object of an answer from a release.
func (m *Meta) Append(dst []byte, start time.Time, release *gold.Release) []byte {
	o := &Object{Bytes: append(dst, '{')}
	if m.Counted {
		o.Int("count", m.Count)
	}
	if m.Total != nil {
		o.Int("total", *m.Total)
	}
	if m.Counted && !m.Whole {
		o.Bool("truncated", m.Truncated)
	}
	o.Millis("query_ms", m.Took)
	o.Millis("total_ms", time.Since(start))
	if release != nil {
		o.Int("release", release.Number)
		o.Time("as_of", release.AsOf)
		o.Time("published_at", release.PublishedAt)
	}
	if m.AnsweredBy != "" {
		o.Text("answered_by", m.AnsweredBy)
	}
	if m.Next != "" {
		o.URL("next", m.Next)
	}
	if m.Cursor != "" {
		o.Text("cursor", m.Cursor)
	}
	if len(m.Unavailable) > 0 {
		o.Object("unavailable", func(reasons *Object) {
			for _, u := range m.Unavailable {
				reasons.Text(u.Name, u.Reason)
			}
		})
	}
	if m.Compared != nil {
		o.Object("compared", func(spans *Object) {
			spans.Span("current", m.Compared.Now)
			spans.Span("previous", m.Compared.Before)
		})
	}
	if len(m.Partial) > 0 {
		o.JSON("partial", m.Partial)
	}
	if len(m.Describe) > 0 {
		o.Raw("describe", m.Describe)
	}
	if m.Explain {
		m.appendExplain(o)
	}
	if len(m.Hints) > 0 {
		bodies := make([]hintBody, len(m.Hints))
		for i, h := range m.Hints {
			bodies[i] = hintBody{param.NameOf(h.Field, h.Op), h.Value, h.DidYouMean}
		}
		o.JSON("hints", bodies)
	}
	return append(o.Bytes, '}')
}

// Close appends the meta object to a body, and ends the body.
func (m *Meta) Close(body []byte, start time.Time, release *gold.Release) []byte {
	return append(m.Append(append(body, `"meta":`...), start, release), "}\n"...)
}
