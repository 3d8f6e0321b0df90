package api

import (
	"net/http"

	"goldserve/api/edge"
)

// handleMovedDocs answers the paths that other programs have their Swagger UI at.
func (s *service) handleMovedDocs(w http.ResponseWriter, r *http.Request) error {
	edge.Move(w, edge.RelativeURL(s.edge.Base(r)+"/docs", r.URL.RawQuery))
	return nil
}

// icon is the dashboard's, for pages that name none and browsers that ask for one.
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1f5fbf"/>` +
	`<path d="M3 12V8h2.5v4zM6.75 12V5h2.5v7zM10.5 12V3H13v9z" fill="#fff"/></svg>` + "\n"

func (s *service) handleIcon(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", svgType)
	h.Set("Cache-Control", "max-age=86400")
	edge.Send(w, http.StatusOK, []byte(icon))
	return nil
}
