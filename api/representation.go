package api

import (
	"net/http"
	"strings"

	"goldserve/gold"
)

// representation is the form of an answer that suits a client: a format in an encoding.
type representation struct {
	format    string // its name in format=
	mediaType string
	named     bool   // format= chose it where Accept alone would not have: the next page has to say so too
	encoding  string // zstd, gzip or "": as it is
}

// mediaTypeJSON names a format in Accept, and formatJSON is its name in format=.
const (
	mediaTypeJSON = "application/json"
	formatJSON    = "json"
)

// vary names the headers that choose among the forms of an answer, and who may read it.
var vary = []string{"Accept, Accept-Encoding, Origin"}

// negotiate chooses among what there is: mediaTypes, else JSON. format= goes before Accept.
func negotiate(r *http.Request, p *params, mediaTypes ...string) (representation, error) {
	if len(mediaTypes) == 0 {
		mediaTypes = []string{mediaTypeJSON}
	}
	rep := representation{format: formatJSON, mediaType: mediaTypes[0], encoding: encodingFor(r.Header["Accept-Encoding"])}
	name, given := p.take("format")
	accepted := accepts(r.Header["Accept"], mediaTypes)
	if given && name == formatJSON || !given && accepted {
		rep.named = given && !accepted
		return rep, nil
	}
	return rep, gold.Errorf(gold.Invalid, codeNotAcceptable, "this URL answers as format=json alone: %s", strings.Join(mediaTypes, " or "))
}
