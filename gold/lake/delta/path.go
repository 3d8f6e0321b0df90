package delta

import (
	"errors"
	"net/url"
	"path"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// within returns the name that a path of the log, a URI, has below the table's folder, and whether it lies there. One outside is
// returned as it is written.
func within(p *object.Places, written string) (string, bool, error) {
	decoded := written
	if strings.Contains(written, "%") {
		var err error
		if decoded, err = url.PathUnescape(written); err != nil {
			return "", false, errors.New("has a % that encodes nothing")
		}
	}
	name, inside, err := p.Within(decoded)
	if err == nil && !inside {
		name = written
	}
	return name, inside, err
}

// outside returns the error of a file that is not in the table's folder.
func (l *Log) outside(written string) error {
	return invalid(path.Join(l.folder, LogFolder), gold.CodeFileUnsupported, "the log of the Delta table names the file %q, which lies outside the table's folder, "+
		"and in none of the lake roots: copy the table with all its files, as a deep clone does, or add the folder of the files to the lake roots", object.Shown(written))
}

// shorten bounds what a message quotes.
func shorten(text string) string { return object.Shorten(text) }
