package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"goldserve/gold"
)

// request is what every data request has in common: its parameters, and the one release that it reads.
type request struct {
	params  *params
	catalog *catalog
	sent    []pair  // the parameters as they came, without those that start with "_"
	cursor  *cursor // nil: none
	pinned  bool    // the URL names the release: the answer never changes
}

// begin finds the model of a request, reads its parameters, and checks that the client takes what there is.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, mediaTypes ...string) (*model, *params, error) {
	m, err := s.modelOf(r)
	if err != nil {
		return nil, nil, err
	}
	p := readParams(r.URL.RawQuery)
	return m, p, negotiate(w, r, p, mediaTypes...)
}

// open reads the parameters of a request and resolves its release; it announces it in the headers. Problems of
// parameters stay in params, so that a handler reports them with its own.
func (s *Server) open(w http.ResponseWriter, r *http.Request, mediaTypes ...string) (*request, error) {
	m, p, err := s.begin(w, r, mediaTypes...)
	if err != nil {
		return nil, err
	}
	return s.openSelected(w, r, m, p)
}

// openPage is open for answers that go on with a cursor, which names the query and the release.
func (s *Server) openPage(w http.ResponseWriter, r *http.Request) (*request, error) {
	m, p, err := s.begin(w, r)
	if err != nil {
		return nil, err
	}
	token, given := p.take("cursor")
	if !given {
		return s.openSelected(w, r, m, p)
	}
	c, err := decodeCursor(token)
	if err == nil && c.model != m.contracts.Name {
		err = fmt.Errorf("the cursor is one of the model %s", c.model)
	}
	if err != nil {
		p.problem("cursor", problemInvalidCursor, "%v", err)
		return nil, invalidParameters(p.problems)
	}
	req := &request{params: p, sent: slices.Clone(p.pairs), cursor: c, pinned: true}
	return req, req.resolve(w, r, s, m, gold.Selector{Model: m.contracts.Name, Number: c.release})
}

// openSelected goes on with the release that release= or as_of= names, or the current one.
func (s *Server) openSelected(w http.ResponseWriter, r *http.Request, m *model, p *params) (*request, error) {
	req := &request{params: p, sent: slices.Clone(p.pairs)}
	sel := p.selector(m.contracts.Name)
	req.pinned = sel.Number != 0
	if len(p.problems) > 0 {
		// The rest of the problems is found with the current release's contracts.
		sel = gold.Selector{Model: m.contracts.Name}
	}
	return req, req.resolve(w, r, s, m, sel)
}

func (req *request) resolve(w http.ResponseWriter, r *http.Request, s *Server, m *model, sel gold.Selector) error {
	c, err := s.resolve(r.Context(), m, sel)
	if err != nil {
		return err
	}
	req.catalog = c
	announce(w, r, c.release)
	return nil
}

// version finds a dataset in the release. It is the caller's to refuse one without rows, after the parameters.
func (req *request) version(r *http.Request, segment string) (*gold.Version, error) {
	name, _ := pathParam(r, segment)
	if name == "" {
		return nil, nothingAt(r)
	}
	if segment == "endpoint" {
		return req.catalog.endpoint(name)
	}
	return req.catalog.dataset(name)
}

// mediaType names a format in Accept, and its short name in format=.
const mediaTypeJSON = "application/json"

// negotiate checks that the client takes what there is: mediaTypes, else JSON. format= goes before Accept.
func negotiate(w http.ResponseWriter, r *http.Request, p *params, mediaTypes ...string) error {
	if len(mediaTypes) == 0 {
		mediaTypes = []string{mediaTypeJSON}
	}
	w.Header().Add("Vary", "Accept")
	format, given := p.take("format")
	if given && format == "json" || !given && accepts(r.Header.Values("Accept"), mediaTypes) {
		return nil
	}
	return gold.Errorf(gold.Invalid, codeNotAcceptable, "this URL answers as format=json alone: %s", strings.Join(mediaTypes, " or "))
}
