// Package objecttest has a source of objects in memory for tests: it tells what was read, and can change between two reads.
// Programs never import it.
package objecttest

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"goldserve/gold/lake/object"
)

// Bucket is objects in memory, as an object store has them: names alone make folders, each write is a new version, and an
// object that is open reads one version, or none.
type Bucket struct {
	// OnRead stands between a reader and the bytes of an object, where it is not nil: r is the read's number, from 1. Where
	// done, n and err are the answer. It is set while nothing is read.
	OnRead func(ctx context.Context, name string, r int, p []byte, off int64) (n int, done bool, err error)
	// Changed says when an object last changed; nil: the bucket does not tell.
	Changed func(name string) time.Time

	mu       sync.Mutex
	objects  map[string]version
	versions int
	count    Count
}

// Count tells what was asked of a bucket.
type Count struct {
	Opens, Reads int
	Bytes        int64 // that reads asked for
}

type version struct {
	token   string
	content []byte
}

var _ object.Source = (*Bucket)(nil)

// NewBucket returns an empty bucket.
func NewBucket() *Bucket { return &Bucket{objects: map[string]version{}} }

// BucketOf copies a folder into a bucket.
func BucketOf(tb testing.TB, dir string) *Bucket {
	tb.Helper()
	b := NewBucket()
	folder := os.DirFS(dir)
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(folder, name)
		b.Put(name, content)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Put writes a new version of an object.
func (b *Bucket) Put(name string, content []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.versions++
	b.objects[name] = version{fmt.Sprintf("v%d", b.versions), content}
}

// Remove removes an object.
func (b *Bucket) Remove(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, name)
}

// Content returns the bytes of an object; nil: there is none.
func (b *Bucket) Content(name string) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.objects[name].content
}

// Count returns what was asked so far.
func (b *Bucket) Count() Count {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}

// String names the bucket.
func (b *Bucket) String() string { return "memory://bucket" }

// Close does nothing.
func (b *Bucket) Close() error { return nil }

// Look does nothing: the bucket is looked at each time.
func (b *Bucket) Look(ctx context.Context) error { return ctx.Err() }

// List implements object.Source.
func (b *Bucket) List(ctx context.Context, folder string) ([]object.Info, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := map[string]object.Info{}
	for name, v := range b.objects {
		rest := name
		if folder != "." {
			var within bool
			if rest, within = strings.CutPrefix(name, folder+"/"); !within {
				continue
			}
		}
		first, _, deeper := strings.Cut(rest, "/")
		info := object.Info{Name: path.Join(folder, first), Folder: deeper}
		if !deeper {
			info = b.info(info.Name, v)
		}
		found[info.Name] = info
	}
	list := slices.Collect(maps.Values(found))
	slices.SortFunc(list, func(a, b object.Info) int { return strings.Compare(a.Name, b.Name) })
	return list, ctx.Err()
}

// Stat implements object.Source.
func (b *Bucket) Stat(ctx context.Context, name string) (object.Info, error) {
	if err := ctx.Err(); err != nil {
		return object.Info{}, err
	}
	b.mu.Lock()
	v, ok := b.objects[name]
	b.mu.Unlock()
	if ok {
		return b.info(name, v), nil
	}
	below, err := b.List(ctx, name)
	if len(below) == 0 && err == nil && name != "." {
		err = fs.ErrNotExist
	}
	return object.Info{Name: name, Folder: true}, err
}

func (b *Bucket) info(name string, v version) object.Info {
	info := object.Info{Name: name, Size: int64(len(v.content)), Token: v.token}
	if b.Changed != nil {
		info.Changed = b.Changed(name)
	}
	return info
}

// Open implements object.Source.
func (b *Bucket) Open(ctx context.Context, info object.Info) (object.Reader, error) {
	b.mu.Lock()
	b.count.Opens++
	if v, ok := b.objects[info.Name]; ok && info.Token == "" {
		info = b.info(info.Name, v)
	}
	b.mu.Unlock()
	opened := &reader{b, info}
	_, err := opened.content(ctx)
	return opened, err
}

// reader is one version of an object: its reads are conditional, as those with If-Match.
type reader struct {
	bucket *Bucket
	info   object.Info
}

func (o *reader) content(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o.bucket.mu.Lock()
	defer o.bucket.mu.Unlock()
	v, ok := o.bucket.objects[o.info.Name]
	switch {
	case !ok:
		return nil, object.Changed(o.info.Name, "it was removed")
	case v.token != o.info.Token:
		return nil, object.Changed(o.info.Name, "it was overwritten")
	}
	return v.content, nil
}

func (o *reader) ReadAt(ctx context.Context, p []byte, off int64) (int, error) {
	o.bucket.mu.Lock()
	o.bucket.count.Reads++
	o.bucket.count.Bytes += int64(len(p))
	read, count := o.bucket.OnRead, o.bucket.count.Reads
	o.bucket.mu.Unlock()
	if read != nil {
		if n, done, err := read(ctx, o.info.Name, count, p, off); done {
			return n, err
		}
	}
	content, err := o.content(ctx)
	if err != nil {
		return 0, err
	}
	return bytes.NewReader(content).ReadAt(p, off)
}

func (o *reader) Stat(ctx context.Context) (object.Info, error) { return o.info, ctx.Err() }
func (o *reader) Close() error                                  { return nil }
