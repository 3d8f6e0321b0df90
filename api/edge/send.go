package edge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"goldserve/gold/format"
)

// Media types of bodies that are no rows.
const (
	TypeJSON = "application/json"
	TypeHTML = "text/html"
)

// Vary names the headers that choose among the forms of an answer, and who may read it.
var Vary = []string{"Accept, Accept-Encoding, Origin"}

// Send writes a complete body. If writing fails, the client has gone, so nobody can get the error.
func Send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // #nosec G705 -- bodies are JSON: gold/format and encoding/json escape what clients sent
}

// SendJSON sends a body of a URL that is of no release: it may change at any time.
func SendJSON(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode an answer: %w", err)
	}
	w.Header().Set("Content-Type", TypeJSON)
	w.Header().Set("Cache-Control", "no-store")
	Send(w, status, append(body, '\n'))
	return nil
}

// Move leads to another URL for good.
func Move(w http.ResponseWriter, target string) {
	h := w.Header()
	h.Set("Location", target)
	h.Set("Cache-Control", "no-store") // the base path may be another one for the next client
	Send(w, http.StatusPermanentRedirect, nil)
}

// RelativeURL returns a path with a query, both escaped: nothing in it can end a header.
func RelativeURL(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

// Link is one value of a Link header.
func Link(url, relation string) string { return "<" + url + `>; rel="` + relation + `"` }

// appendMillis appends a duration in milliseconds, as Server-Timing has it.
func appendMillis(dst []byte, micros int64) []byte { return format.AppendScaled(dst, micros, 3) }
