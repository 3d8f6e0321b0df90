package object

import (
	"errors"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// Places turns the paths that a table's metadata holds into names of files in the table's folder.
type Places struct {
	roots   []string // places of the folder, as absolute paths name them
	further *rooted  // other sources that paths may lead to; nil: there are none
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// PlacesOf returns the places of a table in a folder of a lake.
func PlacesOf(source Source, folder string) *Places {
	place := source.String()
	var roots []string
	if scheme.MatchString(place) && strings.Contains(place, "://") {
		roots = []string{place}
	} else if abs, err := filepath.Abs(place); err == nil {
		roots = []string{abs}
		if real, err := filepath.EvalSymlinks(abs); err == nil && real != abs {
			roots = append(roots, real)
		}
		for i := range roots {
			roots[i] = "/" + strings.TrimPrefix(filepath.ToSlash(roots[i]), "/")
		}
	}
	p := &Places{further: rootsOf(source)}
	for _, root := range roots {
		root = Absolute(strings.TrimSuffix(root, "/"))
		if folder != "." {
			root += "/" + folder
		}
		p.roots = append(p.roots, root+"/")
	}
	return p
}

// Absolute returns an absolute path or URL in one form: a file's without its scheme, a bucket's with one name of several.
func Absolute(name string) string {
	if rest, ok := strings.CutPrefix(name, "file:"); ok {
		if host, found := strings.CutPrefix(rest, "//"); found {
			rest = strings.TrimPrefix(host, "localhost")
		}
		return rest
	}
	for _, s := range []string{"s3a://", "s3n://"} {
		if rest, ok := strings.CutPrefix(name, s); ok {
			return "s3://" + rest
		}
	}
	return name
}

// Within returns the name that a path has below the table's folder, and whether it lies there. One outside is returned as it is
// written; one in another root of the source is inside, under its absolute path (see Join).
func (p *Places) Within(written string) (string, bool, error) {
	if written == "" {
		return "", false, errors.New("is empty")
	}
	if strings.ContainsAny(written, "\x00\\") {
		return "", false, errors.New("has a character that no path may have")
	}
	if IsAbsolute(written) {
		whole := Absolute(written)
		for _, root := range p.roots {
			if below, ok := strings.CutPrefix(whole, root); ok {
				if name, fine := Inside(below); fine && !IsAbsolute(name) { // a:b alone would be a URL, see Join
					return name, true, nil
				}
				return written, false, nil
			}
		}
		if p.further != nil {
			if source, _ := p.further.find(whole); source != nil {
				return whole, true, nil
			}
		}
		return written, false, nil
	}
	name, fine := Inside(written)
	if !fine {
		return written, false, nil
	}
	return name, true, nil
}

// Join returns the name in the lake of what Within returned.
func Join(folder, name string) string {
	if IsAbsolute(name) {
		return name
	}
	return path.Join(folder, name)
}

// Below returns the name of something below a folder, which may be an absolute path.
func Below(folder, name string) string {
	if IsAbsolute(folder) {
		return strings.TrimSuffix(folder, "/") + "/" + name
	}
	return path.Join(folder, name)
}

// Inside returns a relative path in its shortest form, false where it leads out.
func Inside(name string) (string, bool) {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return name, false
		}
	}
	clean := path.Clean(strings.TrimLeft(name, "/")) // of a/ and /b, joined with a slash
	return clean, clean != "."
}

// secrets are the parts of a URL that may be secret: a key with its password before the host, and options such as a signature.
var secrets = regexp.MustCompile(`(?s)^([A-Za-z][A-Za-z0-9+.-]*://)(?:[^/?]*:[^/?]*@)?([^?]*)(?:\?.*)?$`)

// Shown returns a path of metadata as a message quotes it: without secrets, and bounded.
func Shown(written string) string { return Shorten(secrets.ReplaceAllString(written, "$1$2")) }

// Shorten bounds what a message quotes.
func Shorten(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// IsAbsolute reports whether a path is one from a file system's root, or a URL.
func IsAbsolute(name string) bool { return scheme.MatchString(name) || strings.HasPrefix(name, "/") }
