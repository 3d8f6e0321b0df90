package delta

import (
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// paths turns the paths of a log into names of files in the table's folder.
type paths struct {
	roots []string // places of the folder, as absolute paths name them
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// pathsOf returns the paths of a table in a folder of a lake.
func pathsOf(source object.Source, folder string) *paths {
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
	p := &paths{}
	for _, root := range roots {
		root = absolute(strings.TrimSuffix(root, "/"))
		if folder != "." {
			root += "/" + folder
		}
		p.roots = append(p.roots, root+"/")
	}
	return p
}

// absolute returns an absolute path or URL in one form: a file's without its scheme, a bucket's with one name of several.
func absolute(name string) string {
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

// within returns the name that a path of the log, a URI, has below the table's folder, and whether it lies there. One
// outside is returned as it is written.
func (p *paths) within(written string) (string, bool, error) {
	if written == "" {
		return "", false, errPath("is empty")
	}
	decoded := written
	if strings.Contains(written, "%") {
		var err error
		if decoded, err = url.PathUnescape(written); err != nil {
			return "", false, errPath("has a % that encodes nothing")
		}
	}
	if strings.ContainsAny(decoded, "\x00\\") {
		return "", false, errPath("has a character that no path may have")
	}
	if scheme.MatchString(decoded) || strings.HasPrefix(decoded, "/") {
		whole := absolute(decoded)
		for _, root := range p.roots {
			if below, ok := strings.CutPrefix(whole, root); ok {
				name, fine := inside(below)
				return name, fine, nil
			}
		}
		return written, false, nil
	}
	name, fine := inside(decoded)
	if !fine {
		return written, false, nil
	}
	return name, true, nil
}

// inside returns a relative path in its shortest form, false where it leads out.
func inside(name string) (string, bool) {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return name, false
		}
	}
	clean := path.Clean(name)
	return clean, clean != "."
}

type errPath string

func (e errPath) Error() string { return string(e) }

// outside returns the error of a file that is not in the table's folder.
func (l *Log) outside(written string) error {
	return invalid(path.Join(l.folder, LogFolder), gold.CodeFileUnsupported, "the log of the Delta table names the file %q, which lies outside the table's folder, "+
		"and nothing outside is read: copy the table with all its files, as a deep clone does", shorten(secrets.ReplaceAllString(written, "$1$2")))
}

// secrets are the parts of a URL that may be secret: a key with its password before the host, and options such as a signature.
var secrets = regexp.MustCompile(`(?s)^([A-Za-z][A-Za-z0-9+.-]*://)(?:[^/?]*:[^/?]*@)?([^?]*)(?:\?.*)?$`)

// shorten bounds what a message quotes.
func shorten(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
