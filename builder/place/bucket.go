package place

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"sync/atomic"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/lake/s3"
)

// Buckets makes the places of one lake that lie in buckets.
type Buckets struct {
	config func(location string) s3.Config
	fetch  string      // the folder that files are fetched into, for an engine that reads files of this machine
	direct bool        // an engine reads buckets itself
	lost   atomic.Bool // another build has taken the lock: nothing is written any more
}

// NewBuckets returns the places of a lake. Files that an engine reads are fetched into a folder, which the build empties.
func NewBuckets(config func(location string) s3.Config, fetch string) *Buckets {
	return &Buckets{config: config, fetch: fetch}
}

// ReadDirectly has the engine read files where they lie: it reaches the buckets itself.
func (b *Buckets) ReadDirectly() { b.direct = true }

// At returns the place at s3://BUCKET/PREFIX. The server isn't asked anything yet.
func (b *Buckets) At(location string) (*Bucket, error) {
	bucket, err := s3.New(b.config(location))
	if err != nil {
		return nil, err
	}
	return &Bucket{bucket: bucket, all: b}, nil
}

// Bucket is a place in a bucket.
type Bucket struct {
	bucket *s3.Bucket
	all    *Buckets
}

var _ builder.Workspace = (*Bucket)(nil)

// String returns the location.
func (b *Bucket) String() string { return b.bucket.String() }

// Close frees what the place holds.
func (b *Bucket) Close() error { return b.bucket.Close() }

// Stat implements builder.Place.
func (b *Bucket) Stat(ctx context.Context, name string) (builder.Entry, error) {
	info, err := b.bucket.Head(ctx, name)
	return builder.Entry{Bytes: info.Size, Token: info.Token}, err
}

// Read implements builder.Place.
func (b *Bucket) Read(ctx context.Context, name string) ([]byte, error) {
	e, err := b.Stat(ctx, name)
	switch {
	case err != nil:
		return nil, err
	case e.Bytes > maxSmall:
		return nil, tooLarge(b.String()+"/"+name, e.Bytes)
	}
	text, _, err := b.read(ctx, name)
	return text, err
}

func (b *Bucket) read(ctx context.Context, name string) ([]byte, string, error) {
	var text bytes.Buffer
	etag, err := b.bucket.Get(ctx, name, func() (io.Writer, error) {
		text.Reset()
		return &text, nil
	})
	return text.Bytes(), etag, err
}

// Hash implements builder.Place.
func (b *Bucket) Hash(ctx context.Context, name string) (string, error) {
	var h hash.Hash
	if _, err := b.bucket.Get(ctx, name, func() (io.Writer, error) {
		h = sha256.New()
		return h, nil
	}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Path implements builder.Place: the object is fetched for an engine that can't read it where it lies.
func (b *Bucket) Path(ctx context.Context, name string) (string, error) {
	if !b.all.direct {
		return b.fetch(ctx, name)
	}
	return b.String() + "/" + name, local(b, name)
}

// fetch copies an object to this machine.
func (b *Bucket) fetch(ctx context.Context, name string) (string, error) {
	if err := local(b, name); err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(b.String()))
	to := filepath.Join(b.all.fetch, hex.EncodeToString(sum[:8]), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return "", failed(err, "%s can't be made", filepath.Dir(to))
	}
	f, err := os.Create(to)
	if err != nil {
		return "", failed(err, "%s can't be written", to)
	}
	_, err = b.bucket.Get(ctx, name, func() (io.Writer, error) {
		_, err := f.Seek(0, io.SeekStart)
		return f, errors.Join(err, f.Truncate(0))
	})
	if closed := f.Close(); err == nil && closed != nil {
		err = failed(closed, "%s can't be written", to)
	}
	return to, err
}

// Put implements builder.Place.
func (b *Bucket) Put(ctx context.Context, name, from string) (builder.Entry, error) {
	if err := errors.Join(local(b, name), b.held(name)); err != nil {
		return builder.Entry{}, err
	}
	info, err := b.bucket.Put(ctx, name, from)
	return builder.Entry{Bytes: info.Size, Token: info.Token}, err
}

// Take implements builder.Place: within a server, the server copies.
func (b *Bucket) Take(ctx context.Context, name string, of builder.Workspace, from string) (builder.Entry, error) {
	workspace, ok := of.(*Bucket)
	if !ok {
		return builder.Entry{}, noWorkspace(of)
	}
	if err := errors.Join(local(b, name), local(workspace, from), b.held(name)); err != nil {
		return builder.Entry{}, err
	}
	info, err := b.bucket.Copy(ctx, name, workspace.bucket, from)
	return builder.Entry{Bytes: info.Size, Token: info.Token}, err
}

func noWorkspace(of builder.Workspace) error {
	return gold.Errorf(gold.Internal, gold.CodeBuildFailed, "%s is no bucket of the lake", of)
}

// Clear implements builder.Workspace.
func (b *Bucket) Clear(ctx context.Context, ours func(folder string) bool) error {
	return b.bucket.RemoveFolders(ctx, ours)
}

// Remove implements builder.Place.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	if err := errors.Join(local(b, name), b.held(name)); err != nil {
		return err
	}
	return b.bucket.Remove(ctx, name)
}

// held returns an error once another build has taken the lock.
func (b *Bucket) held(name string) error {
	if !b.all.lost.Load() {
		return nil
	}
	return gold.Errorf(gold.Conflict, gold.CodeBuildConflict, "%s was not written: this build lost its lock, and another build of the lake began: build again", path.Join(b.String(), name))
}
