package api

import (
	"net/http"
	"path"
	"strings"
)

// withoutSlash leads from a path with a slash at its end to the one without it. It leaves alone what could lead out of
// here: a browser takes //host/ for another server, and /\host/ too. The empty key of a row is no slash too many.
func (s *Server) withoutSlash(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		target, slash := strings.CutSuffix(path, "/")
		if !slash || !leadsHere(target) || isRows(target) {
			next.ServeHTTP(w, r)
			return
		}
		s.move(w, r, target)
	})
}

// leadsHere reports whether an escaped path begins with exactly one slash, however a browser may read it, and has no
// empty segment.
func leadsHere(path string) bool {
	first, absolute := strings.CutPrefix(path, "/")
	first = strings.ToLower(first[:min(3, len(first))])
	return absolute && first != "" && first != "%2f" && first != "%5c" && first[0] != '\\' && !strings.Contains(path+"/", "//")
}

// isRows reports whether a path is /datasets/{dataset}/rows, of a model or not.
func isRows(escaped string) bool {
	for _, pattern := range []string{"/datasets/*/rows", "/m/*/datasets/*/rows"} {
		if ok, err := path.Match(pattern, escaped); ok && err == nil {
			return true
		}
	}
	return false
}

// move leads to an escaped path of this server, with the request's query.
func (s *Server) move(w http.ResponseWriter, r *http.Request, path string) {
	h := w.Header()
	h.Set("Location", relativeURL(s.baseOf(r)+path, r.URL.RawQuery))
	h.Set("Cache-Control", "no-store") // the base may be another one for the next client
	send(w, http.StatusPermanentRedirect, nil)
}

// handleMovedDocs answers the paths that other programs have their Swagger UI at.
func (s *Server) handleMovedDocs(w http.ResponseWriter, r *http.Request) error {
	s.move(w, r, "/docs")
	return nil
}

// icon is the dashboard's, for pages that name none and browsers that ask for one.
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1f5fbf"/>` +
	`<path d="M3 12V8h2.5v4zM6.75 12V5h2.5v7zM10.5 12V3H13v9z" fill="#fff"/></svg>` + "\n"

func (s *Server) handleIcon(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", svgType)
	h.Set("Cache-Control", "max-age=86400")
	send(w, http.StatusOK, []byte(icon))
	return nil
}
