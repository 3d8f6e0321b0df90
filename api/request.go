package api

import (
	"fmt"
	"net/http"
	"slices"

	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// request is what every data request has in common: its parameters, and the one release that it reads.
type request struct {
	params  *param.Set
	catalog *catalog
	sent    []param.Pair  // the parameters as they came, without those that start with "_"
	cursor  *param.Cursor // nil: none
	pinned  bool          // the URL names the release: the answer never changes
	rep     representation
	path    string // decoded
	escaped string // path as a link has it
	base    string // what stands before every path in a link
	explain bool   // the answer says how it was found
	// doubtful says that the URL doesn't name the release and the store can't be asked which one it is: it is the last
	// one known.
	doubtful bool
}

// begin finds the model of a request, reads its parameters, and finds the form of its answer.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, offers []offer) (*model, *request, error) {
	m, err := s.modelOf(r)
	if err != nil {
		return nil, nil, err
	}
	base := s.baseOf(r)
	req := &request{params: param.Read(r.URL.RawQuery), path: r.URL.Path, escaped: base + r.URL.EscapedPath(), base: base}
	w.Header()["Vary"] = vary
	req.rep, err = negotiate(r, req.params, offers)
	return m, req, err
}

// open reads the parameters of a request and resolves its release; it announces it in the headers. Problems of
// parameters stay in params, so that a handler reports them with its own.
func (s *Server) open(w http.ResponseWriter, r *http.Request, offers []offer) (*request, error) {
	m, req, err := s.begin(w, r, offers)
	if err != nil {
		return nil, err
	}
	return req, s.openSelected(w, r, m, req)
}

// openPage is open for tables that go on with a cursor, which names the query and the release.
func (s *Server) openPage(w http.ResponseWriter, r *http.Request) (*request, error) {
	m, req, err := s.begin(w, r, tables)
	if err != nil {
		return nil, err
	}
	p := req.params
	token, given := p.Take("cursor")
	if !given {
		return req, s.openSelected(w, r, m, req)
	}
	c, err := param.DecodeCursor(token)
	if err == nil && c.Model != m.contracts.Name {
		err = fmt.Errorf("the cursor is one of the model %s", c.Model)
	}
	if err != nil {
		p.Problem("cursor", gold.CodeInvalidCursor, "%v", err)
		return nil, query.InvalidParameters(p.Problems)
	}
	req.sent, req.cursor, req.pinned = slices.Clone(p.Pairs), c, true
	return req, req.resolve(w, r, s, m, gold.Selector{Model: m.contracts.Name, Number: c.Release})
}

// openSelected goes on with the release that release= or as_of= names, or the current one.
func (s *Server) openSelected(w http.ResponseWriter, r *http.Request, m *model, req *request) error {
	p := req.params
	req.sent = slices.Clone(p.Pairs)
	sel := p.Selector(m.contracts.Name)
	req.pinned = sel.Number != 0
	if len(p.Problems) > 0 {
		// The rest of the problems is found with the current release's contracts.
		sel = gold.Selector{Model: m.contracts.Name}
	}
	return req.resolve(w, r, s, m, sel)
}

func (req *request) resolve(w http.ResponseWriter, r *http.Request, s *Server, m *model, sel gold.Selector) error {
	c, doubtful, err := s.resolve(r.Context(), m, sel)
	if err != nil {
		return err
	}
	req.catalog, req.doubtful = c, doubtful
	announce(w, r, c)
	return nil
}

// version finds a dataset in the release. It is the caller's to refuse one without rows, after the parameters.
func (req *request) version(r *http.Request, segment string) (*gold.Version, error) {
	name, _ := pathParam(r, segment)
	if name == "" {
		return nil, nothingAt(r)
	}
	if segment == "endpoint" {
		return req.catalog.Endpoint(name, "kpis", "datasets", "releases", "health", "readyz", "livez", "version")
	}
	return req.catalog.Dataset(name)
}

// next fills in the cursor and the URL of the page after this one.
func (req *request) next(of string, m *body.Meta) {
	c := &param.Cursor{Model: req.catalog.model.contracts.Name, Dataset: of, Release: req.catalog.Release.Number, Pairs: req.cursor.Rest(req.sent), After: m.Last}
	m.Next, m.Cursor = c.URL(req.escaped, req.rep.named)
}
