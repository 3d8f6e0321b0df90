package lake

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"goldserve/gold"
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

// Changed returns the name of a source, and when its files last changed, those that are being written too; zero where the lake
// does not tell, or has none.
func (l *Lake) Changed(ctx context.Context, s Spec) (string, time.Time, error) {
	info, err := l.find(ctx, s)
	if err != nil || !info.Folder {
		return info.Name, info.Changed, unlessInvalid(err)
	}
	files, err := filesBelow(ctx, l.source, info.Name)
	latest := info.Changed
	for _, f := range files {
		if f.Changed.After(latest) {
			latest = f.Changed
		}
	}
	return info.Name, latest, unlessInvalid(err)
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
