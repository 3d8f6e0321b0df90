package place

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/lake/dir"
)

// List implements builder.Place. Links are listed, and not followed.
func (f *Folder) List(ctx context.Context, folder string) (found map[string]builder.Entry, err error) {
	if info, err := os.Lstat(f.at(folder)); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	open, err := dir.Open(f.path)
	if err != nil {
		return nil, failed(err, "%s can't be read", f.path)
	}
	defer func() { _ = open.Close() }() // it was only read
	found = map[string]builder.Entry{}
	for folders := []string{folder}; len(folders) > 0; folders = folders[1:] {
		entries, err := open.List(ctx, folders[0])
		if err != nil {
			return nil, failed(err, "%s can't be read", f.at(folders[0]))
		}
		for _, e := range entries {
			if e.Folder {
				folders = append(folders, e.Name)
			} else {
				found[e.Name] = builder.Entry{Bytes: e.Size, Token: e.Token}
			}
		}
	}
	return found, nil
}

// List implements builder.Place.
func (b *Bucket) List(ctx context.Context, folder string) (found map[string]builder.Entry, err error) {
	err = b.bucket.Look(ctx)
	if gold.CodeOf(err) == gold.CodeLakeNotFound {
		return nil, nil // nothing was written yet; a bucket that isn't there is told of by what writes
	}
	if err != nil {
		return nil, err
	}
	found = map[string]builder.Entry{}
	for folders := []string{folder}; len(folders) > 0; folders = folders[1:] {
		entries, err := b.bucket.List(ctx, folders[0])
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Folder {
				folders = append(folders, e.Name)
			} else {
				found[e.Name] = builder.Entry{Bytes: e.Size, Token: e.Token}
			}
		}
	}
	return found, nil
}
