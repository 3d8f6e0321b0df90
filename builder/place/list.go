package place

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"goldserve/gold"
	"goldserve/gold/lake/dir"
	"goldserve/gold/lake/object"
)

// List implements builder.Place. Links are listed, and not followed.
func (f *Folder) List(ctx context.Context, folder string) (names []string, err error) {
	if info, err := os.Lstat(f.at(folder)); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	open, err := dir.Open(f.path)
	if err != nil {
		return nil, failed(err, "%s can't be read", f.path)
	}
	defer func() { _ = open.Close() }() // it was only read
	if names, err = below(ctx, open, folder); err != nil {
		return nil, failed(err, "%s can't be read", f.at(folder))
	}
	return names, nil
}

// List implements builder.Place.
func (b *Bucket) List(ctx context.Context, folder string) ([]string, error) {
	err := b.bucket.Look(ctx)
	if gold.CodeOf(err) == gold.CodeLakeNotFound {
		return nil, nil // nothing was written yet; a bucket that isn't there is told of by what writes
	}
	if err != nil {
		return nil, err
	}
	return below(ctx, b.bucket, folder)
}

// below lists the files in a folder, at any depth.
func below(ctx context.Context, from object.Source, folder string) ([]string, error) {
	entries, err := from.List(ctx, folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.Folder {
			names = append(names, e.Name)
			continue
		}
		more, err := below(ctx, from, e.Name)
		if err != nil {
			return nil, err
		}
		names = append(names, more...)
	}
	return names, nil
}
