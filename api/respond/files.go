package respond

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/query/param"
)

// files caches complete datasets as Parquet files in a folder. Each is made once, under a name that has all that shapes
// its bytes, so that servers may share the folder. It is safe for concurrent use.
type files struct {
	dir   string // "": no file is cached
	calls singleflight.Group
}

const (
	// maxFileBytes bounds the folder: the files that were not asked for longest go first.
	maxFileBytes = 16 << 30
	fileSuffix   = ".parquet"
	madeSuffix   = ".making"
	// touchEvery is how exactly a file's time of modification says when it was last asked for.
	touchEvery = time.Minute
	// fileEdition grows with every change of code that changes a file's bytes.
	fileEdition = 2
)

// fileName names the file of a version, whose contract is the release's: labels and units lie in the file.
func fileName(v *gold.Version) (string, error) {
	fields, err := json.Marshal(v.Dataset.Fields)
	if err != nil {
		return "", fmt.Errorf("name the file of %s: %w", v.Dataset.Name, err)
	}
	c := &param.Key{}
	c.Int(fileEdition)
	c.Text(v.ID, v.Digest, string(fields))
	c.Sort(v.Dataset.TotalSort(v.Dataset.DefaultSort))
	sum := sha256.Sum256(c.Bytes)
	return v.Dataset.Model + "-" + v.Dataset.Name + "-" + hex.EncodeToString(sum[:16]) + fileSuffix, nil
}

// open opens a file, and makes it where it isn't there; who asks meanwhile waits for the same file. made is called after
// a file was made.
func (f *files) open(ctx context.Context, name string, write func(io.Writer) error, made func()) (*os.File, error) {
	path := filepath.Join(f.dir, name)
	if file, err := f.there(path); !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	call := f.calls.DoChan(name, func() (any, error) {
		if _, err := os.Stat(path); err == nil { // #nosec G703 -- a name is made of identifiers; the call before this one has just made it
			return nil, nil
		}
		err := f.make(path, write)
		if err == nil {
			made()
		}
		return nil, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-call:
		if result.Err != nil {
			return nil, result.Err
		}
	}
	return f.there(path)
}

// there opens a file and notes that it was asked for.
func (f *files) there(path string) (*os.File, error) {
	file, err := os.Open(path) // #nosec G703 -- a name is made of identifiers
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err == nil && time.Since(info.ModTime()) > touchEvery {
		now := time.Now()
		_ = os.Chtimes(path, now, now) // at worst it goes too early
	}
	return file, nil
}

// make writes a file under another name first: what bears the name is whole.
func (f *files) make(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(f.dir, filepath.Base(path)+".*"+madeSuffix)
	if err != nil {
		return err
	}
	err = write(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), path) // #nosec G703 -- a name is made of identifiers
	}
	if err != nil {
		_ = os.Remove(file.Name()) // sweep removes it later
	}
	return err
}

// sweep removes the files of a model that are of none of these names, what makers left behind, and, of all models, those
// that were not asked for longest until the rest fits. Files that are open stay readable.
func (f *files) sweep(model string, names map[string]bool, budget int64) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	var kept []fs.FileInfo
	var failures []error
	remove := func(name string) { failures = append(failures, os.Remove(filepath.Join(f.dir, name))) }
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // another server has removed it
		}
		switch name := e.Name(); {
		case strings.HasSuffix(name, madeSuffix) && time.Since(info.ModTime()) > 2*edge.ExportTime:
			remove(name)
		case !strings.HasSuffix(name, fileSuffix):
		case strings.HasPrefix(name, model+"-") && !names[name]:
			remove(name)
		default:
			kept = append(kept, info)
		}
	}
	slices.SortFunc(kept, func(a, b fs.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), strings.Compare(a.Name(), b.Name()))
	})
	for i, info := range kept {
		if budget -= info.Size(); budget < 0 && i > 0 {
			remove(info.Name())
		}
	}
	return errors.Join(failures...)
}
