package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"

	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// plan is an answer before anything is read: what it is of, and how to compute it.
type plan struct {
	req     *request
	of      param.Key // the typed query
	links   []string  // beside the one to the next page
	perhaps bool      // only reading tells whether there is an answer at all
	// compute appends the JSON body to dst: where it returns a meta, all that stands before it. The context is the
	// computation's own, which may outlive the request. nil: the table's body.
	compute func(ctx context.Context, dst []byte) ([]byte, *body.Meta, error)
	table   *table // the same rows for the other formats; nil: there are none
}

// ticket is what is known of an answer before it is read: which one it is, and the headers that follow from that.
type ticket struct {
	catalog *catalog
	key     respond.Key
	rep     representation
	perhaps bool
	route   string // that answers, for the metrics
	headers headers
}

// headers are values of an answer's headers as http.Header holds them, made once and shared by all who send them.
type headers struct {
	etag, location, cacheControl, contentType []string
	disposition, cutDisposition               []string // the name of a file, whole or cut; nil: the body is no file
}

// ticket makes the ticket of a plan.
func (s *Server) ticket(p *plan) *ticket {
	req := p.req
	c := &param.Key{}
	c.Text(s.version, req.base, req.path, req.rep.format.String(), req.rep.dialect.String())
	c.Bool(len(req.rep.named) > 0)
	c.Text(req.params.AsOf()) // cursors repeat it
	if req.params.Explain {
		c.Text("explain")
	}
	c.Bytes = append(c.Bytes, p.of.Bytes...)
	sum := sha256.Sum256(c.Bytes)
	t := &ticket{catalog: req.catalog, rep: req.rep, perhaps: p.perhaps}
	copy(t.key.Query[:], sum[:])
	t.key.Release = req.catalog.identity
	t.headers = headers{contentType: []string{req.rep.contentType}, cacheControl: []string{s.cacheControl(req.pinned)}}
	if r := req.catalog.Release; r != nil {
		t.headers.location = []string{req.location(r.Number)}
		t.headers.etag = []string{t.tag(r.Number)}
		if req.rep.format != format.JSON {
			t.headers.disposition, t.headers.cutDisposition = []string{p.table.disposition(req, false)}, []string{p.table.disposition(req, true)}
		}
	}
	return t
}

// tag is the answer's ETag: of JSON a weak one, since its body tells of the time that it took.
func (t *ticket) tag(release int64) string {
	sum := sha256.Sum256(append(append(t.key.Query[:], t.key.Release[:]...), t.rep.encoding...))
	strength := ""
	if t.rep.format == format.JSON {
		strength = "W/"
	}
	return strength + `"r` + strconv.FormatInt(release, 10) + "-" + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}

// identify returns the identity of a release; extra are the datasets that contracts on disk add to it.
func identify(r *gold.Release, extra []*gold.Version) respond.Identity {
	c := &param.Key{}
	c.Text(r.Model)
	c.Int(r.Number)
	c.Int(r.PublishedAt.UnixNano())
	for i := range r.Versions {
		c.Text(r.Versions[i].Dataset.Name, r.Versions[i].ID)
	}
	for _, v := range extra {
		// Contracts are plain data: whatever can't be marshalled is left out of all identities alike.
		text, _ := json.Marshal(v.Dataset)
		c.Text(string(text))
	}
	sum := sha256.Sum256(c.Bytes)
	var id respond.Identity
	copy(id[:], sum[:])
	return id
}

// location is the URL of this very answer: the request's with its release named.
func (req *request) location(release int64) string {
	return relativeURL(req.escaped, param.EncodePairs(req.params.Pinned(release)))
}

// cacheControl lets what names its release be kept for ever.
func (s *Server) cacheControl(pinned bool) string {
	switch {
	case pinned:
		return "max-age=31536000, immutable"
	case s.maxAge > 0:
		return "max-age=" + strconv.Itoa(int(s.maxAge.Seconds()))
	default:
		return "no-cache"
	}
}
