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

// assets are the embedded dashboard.
type assets struct {
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
	// benchmarkFile is the results of a benchmark that the dashboard shows, if the server has any.
	benchmarkFile = "benchmark.json"

	svgType = "image/svg+xml"
)

// assetTypes are the media types of files by their endings; those of text are compressed.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".json": edge.TypeJSON, ".map": edge.TypeJSON, ".svg": svgType, ".txt": "text/plain; charset=utf-8",
	".ico": "image/x-icon", ".png": "image/png", ".woff2": "font/woff2",
}

// newAssets reads the built files. benchmark is nil where there is none.
func newAssets(benchmark []byte, c *respond.Compressor) (*assets, error) {
	files, err := web.Files()
	if err != nil {
		return nil, fmt.Errorf("open the dashboard: %w", err)
	}
	u := &assets{files: map[string]*asset{}}
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

// sendAsset sends a file. Browsers keep it and ask each time whether it is still the same.
func sendAsset(w http.ResponseWriter, r *http.Request, a *asset) {
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
