package lake

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"goldserve/gold"
)

// Lake is a folder of gold files.
type Lake struct {
	path string
	root *os.Root
}

// Open opens a folder. It returns Unavailable lake_not_found where the path is no folder or can't be read.
func Open(folder string) (*Lake, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		shown := folder
		if abs, e := filepath.Abs(folder); e == nil {
			shown = abs
		}
		reason := "can't be opened"
		switch {
		case errors.Is(err, fs.ErrNotExist):
			reason = "does not exist"
		case errors.Is(err, fs.ErrPermission):
			reason = "may not be read"
		default:
			if info, e := os.Stat(folder); e == nil && !info.IsDir() {
				reason = "is a file, not a folder"
			}
		}
		return nil, &gold.Error{
			Kind: gold.Unavailable, Code: gold.CodeLakeNotFound, Err: err,
			Message: "the lake " + shown + " " + reason + ": expected the folder that holds the gold files, such as orders.parquet",
		}
	}
	return &Lake{path: folder, root: root}, nil
}

// Path returns the path that the lake was opened with.
func (l *Lake) Path() string { return l.path }

// Close closes the folder; tables that are open stay so.
func (l *Lake) Close() error { return l.root.Close() }

// Spec says which dataset to read, and from where.
type Spec struct {
	Dataset       gold.Dataset
	Source        string    // the file's stem; empty: the dataset's name
	NoSuccessFile bool      // a folder of parts need not hold _SUCCESS
	Manifest      *Manifest // what the source's files must be; nil: nobody says
}

// stem returns the name of the source without its extension.
func (s Spec) stem() string {
	if s.Source != "" {
		return strings.TrimSuffix(s.Source, extension)
	}
	return s.Dataset.Name
}

const extension = ".parquet"

// Table finds and opens the dataset's source: the file <source>.parquet, or a folder of that name with parts as Spark
// writes them, Hive partitions included. It checks footers and schema and decodes no row. Every problem of the schema
// is reported at once.
//
// It returns Invalid source_missing, source_unreadable (a link out of the lake, a device), file_invalid,
// file_unsupported, row_count, integrity_failed (for all its files, before any of them is decoded), schema_missing, schema_type, schema_duplicate; Unavailable source_unreadable where the
// file can't be read now.
func (l *Lake) Table(ctx context.Context, s Spec) (*Table, error) {
	source := s.stem() + extension
	if err := l.refuseAround(source); err != nil {
		return nil, err
	}
	info, err := l.root.Stat(source)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, e := l.root.Lstat(source); e == nil {
			return nil, unreadable(l.root, source, err) // a link to nothing
		}
		if err := refuseTables(l.root, strings.TrimSuffix(source, extension)); err != nil {
			return nil, err
		}
		return nil, l.missing(source)
	case err != nil:
		return nil, unreadable(l.root, source, err)
	}
	parts := []part{{name: source}}
	if info.IsDir() {
		if parts, err = findParts(l.root, source, s); err != nil {
			return nil, err
		}
	}
	t := &Table{dataset: s.Dataset, source: source, manifest: s.Manifest}
	if err := t.open(ctx, l.root, parts); err != nil {
		_ = t.Close() // nothing was written
		return nil, err
	}
	return t, nil
}

// refuseAround returns the error of a source that lies in a table of another format than plain Parquet: the lake itself is
// one, or a folder between the two.
func (l *Lake) refuseAround(source string) error {
	if err := refuseTable(l.root, ".", l.path); err != nil {
		return err
	}
	for folder := path.Dir(source); folder != "."; folder = path.Dir(folder) {
		if err := refuseTable(l.root, folder, folder); err != nil {
			return err
		}
	}
	return nil
}

// missing returns the error of a source that is not there, with the nearest name that is.
func (l *Lake) missing(source string) error {
	entries, err := fs.ReadDir(l.root.FS(), ".")
	if err != nil {
		return unreadable(l.root, ".", err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(e.Name(), "_") {
			names = append(names, e.Name())
		}
	}
	problem := gold.Problem{File: source, Code: gold.CodeSourceMissing, DidYouMean: gold.Nearest(source, names)}
	return gold.Invalidf(problem, "the lake %s has no such file: it has %s", l.path, gold.Listed(names))
}
