package api

import (
	"net/http"

	"goldserve/api/edge"
)

// uiPath is where the dashboard's page is; its files and its other pages lie below it.
const uiPath = "/ui"

// uiPolicy is the page's Content-Security-Policy: charts set styles of elements, and nothing is loaded from elsewhere.
var uiPolicy = []string{"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; " +
	"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"}

// handleUI answers /ui and /ui/ with the dashboard's page, /ui/{file} with what it loads, and any other URL below /ui/ with the
// page for browsers: the page knows what the URL means.
//
//	@ID				ui
//	@Summary		The dashboard
//	@Description	The dashboard of the model. It loads nothing from other hosts. URLs below /ui are its files.
//	@Tags			server
//	@Produce		text/html
//	@Success		200	{string}	string	"the page"
//	@Router			/ui [get]
func (s *service) handleUI(w http.ResponseWriter, r *http.Request) error {
	m, err := s.pageModel(r)
	if err != nil {
		return err
	}
	name, below := edge.PathParam(r, "*")
	file := s.assets.files[name]
	switch {
	case file != nil:
		sendAsset(w, r, file)
	case below && name != "" && !edge.WantsPage(r):
		return edge.NothingAt(r)
	default:
		s.sendPage(w, r, m)
	}
	return nil
}

// pageModel returns the model that a page is of: where there is no default one, the first.
func (s *service) pageModel(r *http.Request) (*model, error) {
	if _, named := edge.PathParam(r, "model"); !named && s.defaultModel == nil {
		return s.listed(r.Context())[0], nil
	}
	return s.modelOf(r)
}

// sendPage sends the page of a model. Everything that it asks for is relative to its base.
func (s *service) sendPage(w http.ResponseWriter, r *http.Request, m *model) {
	base := s.urlPrefix(s.edge.Base(r), m) + uiPath + "/"
	// A base path and a model's name hold no character that HTML would need escaped.
	body := []byte(s.assets.before + `<base href="` + base + `">` + s.assets.after)
	w.Header()["Content-Security-Policy"] = uiPolicy
	sendAsset(w, r, &asset{body: body, contentType: assetTypes[".html"], tag: contentTag(body)})
}
