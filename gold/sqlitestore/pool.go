package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"

	"goldserve/gold"
)

// errNothing means that there is no file, or one without goldserve's tables.
var errNothing = errors.New("no database yet")

// readPragmas set up a connection of the pool. Its page cache has 2 MB: the system caches the file for all connections,
// and 8 MB for each of sixteen connections made no page and no group-by faster.
const readPragmas = `PRAGMA busy_timeout = 5000; PRAGMA cache_size = -2048; PRAGMA query_only = 1`

// pool has the connections for reading. It follows the path: if there is another file, the connections of the old one
// are closed as they are released. The same happens if the file's time or size has changed: SQLite trusts a
// connection's page cache, and doesn't see that a copy was written over the file; of goldserve's own publishes, only
// checkpoints change them.
//
// Locking and frozen connections are never open at the same time: inspecting the file without SQLite would drop its
// locks.
type pool struct {
	path  string
	slots chan struct{} // a token for each connection in use

	mu     sync.Mutex
	file   os.FileInfo // the file of the idle connections; nil: none
	idle   []*conn
	inUse  map[*conn]os.FileInfo
	seen   bool // a store existed: if it is gone now, that is an outage, not a store that was never published to
	closed bool
}

func newPool(path string) *pool {
	return &pool{path: path, slots: make(chan struct{}, max(16, 4*runtime.GOMAXPROCS(0))), inUse: map[*conn]os.FileInfo{}}
}

// acquire returns a connection, to be returned by release, or errNothing.
func (p *pool) acquire(ctx context.Context) (*conn, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := p.take(ctx)
	if err != nil {
		<-p.slots
		return nil, err
	}
	return c, nil
}

func (p *pool) take(ctx context.Context) (*conn, error) {
	file, err := os.Stat(p.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		file, err = nil, errNothing
	case err != nil:
		file, err = nil, unreachable(p.path, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.New("the store is closed")
	}
	if !sameFile(file, p.file) {
		closeAll(p.idle)
		p.idle, p.file = nil, file
	}
	if err != nil {
		return nil, p.missing(err)
	}
	for len(p.idle) > 0 {
		n := len(p.idle) - 1
		c := p.idle[n]
		p.idle = p.idle[:n]
		if c.changed() {
			closeAll([]*conn{c})
			continue
		}
		p.inUse[c] = file
		return c, nil
	}
	c, err := p.open(ctx)
	if err != nil {
		return nil, p.missing(err)
	}
	p.seen = true
	p.inUse[c] = file
	return c, nil
}

// open opens a connection, a frozen one if the file is not writable and SQLite needs that. The caller holds mu, and no
// connection is idle.
func (p *pool) open(ctx context.Context) (*conn, error) {
	locking, still := 0, 0
	for c := range p.inUse {
		if c.frozen == nil {
			locking++
		} else {
			still++
		}
	}
	if still == 0 {
		c, err := openReader(ctx, p.path, reading)
		if err == nil || locking > 0 || !refusesWrites(p.path, err) {
			return c, err
		}
	}
	looks, err := freeze(p.path)
	if err != nil {
		return nil, err
	}
	c, err := openReader(ctx, p.path, immutable)
	if err != nil {
		return nil, err
	}
	c.frozen = looks
	return c, nil
}

// missing translates errNothing if a store existed before.
func (p *pool) missing(err error) error {
	if p.seen && errors.Is(err, errNothing) {
		return &gold.Error{
			Kind: gold.Unavailable, Code: gold.CodeStoreUnavailable, Problems: reason("the store was there and is gone"),
			Message: fmt.Sprintf("the store in %s was there and is gone; bring the file back, or publish into a new one", p.path),
		}
	}
	return err
}

// release returns a connection.
func (p *pool) release(c *conn) {
	c.trim()
	p.mu.Lock()
	file := p.inUse[c]
	delete(p.inUse, c)
	keep := !p.closed && !c.stale && sameFile(file, p.file)
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		closeAll([]*conn{c})
	}
	<-p.slots
}

// close closes the idle connections; those in use follow when they are released.
func (p *pool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var errs []error
	for _, c := range p.idle {
		errs = append(errs, c.Close())
	}
	p.idle = nil
	return errors.Join(errs...)
}

// closeAll closes unused connections: a failure has no consequence.
func closeAll(conns []*conn) {
	for _, c := range conns {
		_ = c.Close()
	}
}

// openReader opens a file for reading and checks that it is a goldserve store.
func openReader(ctx context.Context, path string, as mode) (*conn, error) {
	c, err := openConn(path, as)
	if err != nil {
		return nil, err
	}
	if err := c.exec(ctx, readPragmas); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	switch format, reader, err := layoutOf(ctx, c); {
	case err != nil:
		return nil, errors.Join(err, c.Close())
	case format == 0:
		return nil, errors.Join(errNothing, c.Close())
	case reader > formatNumber:
		return nil, errors.Join(newerFormat(path, reader), c.Close())
	}
	return c, nil
}

func newerFormat(path string, format int64) *gold.Error {
	return &gold.Error{
		Kind: gold.Unavailable, Code: gold.CodeVersionSkew,
		Message: fmt.Sprintf("%s was written by a newer goldserve (format %d, this one knows %d); run the newer program", path, format, formatNumber),
	}
}
