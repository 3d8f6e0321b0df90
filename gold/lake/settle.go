package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/delta"
	"goldserve/gold/lake/iceberg"
	"goldserve/gold/lake/object"
)

// Holds reports whether the lake has a source, sound or not: Table would not return source_missing.
func (l *Lake) Holds(ctx context.Context, s Spec) (bool, error) {
	_, err := l.list(ctx, s)
	switch {
	case gold.CodeOf(err) == gold.CodeSourceMissing:
		return false, nil
	case gold.KindOf(err) == gold.Invalid:
		return true, nil
	}
	return err == nil, err
}

// Unfinished reports whether a source is a folder of parts without the file that writers write last.
func (l *Lake) Unfinished(ctx context.Context, source string) bool {
	info, err := l.source.Stat(ctx, source)
	if err != nil || !info.Folder {
		return false
	}
	lacks := func(name string) bool {
		_, err := l.source.Stat(ctx, path.Join(source, name))
		return object.Absent(err)
	}
	if !lacks(successFile) || !lacks(delta.LogFolder) {
		return false
	}
	holds, err := iceberg.Holds(ctx, l.source, source)
	return err == nil && !holds
}

// Changed returns the name of a source, and when its files last changed, those that are being written too; zero where the lake
// does not tell, or has none.
func (l *Lake) Changed(ctx context.Context, s Spec) (string, time.Time, error) {
	if isPattern(s.stem()) {
		files, err := l.matches(ctx, s.stem())
		return s.stem(), lastChanged(files), unlessInvalid(err)
	}
	if s.Reading.Format == "" || s.Reading.Format.Table() {
		if folder, latest, err := l.tableChanged(ctx, s); folder != "" || err != nil {
			return folder, latest, err
		}
	}
	info, err := l.find(ctx, s)
	if err != nil || !info.Folder {
		return info.Name, info.Changed, unlessInvalid(err)
	}
	files, err := filesBelow(ctx, l.source, info.Name)
	return info.Name, lastChanged(append(files, info)), unlessInvalid(err)
}

// lastChanged returns when the newest of some objects became what it is; zero: the lake does not tell.
func lastChanged(objects []object.Info) (latest time.Time) {
	for _, o := range objects {
		if o.Changed.After(latest) {
			latest = o.Changed
		}
	}
	return latest
}

// tableChanged is Changed of a table with versions; an empty name: there is none.
func (l *Lake) tableChanged(ctx context.Context, s Spec) (folder string, latest time.Time, err error) {
	if s.Reading.Format != gold.Iceberg {
		if folder, err = l.deltaFolder(ctx, s); err == nil && folder != "" {
			return l.metadataChanged(ctx, folder, delta.LogFolder)
		}
	}
	if err == nil && s.Reading.Format != gold.Delta {
		if folder, err = l.icebergFolder(ctx, s); err == nil && folder != "" {
			return l.metadataChanged(ctx, folder, iceberg.MetadataFolder)
		}
	}
	return "", time.Time{}, err
}

// metadataChanged returns a table's folder, and when the newest file of the one that its commits are written to last was written.
func (l *Lake) metadataChanged(ctx context.Context, folder, within string) (string, time.Time, error) {
	files, err := l.source.List(ctx, path.Join(folder, within))
	return folder, lastChanged(files), unlessInvalid(err)
}

// unlessInvalid returns an error but for one that the source itself is at fault, which is reported where it is opened.
func unlessInvalid(err error) error {
	if object.Absent(err) || gold.KindOf(err) == gold.Invalid {
		return nil
	}
	return err
}

// Marker is the file that a writer leaves in a lake once all of it is written.
type Marker struct {
	lake *Lake
	info object.Info
}

// Marker finds a file by its path in the lake. Invalid source_unreadable where it is not there.
func (l *Lake) Marker(ctx context.Context, name string) (*Marker, error) {
	info, err := l.source.Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, object.Refused(name, "the lake has no such file, and its writer leaves it once it is done (ready in model.yaml): publish again when it is there", nil)
	}
	if err != nil {
		return nil, err
	}
	return &Marker{l, info}, nil
}

// Unchanged returns Unavailable source_changed where the marker is gone, or was written again.
func (m *Marker) Unchanged(ctx context.Context) error {
	info, err := m.lake.source.Stat(ctx, m.info.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return object.Changed(m.info.Name, "it was removed")
	case err == nil && info.Token != m.info.Token:
		return object.Changed(m.info.Name, "it was replaced or written to")
	}
	return err
}

// mostDeep is how many folders within folders State looks into: those that order a lake, and partitions.
const mostDeep = maxLevels + maxPartitions

// State returns a text that is another one once anything in the lake is: an object was added, removed, renamed or written to; of
// a Delta or Iceberg table, whose files count once a commit names them, once there is a commit. It reads names, not contents.
func (l *Lake) State(ctx context.Context) (string, error) {
	if err := l.Look(ctx); err != nil {
		return "", err
	}
	hash := sha256.New()
	if err := l.state(ctx, hash, ".", mostDeep); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func (l *Lake) state(ctx context.Context, hash io.Writer, folder string, levels int) error {
	entries, err := l.source.List(ctx, folder)
	if object.Absent(err) {
		return nil // it went while its parent was listed
	}
	if err != nil {
		return err
	}
	if commits, err := l.commits(ctx, entries); err != nil {
		return err
	} else if commits != nil {
		entries = commits
	}
	for _, e := range entries {
		if strings.HasPrefix(path.Base(e.Name), ".") {
			continue
		}
		if e.Folder && levels > 0 {
			err = l.state(ctx, hash, e.Name, levels-1)
		} else {
			_, err = fmt.Fprintf(hash, "%q %d %q\n", e.Name, e.Size, e.Token)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// commits returns the files of a table's folder that name its commits; nil where the folder is no table of a format that has
// any.
func (l *Lake) commits(ctx context.Context, entries []object.Info) ([]object.Info, error) {
	for _, e := range entries {
		if !e.Folder {
			continue
		}
		name := path.Base(e.Name)
		if name != delta.LogFolder && name != iceberg.MetadataFolder {
			continue
		}
		list, err := l.source.List(ctx, e.Name)
		switch {
		case object.Absent(err): // it went while its parent was listed
		case err != nil:
			return nil, err
		case name == delta.LogFolder || slices.ContainsFunc(list, func(f object.Info) bool { return !f.Folder && iceberg.IsMetadata(path.Base(f.Name)) }):
			return list, nil
		}
	}
	return nil, nil
}
