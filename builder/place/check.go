package place

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"

	"goldserve/gold"
)

// Check implements builder.Place.
func (f *Folder) Check(ctx context.Context, puts, removes []string) error {
	going := map[string]bool{}
	for _, name := range removes {
		going[name] = true
	}
	changed := map[string]bool{} // folders
	for _, name := range puts {
		if err := f.free(ctx, name, going); err != nil {
			return err
		}
		folder, err := f.folderOf(name, going)
		if err != nil {
			return err
		}
		changed[folder] = true
	}
	for _, name := range removes {
		switch info, err := f.lstat(name); {
		case err == nil && info.IsDir():
			return f.isFolder(name)
		case err == nil:
			changed[filepath.Dir(f.at(name))] = true
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(changed)) {
		if err := writable(folder); err != nil {
			return failed(err, "%s can't be written", folder)
		}
	}
	return nil
}

// lstat looks at a name, without following a link that it is; fs.ErrNotExist also where a file lies in the place of its folder.
func (f *Folder) lstat(name string) (fs.FileInfo, error) {
	_, root, err := f.opened()
	if err != nil {
		return nil, err
	}
	info, err := root.Lstat(name)
	if errors.Is(err, syscall.ENOTDIR) {
		err = fs.ErrNotExist
	}
	return info, err
}

func (f *Folder) isFolder(name string) error {
	return gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "%s is a folder, and a file belongs there: remove it, and build again", f.at(name))
}

// free returns an error where a folder lies at a file's name, unless all that is in it goes.
func (f *Folder) free(ctx context.Context, name string, going map[string]bool) error {
	if info, err := f.lstat(name); err != nil || !info.IsDir() {
		return nil //nolint:nilerr // what else is wrong, the file's folder tells
	}
	within, err := f.List(ctx, name)
	if err != nil {
		return err
	}
	for file := range within {
		if !going[file] {
			return f.isFolder(name)
		}
	}
	if len(within) == 0 {
		return f.isFolder(name)
	}
	return nil
}

// folderOf returns the folder in which a file, or the first of the folders around it that aren't there yet, is made.
func (f *Folder) folderOf(name string, going map[string]bool) (string, error) {
	_, root, err := f.opened()
	for within := path.Dir(name); err == nil; within = path.Dir(within) {
		info, failure := root.Stat(within)
		switch {
		case failure == nil && info.IsDir():
			return f.at(within), nil
		case failure == nil && !going[within]:
			return "", gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "%s is a file, and a folder belongs there: move it away, and build again", f.at(within))
		case failure != nil && !errors.Is(failure, fs.ErrNotExist) && !errors.Is(failure, syscall.ENOTDIR) || within == ".":
			return "", failed(failure, "%s can't be written", f.at(name))
		}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	folder := f.path
	for folder != filepath.Dir(folder) {
		if _, err := os.Stat(folder); err == nil {
			break // where it is a file, making a folder in it tells
		}
		folder = filepath.Dir(folder)
	}
	return folder, nil
}

// Check implements builder.Place: objects are in nobody's way.
func (b *Bucket) Check(context.Context, []string, []string) error { return nil }
