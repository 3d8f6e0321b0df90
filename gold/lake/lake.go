package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"goldserve/gold"
	"goldserve/gold/lake/catalog"
	"goldserve/gold/lake/dir"
	"goldserve/gold/lake/object"
)

// Lake is where gold files lie.
type Lake struct {
	source object.Source

	mu        sync.Mutex
	snapshots map[string]keptSnapshot // of Delta tables, by their folders
	iceberg   map[string]keptIceberg  // of Iceberg tables
	catalog   *catalog.Catalog        // of Iceberg tables that are named in it; nil: there is none
	opener    Opener                  // of tables that the catalog gives credentials for
	vend      map[string]*vendedTable // those, by their names
	replaced  []*vendedTable          // which lay elsewhere before

	read func(name, token string) // nil: nobody observes
}

// Open opens a folder. It returns Unavailable lake_not_found where the path is no folder or can't be read, and the context's
// error where it has ended.
func Open(ctx context.Context, folder string) (*Lake, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	source, err := dir.Open(folder)
	if err != nil {
		return nil, err
	}
	return New(source), nil
}

// New returns the lake of a source, which Close closes.
func New(source object.Source) *Lake { return &Lake{source: source} }

// Observe has read called before each read of one of the lake's objects, with its name and token, possibly by several goroutines
// at once. It must be called before anything else.
func (l *Lake) Observe(read func(name, token string)) {
	l.read = read
	l.source = object.Observe(l.source, func(info object.Info) { read(info.Name, info.Token) })
}

// Ask has Iceberg tables that a contract names as NAMESPACE.TABLE looked up in a catalog. They must lie in the lake; those that the
// catalog gives credentials for are opened with these, and may lie in the further sources too. It must be called before anything is
// read.
func (l *Lake) Ask(c *catalog.Catalog, open Opener) { l.catalog, l.opener = c, open }

// Extend lets the metadata of tables name files in other sources, by absolute paths. They are closed with the lake. It must be
// called before anything is read.
func (l *Lake) Extend(roots ...object.Source) {
	if len(roots) > 0 {
		l.source = object.WithRoots(l.source, roots...)
	}
}

// VersionOf returns the token of the version of an object that the lake has now; empty: it has no such object.
func (l *Lake) VersionOf(ctx context.Context, name string) (string, error) {
	info, err := l.source.Stat(ctx, name)
	if object.Absent(err) {
		return "", nil
	}
	return info.Token, err
}

// Path names the lake as its user wrote it.
func (l *Lake) Path() string { return l.source.String() }

// Look takes a new listing of a lake whose listing is kept, as a bucket's is: what is told of it from then on, by Table.Unchanged
// too, is not older than the call. State looks itself.
func (l *Lake) Look(ctx context.Context) error {
	if err := l.lookVended(ctx); err != nil {
		return err
	}
	return l.source.Look(ctx)
}

// Close closes the source; tables that are open stay so.
func (l *Lake) Close() error { return errors.Join(l.closeVended(), l.source.Close()) }

// Locate finds the dataset's source and lists its files, without opening any: the file <source>.parquet, a folder of that name or
// named <source> with parts as Spark writes them, Hive partitions included, a text file such as <source>.csv.gz, the files of a
// pattern, or a version of a table, whose log is read.
//
// It returns Invalid source_missing, source_unreadable (a link out of the lake, a device, two that may be meant), file_unsupported,
// and of a table's log file_invalid; Unavailable source_unreadable where the lake can't be read now.
func (l *Lake) Locate(ctx context.Context, s Spec) (*Table, error) {
	found, err := l.list(ctx, s)
	if err != nil {
		return nil, err
	}
	return newTable(l, s, found), nil
}

// Table finds the dataset's source and opens it: see Locate and Table.Open. Every problem of the schema is reported at once.
//
// It returns the errors of Locate, and Invalid file_invalid, file_unsupported, row_count, integrity_failed (for all its files,
// before any of them is decoded), schema_missing, schema_type, schema_duplicate; Unavailable source_unreadable where the file can't
// be read now, source_changed where it changed meanwhile, whatever else was found.
func (l *Lake) Table(ctx context.Context, s Spec) (*Table, error) {
	t, err := l.Locate(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := t.Open(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// list lists the files of a source as they are now.
func (l *Lake) list(ctx context.Context, s Spec) (*listing, error) {
	if err := l.refuseEnclosing(ctx, s.File()); err != nil {
		return nil, err
	}
	if isPattern(s.stem()) {
		return l.findMatches(ctx, s)
	}
	if s.Reading.Format.Table() {
		return l.listTable(ctx, s)
	}
	info, err := l.find(ctx, s)
	if s.Reading.Format == "" && (err == nil && info.Folder || object.Absent(err)) {
		if found, err := l.listTable(ctx, s); err != nil || found != nil {
			return found, err
		}
	}
	switch {
	case object.Absent(err):
		if err := refuseTables(ctx, l.source, strings.TrimSuffix(s.stem(), extension)); err != nil {
			return nil, err
		}
		return nil, l.missing(ctx, s.File())
	case err != nil:
		return nil, err
	case info.Folder:
		return findParts(ctx, l.source, info.Name, s)
	}
	return &listing{name: info.Name, kind: gold.OneFile, format: formatOf(info.Name, s.Reading), parts: []part{{info, s.named(info.Name, nil)}}}, nil
}

// metadata returns the source that a table's metadata is read from.
func (l *Lake) metadata(s Spec) object.Source {
	return s.metadata(l.source)
}

// metadata returns the source that a table's metadata is read from, of one that has the table.
func (s Spec) metadata(from object.Source) object.Source {
	switch {
	case s.recorder != nil:
		return s.recorder
	case s.Manifest != nil:
		return &witness{Source: from, manifest: s.Manifest}
	}
	return from
}

// refuseEnclosing returns the error of a source that lies in a table of another format than plain Parquet: the lake itself is
// one, or a folder between the two.
func (l *Lake) refuseEnclosing(ctx context.Context, source string) error {
	if err := refuseTable(ctx, l.source, ".", l.Path()); err != nil {
		return err
	}
	for folder := path.Dir(source); folder != "."; folder = path.Dir(folder) {
		if err := refuseTable(ctx, l.source, folder, folder); err != nil {
			return err
		}
	}
	return nil
}

// missing returns the error of a source that is not there, with the nearest name that is.
func (l *Lake) missing(ctx context.Context, source string) error {
	names, err := l.Names(ctx)
	if err != nil {
		return err
	}
	problem := gold.Problem{File: source, Code: gold.CodeSourceMissing, DidYouMean: gold.Nearest(source, names)}
	return gold.Invalidf(problem, "the lake %s has no such file", l.Path())
}

// Names returns the names of the files and folders in the lake, but for hidden ones.
func (l *Lake) Names(ctx context.Context) ([]string, error) { return l.NamesIn(ctx, ".") }

// NamesIn returns the names of what lies directly in a folder of the lake, but for hidden ones; without the folder's.
func (l *Lake) NamesIn(ctx context.Context, folder string) ([]string, error) {
	entries, err := l.source.List(ctx, folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name := path.Base(e.Name); !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_") {
			names = append(names, name)
		}
	}
	return names, nil
}

// Missing returns Invalid integrity_failed where files of the manifest are not in the lake. Called once the tables are
// open; files that are there and that no table reads are left alone.
func (m *Manifest) Missing(ctx context.Context, l *Lake) error {
	var problems []gold.Problem
	for name := range m.byPath {
		if m.met[name] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := l.source.Stat(ctx, name); errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, gold.Problem{File: name, Code: gold.CodeIntegrityFailed, Detail: fmt.Sprintf(m.words().missing, m.name)})
		}
	}
	switch {
	case len(problems) == 0 && m.also != nil:
		return m.also.Missing(ctx, l)
	case len(problems) == 0:
		return nil
	}
	slices.SortFunc(problems, func(a, b gold.Problem) int { return strings.Compare(a.File, b.File) })
	return integrityError("the lake differs from the manifest", problems)
}
