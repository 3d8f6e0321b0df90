package lake

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// witness is the source that a table's metadata is read from where its bytes matter: logs, checkpoints and deletion vectors. What
// is opened is hashed first, then read from the same open object.
type witness struct {
	object.Source
	manifest *Manifest // that the objects are held to; nil: they are recorded

	mu   sync.Mutex
	seen map[string]ManifestFile // by name
}

// Open opens an object. Invalid integrity_failed where it is not that of the manifest.
func (w *witness) Open(ctx context.Context, info object.Info) (object.Reader, error) {
	f, err := openFile(ctx, w.Source, info)
	if err != nil {
		return nil, err
	}
	if err := w.look(ctx, f); err != nil {
		_ = f.close() // it was only read
		return nil, err
	}
	return f.open, nil
}

func (w *witness) look(ctx context.Context, f *file) error {
	if w.manifest != nil {
		problem, err := w.manifest.differs(ctx, f)
		if err == nil && problem != nil {
			err = integrityError("the lake differs from the manifest", []gold.Problem{*problem})
		}
		return err
	}
	sum, err := f.hash(ctx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[f.name()] = ManifestFile{Path: f.name(), SHA256: sum, Bytes: new(f.info.Size)}
	return nil
}

// files returns what was recorded, by name.
func (w *witness) files() []ManifestFile {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.SortedFunc(maps.Values(w.seen), func(a, b ManifestFile) int { return cmp.Compare(a.Path, b.Path) })
}
