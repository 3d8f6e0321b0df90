package api

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"goldserve/api/edge"
	"goldserve/api/respond"
	"goldserve/web"
)

// uiPath is where the dashboard's page is; its files and its other pages lie below it.
const uiPath = "/ui"

// ui is the embedded dashboard.
type ui struct {
	before, after string // index.html around the base that it is served under
	files         map[string]*asset
}

// asset is a file of the dashboard.
type asset struct {
	body        []byte
	contentType string
	tag         string                   // of the body, without quotes
	packed      map[string]func() []byte // by encoding, made when it is first asked for; none of what is packed already
}

const (
	pageFile = "index.html"
	pageBase = `<base href="./">`
	// benchmarkFile is the results of a benchmark that the dashboard shows where the server was given some.
	benchmarkFile = "benchmark.json"

	svgType = "image/svg+xml"
)

// assetTypes are the media types of files by their endings; those of text are compressed.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".json": edge.TypeJSON, ".map": edge.TypeJSON, ".svg": svgType, ".txt": "text/plain; charset=utf-8",
	".ico": "image/x-icon", ".png": "image/png", ".woff2": "font/woff2",
}

// uiPolicy is the page's Content-Security-Policy: charts set styles of elements, and nothing is loaded from elsewhere.
var uiPolicy = []string{"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; " +
	"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"}

// newUI reads the built files. benchmark is nil where there is none.
func newUI(benchmark []byte, c *respond.Compressor) (*ui, error) {
	files, err := web.Files()
	if err != nil {
		return nil, fmt.Errorf("open the dashboard: %w", err)
	}
	u := &ui{files: map[string]*asset{}}
	err = fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err == nil {
			u.files[name] = newAsset(name, body, c)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the dashboard: %w", err)
	}
	page, err := fs.ReadFile(files, pageFile)
	if err != nil {
		return nil, fmt.Errorf("read the dashboard: %w", err)
	}
	var found bool
	if u.before, u.after, found = strings.Cut(string(page), pageBase); !found {
		return nil, errors.New("the dashboard's page has no " + pageBase)
	}
	delete(u.files, pageFile)
	if benchmark != nil {
		u.files[benchmarkFile] = newAsset(benchmarkFile, benchmark, c)
	}
	return u, nil
}

func newAsset(name string, body []byte, c *respond.Compressor) *asset {
	a := &asset{body: body, contentType: cmp.Or(assetTypes[path.Ext(name)], "application/octet-stream"), tag: contentTag(body)}
	if !strings.HasPrefix(a.contentType, "text/") && a.contentType != edge.TypeJSON && a.contentType != svgType || len(body) < respond.MinCompressed {
		return a
	}
	a.packed = map[string]func() []byte{}
	for _, encoding := range []string{respond.EncodingZstd, respond.EncodingGzip} {
		a.packed[encoding] = sync.OnceValue(func() []byte {
			packed, err := c.Compress(encoding, body)
			if err != nil {
				return nil // writing to memory doesn't fail; the plain body would do
			}
			return packed
		})
	}
	return a
}

func contentTag(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.RawURLEncoding.EncodeToString(sum[:15])
}

// handleUI answers /ui and /ui/ with the dashboard's page, /ui/{file} with what it loads, and any other URL below /ui/ with the
// page for browsers: the page knows what the URL means.
//
//	@ID				ui
//	@Summary		The dashboard
//	@Description	A page that shows the model at once; it loads nothing from elsewhere. URLs below it are its own.
//	@Tags			server
//	@Produce		text/html
//	@Success		200	{string}	string	"the page"
//	@Router			/ui [get]
func (s *Server) handleUI(w http.ResponseWriter, r *http.Request) error {
	m, err := s.pageModel(r)
	if err != nil {
		return err
	}
	name, below := edge.PathParam(r, "*")
	file := s.ui.files[name]
	switch {
	case file != nil:
		s.sendAsset(w, r, file)
	case below && name != "" && !edge.WantsPage(r):
		return edge.NothingAt(r)
	default:
		s.sendPage(w, r, m)
	}
	return nil
}

// pageModel returns the model that a page is of: where there is no default one, the first.
func (s *Server) pageModel(r *http.Request) (*model, error) {
	if _, named := edge.PathParam(r, "model"); !named && s.defaultModel == nil {
		return s.models[0], nil
	}
	return s.modelOf(r)
}

// sendPage sends the page of a model. Everything that it asks for is relative to its base.
func (s *Server) sendPage(w http.ResponseWriter, r *http.Request, m *model) {
	base := s.urlPrefix(s.edge.Base(r), m) + uiPath + "/"
	// A base path and a model's name hold no character that HTML would need escaped.
	body := []byte(s.ui.before + `<base href="` + base + `">` + s.ui.after)
	w.Header()["Content-Security-Policy"] = uiPolicy
	s.sendAsset(w, r, &asset{body: body, contentType: assetTypes[".html"], tag: contentTag(body)})
}

// sendAsset sends a file. Browsers keep it and ask each time whether it is still the same.
func (s *Server) sendAsset(w http.ResponseWriter, r *http.Request, a *asset) {
	h, body, tag := w.Header(), a.body, a.tag
	if encoding := respond.EncodingFor(r.Header["Accept-Encoding"]); a.packed[encoding] != nil {
		if packed := a.packed[encoding](); packed != nil {
			body, tag = packed, tag+"-"+encoding
			h.Set("Content-Encoding", encoding)
		}
	}
	tag = `"` + tag + `"`
	h["Vary"] = edge.Vary
	h.Set("Cache-Control", "no-cache")
	h.Set("Etag", tag)
	if respond.IfNoneMatch(r, tag) != respond.NoMatch {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", a.contentType)
	edge.Send(w, http.StatusOK, body)
}
