package sqlitestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"goldserve/gold"
)

// Options configure a Store. The zero Options open it for reading and publishing.
type Options struct {
	ReadOnly bool         // nothing is written; a missing file is not an error, and is read as soon as it exists
	Patient  bool         // Open doesn't fail if the file can't be read now, but logs it: it may become readable later
	Logger   *slog.Logger // nil: no logs
	Seals    *gold.Seals  // that are known already; nil: none
}

// Store is a store in one SQLite file. It is safe for concurrent use.
type Store struct {
	path  string
	log   *slog.Logger
	pool  *pool
	cache releaseCache
	seals *gold.Seals

	readOnly bool
	lock     publishLock
	writer   writer
}

var (
	_ gold.Store  = (*Store)(nil)
	_ gold.Lister = (*Store)(nil)
)

// Open opens the store in a file. The file, and the folders above it, are created when the first lease is acquired.
// Unavailable version_skew if a newer goldserve wrote it in a form that this one can't read; Internal or Unavailable if
// it can't be read for another reason.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "open %s: %w", path, err)
	}
	s := &Store{path: absolute, log: o.Logger, readOnly: o.ReadOnly, seals: cmp.Or(o.Seals, &gold.Seals{}), pool: newPool(absolute), lock: publishLock{path: absolute + ".publish"}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	err = s.read(ctx, "open the store", func(*conn) error { return nil })
	switch {
	case err == nil, errors.Is(err, errNothing):
		return s, nil
	case o.Patient && gold.KindOf(err) == gold.Unavailable:
		s.log.WarnContext(ctx, "the store can't be read yet: until it can, everything is answered 503", "error", err)
		return s, nil
	default:
		return nil, errors.Join(err, s.pool.close())
	}
}

// Embedded is true: SQLite runs in this process.
func (s *Store) Embedded() bool { return true }

// Close releases the lease and closes the file. Open answers end with their own Close.
func (s *Store) Close() error {
	return errors.Join(s.writer.close(), s.lock.unlock(), s.pool.close())
}

// readTries is how often a read is started that is disturbed by a writer of a frozen file.
const readTries = 5

// read acquires a connection for a short read, which is repeated if a frozen file was written meanwhile: do must
// overwrite the results of earlier calls. errNothing is returned unchanged.
func (s *Store) read(ctx context.Context, doing string, do func(c *conn) error) error {
	for try := 1; ; try++ {
		c, err := s.pool.acquire(ctx)
		changed := false
		if err == nil {
			err = do(c)
			changed = c.changed()
			s.pool.release(c)
		}
		switch {
		case errors.Is(err, errNothing):
			return err
		case !changed:
			return s.fail(ctx, doing, err)
		}
		s.cache.clear()
		if try == readTries || ctx.Err() != nil {
			return s.fail(ctx, doing, changing(s.path))
		}
	}
}

// now is the store's clock.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// commitEvery is the number of rows in one transaction of a load.
const commitEvery = 50_000

// writePragmas set up the writing connection. The first three must be set before the file has a page; busy_timeout
// comes first, so that another program that has the file open doesn't make journal_mode fail.
const writePragmas = `PRAGMA busy_timeout = 10000; PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000`

// writer is the one writing connection, opened with the first lease.
type writer struct {
	mu      sync.Mutex
	c       *conn
	pending int                  // rows since the last commit; the transaction is open while loading is set
	loading bool                 // a transaction of appended rows is open
	loaders map[*loader]struct{} // open ones
}

// write runs do with the writing connection, without an open transaction, for the holder of the lease.
func (s *Store) write(ctx context.Context, l gold.Lease, doing string, do func(c *conn) error) error {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	err := s.checkLease(ctx, l)
	if err == nil {
		err = s.writer.commit()
	}
	if err == nil {
		s.writer.c.trim()
		err = do(s.writer.c)
	}
	return s.fail(ctx, doing, err)
}

// transact is write within one transaction.
func (s *Store) transact(ctx context.Context, l gold.Lease, doing string, do func(c *conn) error) error {
	return s.write(ctx, l, doing, func(c *conn) error { return transaction(ctx, c, do) })
}

// transaction runs do between BEGIN and COMMIT, or ROLLBACK if it fails.
func transaction(ctx context.Context, c *conn, do func(c *conn) error) error {
	if err := c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := do(c)
	if err == nil {
		// Once everything is written, a deadline must not undo it.
		err = c.exec(context.WithoutCancel(ctx), "COMMIT")
	}
	if err != nil {
		rollback(c)
	}
	return err
}

// rollback ends a failed transaction. The only possible error is that SQLite has already rolled it back.
func rollback(c *conn) { _ = c.exec(context.Background(), "ROLLBACK") }

// openWriter opens the writing connection and creates the file and its tables if there are none. The caller holds mu.
func (s *Store) openWriter(ctx context.Context) error {
	if s.writer.c != nil {
		return nil
	}
	c, err := openConn(s.path, making)
	if err != nil {
		return err
	}
	if err := prepareFile(ctx, c, s.path); err != nil {
		return errors.Join(err, c.Close())
	}
	s.writer.c, s.writer.loaders = c, map[*loader]struct{}{}
	return nil
}

// prepareFile sets up the connection and creates this package's tables in a file that lacks them.
func prepareFile(ctx context.Context, c *conn, path string) error {
	if err := c.exec(ctx, writePragmas); err != nil {
		return err
	}
	return transaction(ctx, c, func(c *conn) error {
		format, err := storedFormat(ctx, c)
		switch {
		case err != nil:
			return err
		case format > formatNumber:
			return newerFormat(path, format)
		case format == formatNumber:
			return nil
		case format == 0:
			err = c.exec(ctx, layout)
		}
		if err == nil {
			err = c.exec(ctx, layout2)
		}
		if err == nil {
			err = findable(ctx, c)
		}
		if err == nil {
			err = c.exec(ctx, "INSERT OR REPLACE INTO _goldserve_meta VALUES ('format', ?1), ('reader', ?1)", int64(formatNumber))
		}
		return err
	})
}

// makeFolder creates the folders above the file.
func (s *Store) makeFolder() error {
	err := os.MkdirAll(filepath.Dir(s.path), 0o750) //nolint:gosec // the path is the operator's own
	if err == nil {
		return nil
	}
	what := "can't be made"
	if errors.Is(err, fs.ErrPermission) {
		what = "may not be made by this user"
	}
	return &gold.Error{
		Kind: gold.Unavailable, Code: gold.CodeStoreUnavailable, Err: err,
		Message: fmt.Sprintf("the folder of %s %s; make it by hand, or name another path", s.path, what),
	}
}

// begin opens the transaction of appended rows. The caller holds mu.
func (w *writer) begin() error {
	if w.loading {
		return nil
	}
	err := w.c.exec(context.Background(), "BEGIN IMMEDIATE")
	w.loading = err == nil
	return err
}

// commit ends the transaction of appended rows. The caller holds mu. Rows that can't be committed are lost for every
// loader that appended some, so all open loaders end.
func (w *writer) commit() error {
	if !w.loading {
		return nil
	}
	err := w.c.exec(context.Background(), "COMMIT")
	if err != nil {
		w.lose(err)
		return err
	}
	w.loading, w.pending = false, 0
	return nil
}

// lose ends every open loader after an error that rolled back rows of the open transaction.
func (w *writer) lose(err error) {
	rollback(w.c)
	w.loading, w.pending = false, 0
	for l := range w.loaders {
		l.lost = err
	}
}

// close drops uncommitted rows and closes the connection.
func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.c == nil {
		return nil
	}
	for l := range w.loaders {
		l.end()
		l.lost = errors.New("the store is closed")
	}
	if w.loading {
		rollback(w.c)
		w.loading = false
	}
	err := w.c.Close()
	w.c = nil
	return err
}

// fail translates an error for the caller. doing is the attempted action, such as "read dataset monthly".
func (s *Store) fail(ctx context.Context, doing string, err error) error {
	var known *gold.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &gold.Error{Kind: gold.Timeout, Code: gold.CodeQueryTimeout, Message: doing + ": the deadline passed before the answer was complete; ask for less, or allow more time", Err: err}
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	return s.meaning(doing, err)
}

// meaning translates SQLite's codes.
func (s *Store) meaning(doing string, err error) *gold.Error {
	e := &gold.Error{Kind: gold.Internal, Code: gold.CodeStoreFailed, Err: err}
	switch primary(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		e.Kind, e.Code = gold.Unavailable, gold.CodeStoreUnavailable
		e.Message = fmt.Sprintf("%s: %s is locked by another program; close what else has it open and try again", doing, s.path)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		e.Kind, e.Code = gold.Unavailable, gold.CodeStoreUnavailable
		e.Message = fmt.Sprintf("%s: %s can't be opened; the file and its folder must be writable for this user (SQLite keeps %s-wal and -shm beside it)", doing, s.path, s.path)
	case sqlite3.SQLITE_FULL:
		e.Message = fmt.Sprintf("%s: the disk that holds %s is full; free some space and run it again", doing, s.path)
	case sqlite3.SQLITE_IOERR:
		e.Message = fmt.Sprintf("%s: the disk that holds %s failed or is full; check it and run it again", doing, s.path)
	case sqlite3.SQLITE_NOMEM:
		e.Message = fmt.Sprintf("%s: there is not enough memory for %s; end other programs, and run it again", doing, s.path)
	case sqlite3.SQLITE_CORRUPT:
		e.Message = fmt.Sprintf("%s: %s is damaged; move it away and publish again, or restore a copy", doing, s.path)
	case sqlite3.SQLITE_NOTADB:
		e.Message = fmt.Sprintf("%s: %s is not a SQLite database; give the path of another file", doing, s.path)
	case sqlite3.SQLITE_INTERRUPT:
		e.Kind, e.Code = gold.Timeout, gold.CodeQueryTimeout
		e.Message = doing + ": interrupted; run it again"
	default:
		e.Message = fmt.Sprintf("%s: SQLite reported an error in %s; check the disk, and run it again", doing, s.path)
	}
	return e
}

// checkLease returns Conflict if a lease is not the one that this store holds. The caller holds the writer.
func (s *Store) checkLease(ctx context.Context, l gold.Lease) error {
	if err := s.lock.check(l); err != nil {
		return err
	}
	if s.writer.c == nil {
		return errors.New("the store is closed")
	}
	fence, err := s.writer.c.number(ctx, `SELECT fence FROM _goldserve_pointers WHERE model = ?`, l.Model)
	if err == nil && fence != l.Fence {
		return lostLease(l)
	}
	return err
}
