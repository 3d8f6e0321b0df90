package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5/static"
	"github.com/swaggest/swgui/v5emb"

	"goldserve/api/edge"
)

// docs is Swagger UI, embedded: it loads nothing from elsewhere.
type docs struct {
	ui     http.Handler
	page   []byte
	policy []string // Content-Security-Policy
}

var inline = regexp.MustCompile(`(?s)<(script|style)>(.*?)</(?:script|style)>`)

// newDocs renders the page once. Its own scripts and styles are allowed by their hashes, and nothing else that is inline.
func newDocs() (*docs, error) {
	d := &docs{ui: v5emb.NewHandlerWithConfig(swgui.Config{
		// Relative to the page, which may be below a base path.
		Title: "goldserve", SwaggerJSON: "openapi.json", BasePath: "docs", InternalBasePath: "/docs",
		SettingsUI: map[string]string{"url": `new URL("openapi.json", window.location.href).href`, "docExpansion": `"none"`, "filter": "true", "displayRequestDuration": "true", "tryItOutEnabled": "true"},
	})}
	w := newCaptured()
	d.ui.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/docs/"}})
	d.page = bytes.TrimSpace(w.Bytes())
	hashes := map[string]string{}
	for _, found := range inline.FindAllSubmatch(d.page, -1) {
		sum := sha256.Sum256(found[2])
		hashes[string(found[1])] += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	if hashes["script"] == "" || hashes["style"] == "" {
		return nil, errors.New("the page of Swagger UI has no script or style of its own")
	}
	d.policy = []string{"default-src 'none'; script-src 'self'" + hashes["script"] + "; style-src 'self'" + hashes["style"] +
		"; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
	return d, nil
}

// handleDocs answers /docs with Swagger UI.
//
//	@ID				docs
//	@Summary		This description in a browser
//	@Description	Swagger UI, with requests to try. It loads nothing from other hosts.
//	@Tags			server
//	@Produce		text/html
//	@Success		200	{string}	string	"the page"
//	@Router			/docs [get]
func (d *docs) handleDocs(w http.ResponseWriter, r *http.Request) error {
	if err := noParameters(r); err != nil {
		return err
	}
	h := w.Header()
	h["Content-Security-Policy"] = d.policy
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	edge.Send(w, http.StatusOK, d.page)
	return nil
}

// handleDocsFile answers with a file of Swagger UI.
func (d *docs) handleDocsFile(w http.ResponseWriter, r *http.Request) error {
	name, _ := edge.PathParam(r, "file")
	_, plain := fs.Stat(static.FS, name)
	if _, packed := fs.Stat(static.FS, name+".gz"); strings.HasSuffix(name, ".go") || plain != nil && packed != nil {
		return edge.NothingAt(r)
	}
	w.Header().Set("Cache-Control", "no-cache")
	d.ui.ServeHTTP(w, r)
	return nil
}
