package api

import (
	"net/http"
	"net/url"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/query/param"
)

// request is what every data request has in common: its parameters, and the one release that it reads.
type request struct {
	params  *param.Set
	catalog *catalog
	pinned  bool // the URL names the release: the answer never changes
	rep     representation
	path    string // decoded
	escaped string // path as a link has it
	base    string // what stands before every path in a link
	// stale says that the URL doesn't name the release and the store can't be asked which one it is: it is the last
	// one known.
	stale bool
}

// begin finds the model of a request, and reads it.
func (s *service) begin(w http.ResponseWriter, r *http.Request, offers []edge.Offer) (*model, *request, error) {
	return s.beginAs(w, r, offers, param.Read(r.URL.RawQuery))
}

// beginAs is begin with parameters that are read.
func (s *service) beginAs(w http.ResponseWriter, r *http.Request, offers []edge.Offer, params *param.Set) (*model, *request, error) {
	m, err := s.modelOf(r)
	if err != nil {
		return nil, nil, err
	}
	req, err := s.read(w, r, offers, params)
	return m, req, err
}

// read makes the request of parameters, and finds the form of its answer.
func (s *service) read(w http.ResponseWriter, r *http.Request, offers []edge.Offer, params *param.Set) (*request, error) {
	base := s.edge.Base(r)
	req := &request{params: params, path: r.URL.Path, escaped: base + r.URL.EscapedPath(), base: base}
	w.Header()["Vary"] = edge.Vary
	var err error
	req.rep, err = negotiate(r, req.params, offers)
	return req, err
}

// open reads the parameters of a request and resolves its release; it announces it in the headers. Problems of
// parameters stay in params, so that a handler reports them with its own.
func (s *service) open(w http.ResponseWriter, r *http.Request, offers []edge.Offer) (*request, error) {
	return s.openSelected(w, r, offers, false)
}

// openPage is open for tables that go on with a cursor, which names the query and the release.
func (s *service) openPage(w http.ResponseWriter, r *http.Request) (*request, error) {
	return s.openSelected(w, r, tables, true)
}

// openSelected is open with the release that the parameters name, or the current one.
func (s *service) openSelected(w http.ResponseWriter, r *http.Request, offers []edge.Offer, paged bool) (*request, error) {
	m, req, err := s.begin(w, r, offers)
	if err != nil {
		return nil, err
	}
	return req, s.selectRelease(w, r, m, req, paged)
}

// selectRelease resolves the release that the parameters name, or the current one, and announces it in the headers.
func (s *service) selectRelease(w http.ResponseWriter, r *http.Request, m *model, req *request, paged bool) error {
	sel, err := req.params.Selector(m.contracts.Name, s.observation(r.Context(), m).catalog.Calendar, paged)
	if err != nil {
		return err
	}
	req.pinned = sel.Number != 0
	if req.catalog, req.stale, err = s.resolve(r.Context(), m, sel); err != nil {
		return err
	}
	announce(w, r, req.catalog)
	return nil
}

// versionOf finds the dataset that the path names, by its name or by its endpoint. It is the caller's to refuse one without
// rows, after the parameters.
func (s *service) versionOf(r *http.Request, req *request) (*gold.Version, error) {
	if name, _ := edge.PathParam(r, "dataset"); name != "" {
		return req.catalog.Dataset(name)
	}
	if name, _ := edge.PathParam(r, "endpoint"); name != "" {
		below := ""
		if key, _ := edge.PathParam(r, "key"); key != "" {
			below = "/" + url.PathEscape(key)
		}
		return req.catalog.Endpoint(name, below, s.pathNames...)
	}
	return nil, edge.NothingAt(r)
}

// next returns the URL and the cursor of the page after a row.
func (req *request) next(last []gold.Value) (url, cursor string) {
	return req.params.Next(req.catalog.Catalog, req.escaped, req.rep.named, last)
}
