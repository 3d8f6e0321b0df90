package api

import (
	"strings"

	"goldserve/api/edge"
	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// pending returns the response to a request before anything is read. The handler adds to its question, and says how the
// answer is computed.
func (s *service) pending(req *request) *respond.Pending {
	p := &respond.Pending{
		Release: req.catalog.announced, Form: req.rep.Form, Base: req.base, Location: req.location,
		Pinned: req.pinned, Stale: req.stale, Explain: req.params.Explain,
	}
	p.Question.Text(s.version, req.base, req.path, req.rep.Format.String(), req.rep.Dialect.String())
	p.Question.Bool(len(req.rep.named) > 0)
	p.Question.Text(req.params.AsOf()) // cursors repeat it
	if req.params.Long() {
		p.Question.Text("long") // its next page has no URL
	}
	if p.Explain {
		p.Question.Text("explain")
	}
	return p
}

// location is the URL of this very answer: the request's with its release named; "" where no URL can ask it.
func (req *request) location(release int64) string {
	if req.params.Long() {
		return ""
	}
	return edge.RelativeURL(req.escaped, param.EncodePairs(req.params.Pinned(release)))
}

// table returns rows of a version, or of what is computed from it, within a bound, as the answer to a request. what
// follows the dataset's name in a file's; all says that there are as many as the version has, where no limit ends them.
func (req *request) table(v *gold.Version, what string, b query.Bound, all bool, read body.Read) *respond.Table {
	limit := b.Limit
	if limit == 0 {
		limit = query.Everything
	}
	t := &respond.Table{Name: fileTitle(&v.Dataset) + what, Continues: req.params.Cursor != nil, Limit: b.Limit, Cut: limit < v.Rows, Read: read}
	switch {
	case min(limit, v.Rows) <= param.MaxLimit(&v.Dataset):
	case all, b.Asked:
		t.Size = respond.Large
	default:
		t.Size = respond.Unknown
	}
	return t
}

// fileTitle names a dataset in file names as its URL does.
func fileTitle(d *gold.Dataset) string {
	if name := strings.TrimPrefix(d.Endpoint, "/"); name != "" {
		return name
	}
	return d.Name
}
