package api

import (
	"net/http"
	"slices"
	"strings"

	"goldserve/api/edge"
	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query/param"
)

// representation is the form of an answer that suits a client.
type representation struct {
	respond.Form
	named []param.Pair // what the next page has to say again: format= where Accept alone would not have chosen it, dialect=
}

var (
	jsonOnly = []edge.Offer{{Format: format.JSON, MediaTypes: []string{edge.TypeJSON}}}
	tables   = tableOffers()
)

func tableOffers() []edge.Offer {
	offers := make([]edge.Offer, 0, len(format.All()))
	for _, f := range format.All() {
		offers = append(offers, edge.Offer{Format: f, MediaTypes: f.MediaTypes()})
	}
	return offers
}

func formatNames() []string {
	var names []string
	for _, o := range tables {
		names = append(names, o.Format.String())
	}
	return names
}

// negotiate chooses among what there is, of which the first suits who doesn't mind. The path's suffix and format= go
// before Accept.
func negotiate(r *http.Request, p *param.Set, offers []edge.Offer) (representation, error) {
	suffix, suffixed := edge.PathParam(r, "format")
	name, given := p.Take("format")
	if suffixed && given && name != suffix {
		p.Problem("format", gold.CodeInvalidValue, "the path ends with .%s: leave the parameter out", suffix)
	}
	if suffixed {
		name = suffix
	}
	best := edge.Favourite(r.Header["Accept"], offers)
	chosen := best
	if suffixed || given {
		chosen = slices.IndexFunc(offers, func(o edge.Offer) bool { return o.Format.String() == name })
	}
	if chosen < 0 {
		return representation{}, notAcceptable(offers)
	}
	o := offers[chosen]
	rep := representation{Form: respond.Form{Format: o.Format, ContentType: o.Format.ContentType()}}
	if o.Format == format.JSON {
		rep.ContentType = o.MediaTypes[0]
	}
	if o.Format.Compressible() {
		rep.Encoding = respond.EncodingFor(r.Header["Accept-Encoding"])
	}
	if given && chosen != best {
		rep.named = append(rep.named, param.Pair{Name: "format", Value: name})
	}
	if len(offers) > 1 {
		if rep.Dialect, given = p.Dialect(rep.Format); given {
			rep.named = append(rep.named, param.Pair{Name: "dialect", Value: rep.Dialect.String()})
		}
	}
	return rep, nil
}

func notAcceptable(offers []edge.Offer) error {
	var names, mediaTypes []string
	for _, o := range offers {
		names, mediaTypes = append(names, o.Format.String()), append(mediaTypes, o.MediaTypes[0])
	}
	return gold.Errorf(gold.Invalid, gold.CodeNotAcceptable, "this URL answers as format=%s: %s", strings.Join(names, ", "), strings.Join(mediaTypes, " or "))
}
