package lake

import (
	"path"
	"path/filepath"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Provenance says where the table lies, and which version of it was listed. It holds no secrets: of a lake in a folder with an
// absolute path, which may tell of the machine or of a person, it has the folder's own name.
func (t *Table) Provenance() *gold.Provenance {
	p := &gold.Provenance{Kind: t.kind, Format: formatName(t.source, t.spec.Reading), Place: t.lake.place(t.source), Files: len(t.parts), Bytes: t.bytes, Modified: t.modified()}
	if len(t.parts) > 0 {
		p.Format = formatName(t.parts[0].info.Name, t.spec.Reading)
	}
	if t.kind == gold.PatternOf || t.kind == gold.NewestOf {
		p.Pattern = t.spec.stem()
	}
	if t.version != nil {
		p.Format, p.Version, p.Files = t.version.format(), t.version.number(), t.version.files()
	}
	return p
}

// place names something in the lake for people.
func (l *Lake) place(name string) string {
	if object.IsAbsolute(name) { // a table outside
		return name
	}
	root := l.Path()
	if strings.Contains(root, "://") {
		return strings.TrimSuffix(root, "/") + "/" + name
	}
	if filepath.IsAbs(root) {
		root = filepath.Base(root)
	}
	return path.Join(filepath.ToSlash(root), name)
}

// modified returns when the newest of the files was written, or the version committed; zero: the lake does not tell.
func (t *Table) modified() (latest time.Time) {
	if t.version != nil {
		return t.version.committed().UTC()
	}
	for i := range t.parts {
		if at := t.parts[i].info.Written(); at.After(latest) {
			latest = at
		}
	}
	return latest.UTC()
}
