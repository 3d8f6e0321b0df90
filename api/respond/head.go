package respond

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"goldserve/api/edge"
	"goldserve/gold/format"
)

// head is what is known of a response before it is computed: its cache key, and the headers that follow from that.
type head struct {
	release      *Release
	key          cacheKey
	form         Form
	mayBeMissing bool
	route        string // that answers, for the metrics
	headers      headers
}

// headers are values of an answer's headers as http.Header holds them, made once and shared by all who send them.
type headers struct {
	etag, location, cacheControl, contentType []string
	disposition, cutDisposition               []string // the name of a file, whole or cut; nil: the body is no file
}

// newHead returns the head of a pending response, which others may cache for maxAge.
func newHead(p *Pending, maxAge time.Duration) *head {
	sum := sha256.Sum256(p.Question.Bytes)
	h := &head{release: p.Release, form: p.Form, mayBeMissing: p.MayBeMissing}
	copy(h.key.query[:], sum[:])
	h.key.release = p.Release.Identity
	h.headers = headers{contentType: []string{p.Form.ContentType}, cacheControl: []string{cacheControl(p.Pinned, maxAge)}}
	if r := p.Release.Record; r != nil {
		if location := p.Location(r.Number); location != "" {
			h.headers.location = []string{location}
		}
		h.headers.etag = []string{h.tag(r.Number)}
		if p.Form.Format != format.JSON {
			h.headers.disposition, h.headers.cutDisposition = []string{p.disposition(false)}, []string{p.disposition(true)}
		}
	}
	return h
}

// tag is the answer's ETag: weak for JSON, since its body has timings.
func (h *head) tag(release int64) string {
	sum := sha256.Sum256(append(append(h.key.query[:], h.key.release[:]...), h.form.Encoding...))
	strength := ""
	if h.form.Format == format.JSON {
		strength = "W/"
	}
	return strength + `"r` + strconv.FormatInt(release, 10) + "-" + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}

// cacheControl lets what names its release be cached for ever.
func cacheControl(pinned bool, maxAge time.Duration) string {
	switch {
	case pinned:
		return "max-age=31536000, immutable"
	case maxAge > 0:
		return "max-age=" + strconv.Itoa(int(maxAge.Seconds()))
	default:
		return "no-cache"
	}
}

// describe sets the headers that an answer has with and without its body.
func (h *head) describe(to http.Header) {
	to["Vary"] = edge.Vary
	to["Cache-Control"] = h.headers.cacheControl
	if h.headers.etag != nil {
		to["Etag"] = h.headers.etag
	}
	if h.headers.location != nil {
		to["Content-Location"] = h.headers.location
	}
	if h.release.Tag != nil {
		to["Goldserve-Release"], to["Goldserve-As-Of"] = h.release.Tag, h.release.AsOf
	}
}

// describeBody sets the headers of a body, whole or cut.
func (h *head) describeBody(to http.Header, cut bool) {
	to["Content-Type"] = h.headers.contentType
	switch {
	case h.headers.disposition == nil:
	case cut:
		to["Content-Disposition"] = h.headers.cutDisposition
	default:
		to["Content-Disposition"] = h.headers.disposition
	}
}
