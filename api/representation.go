package api

import (
	"net/http"
	"slices"
	"strings"

	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query/param"
)

// representation is the form of an answer that suits a client: a format in an encoding.
type representation struct {
	format      format.Format
	dialect     format.Dialect // of CSV
	contentType string
	named       []param.Pair // what the next page has to say again: format= where Accept alone would not have chosen it, dialect=
	encoding    string       // zstd, gzip or "": as it is
}

const mediaTypeJSON = "application/json"

// offer is a format that a URL answers in, with the media types that mean it there.
type offer struct {
	format     format.Format
	mediaTypes []string
}

var (
	jsonOnly = []offer{{format.JSON, []string{mediaTypeJSON}}}
	tables   = tableOffers()
)

func tableOffers() []offer {
	offers := make([]offer, 0, len(format.All()))
	for _, f := range format.All() {
		offers = append(offers, offer{f, f.MediaTypes()})
	}
	return offers
}

func formatNames() []string {
	var names []string
	for _, o := range tables {
		names = append(names, o.format.String())
	}
	return names
}

// vary names the headers that choose among the forms of an answer, and who may read it.
var vary = []string{"Accept, Accept-Encoding, Origin"}

// negotiate chooses among what there is, of which the first suits who doesn't mind. The path's suffix and format= go
// before Accept.
func negotiate(r *http.Request, p *param.Set, offers []offer) (representation, error) {
	suffix, suffixed := pathParam(r, "format")
	name, given := p.Take("format")
	if suffixed && given && name != suffix {
		p.Problem("format", gold.CodeInvalidValue, "the path ends with .%s: leave the parameter out", suffix)
	}
	if suffixed {
		name = suffix
	}
	best := favourite(r.Header["Accept"], offers)
	chosen := best
	if suffixed || given {
		chosen = slices.IndexFunc(offers, func(o offer) bool { return o.format.String() == name })
	}
	if chosen < 0 {
		return representation{}, notAcceptable(offers)
	}
	o := offers[chosen]
	rep := representation{format: o.format, contentType: o.format.ContentType()}
	if o.format == format.JSON {
		rep.contentType = o.mediaTypes[0]
	}
	if o.format.Compressible() {
		rep.encoding = respond.EncodingFor(r.Header["Accept-Encoding"])
	}
	if given && chosen != best {
		rep.named = append(rep.named, param.Pair{Name: "format", Value: name})
	}
	if len(offers) > 1 {
		if rep.dialect, given = param.ReadDialect(p, rep.format); given {
			rep.named = append(rep.named, param.Pair{Name: "dialect", Value: rep.dialect.String()})
		}
	}
	return rep, nil
}

// favourite returns the place of the offer that an Accept header likes best, the first of equals; -1: it takes none.
func favourite(accept []string, offers []offer) int {
	ranges := strings.Join(accept, ",")
	if strings.TrimSpace(ranges) == "" {
		return 0
	}
	best, bestQ := -1, 0.0
	for i, o := range offers {
		for _, t := range o.mediaTypes {
			if q := quality(ranges, t); q > bestQ {
				best, bestQ = i, q
			}
		}
	}
	return best
}

func notAcceptable(offers []offer) error {
	var names, mediaTypes []string
	for _, o := range offers {
		names, mediaTypes = append(names, o.format.String()), append(mediaTypes, o.mediaTypes[0])
	}
	return gold.Errorf(gold.Invalid, gold.CodeNotAcceptable, "this URL answers as format=%s: %s", strings.Join(names, ", "), strings.Join(mediaTypes, " or "))
}
