package s3

import (
	"cmp"
	"context"
	"io/fs"
	"slices"
	"sync"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Bucket is the objects of a bucket below a prefix.
type Bucket struct {
	*server
	lister *lister
	spool  *spool

	looking sync.Mutex // held by who takes a listing
	mu      sync.Mutex
	now     *snapshot // nil: not listed yet
	held    map[heldKey]*held
	users   int // readers, and blocks that are on their way
	closed  bool
}

var _ object.Source = (*Bucket)(nil)

// New makes the source of a bucket, and asks the server nothing: see Look. Its errors are what is wrong with the
// configuration, in words for who wrote it, without what may be a secret.
func New(c Config) (*Bucket, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	return &Bucket{server: s, lister: &lister{server: s, most: maxObjects}, spool: newSpool(c.ScratchDir, cmp.Or(c.ScratchSize, 4<<30)), held: map[heldKey]*held{}}, nil
}

// Endpoint names the server, for logs.
func (b *Bucket) Endpoint() string { return b.config.Endpoint }

// Close frees what was read, once the last object that is open is closed.
func (b *Bucket) Close() error {
	b.mu.Lock()
	b.closed = true
	b.users++
	b.mu.Unlock()
	return b.leave()
}

// leave ends the use of what was read.
func (b *Bucket) leave() error {
	b.mu.Lock()
	b.users--
	last := b.closed && b.users == 0
	b.mu.Unlock()
	if !last {
		return nil
	}
	b.transport.CloseIdleConnections()
	return b.spool.close()
}

// Look takes a new listing, which List and Stat answer from until the next one.
//
// It returns Unavailable lake_not_found where the bucket can't be listed, or has no object below the prefix at the first look;
// see Unreachable. Invalid source_unreadable where there are too many objects.
func (b *Bucket) Look(ctx context.Context) error {
	b.looking.Lock()
	defer b.looking.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, listingTimeout, errSlow)
	defer cancel()
	next, err := b.lister.list(ctx)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil && len(next.folders) == 0 {
		return b.empty()
	}
	b.now = next
	for k, h := range b.held {
		if h.open == 0 && !next.has(k) {
			delete(b.held, k)
		}
	}
	return nil
}

// snapshot returns the last listing, and takes the first one.
func (b *Bucket) snapshot(ctx context.Context) (*snapshot, error) {
	for {
		b.mu.Lock()
		now := b.now
		b.mu.Unlock()
		if now != nil {
			return now, nil
		}
		if err := b.Look(ctx); err != nil {
			return nil, err
		}
	}
}

// List returns what lies directly in a folder, by the last listing.
func (b *Bucket) List(ctx context.Context, folder string) ([]object.Info, error) {
	now, err := b.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	list := slices.Clone(now.folders[folder])
	return slices.CompactFunc(list, func(a, b object.Info) bool { return a.Name == b.Name }), nil
}

// Stat returns what a name stands for, by the last listing.
func (b *Bucket) Stat(ctx context.Context, name string) (object.Info, error) {
	now, err := b.snapshot(ctx)
	if err != nil {
		return object.Info{}, err
	}
	if name == "." {
		return object.Info{Name: name, Folder: true}, nil
	}
	if found, ok := now.find(name); ok {
		return found, nil
	}
	return object.Info{}, fs.ErrNotExist
}

// Open opens the version of an object that was listed. It asks the server nothing: a version that is no longer there is
// source_changed when it is read, or here, if a later listing says so.
func (b *Bucket) Open(ctx context.Context, info object.Info) (object.Reader, error) {
	now, err := b.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found, ok := now.find(info.Name)
	switch {
	case !ok || found.Folder:
		return nil, object.Changed(info.Name, "it was removed")
	case info.Token != "" && info.Token != found.Token:
		return nil, object.Changed(info.Name, "it was replaced or written to")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	key := heldKey{found.Name, found.Token}
	h := b.held[key]
	if h == nil {
		h = &held{version: versionOf(found), blocks: map[int]*block{}, last: -1}
		b.held[key] = h
	}
	h.open++
	b.users++
	r := &reader{bucket: b, held: h, info: found}
	r.ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return r, nil
}

// empty returns the error of a prefix without objects.
func (b *Bucket) empty() error {
	return &gold.Error{
		Kind: gold.Unavailable, Code: gold.CodeLakeNotFound,
		Message: "the lake " + b.String() + " holds no object: expected the prefix that holds the gold files, such as " + b.String() + "/orders.parquet",
	}
}
