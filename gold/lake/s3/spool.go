package s3

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"goldserve/gold/lake/object"
)

// LeastScratch is the least size of what is kept of a bucket: twice what requests that are on their way can fill.
const LeastScratch = 2 * maxRequests * blockSize

// spool is one file that blocks of objects are read into, one behind the other, and from its begin again once it is full: the
// oldest blocks make room.
type spool struct {
	dir  string
	size int64

	mu    sync.Mutex
	freed *sync.Cond // a block that was being written is complete
	file  *os.File   // nil: nothing was read yet
	head  int64      // where the next block goes
	queue []*block   // whose bytes are in the file, the oldest first
}

// block is a part of an object.
type block struct {
	number int
	size   int64
	ctx    context.Context
	done   chan struct{} // closed when it is in the spool, or err says why not
	err    error
	sum    *[sha256.Size]byte // of its bytes when it was in the spool before

	at      int64 // in the file
	writing bool
	whole   bool // it has the bytes that it should
	evicted atomic.Bool
}

func newBlock(ctx context.Context, number int, size int64) *block {
	return &block{number: number, size: size, ctx: ctx, done: make(chan struct{})}
}

// gone reports whether a block was in the spool, and made room for others.
func (b *block) gone() bool { return b.evicted.Load() }

// failed reports whether a block did not come.
func (b *block) failed() bool {
	select {
	case <-b.done:
		return b.err != nil
	default:
		return false
	}
}

func newSpool(dir string, size int64) *spool {
	s := &spool{dir: dir, size: max(size, LeastScratch)}
	s.freed = sync.NewCond(&s.mu)
	return s
}

// place names the folder, for messages.
func (s *spool) place() string {
	if s.dir == "" {
		return os.TempDir()
	}
	return s.dir
}

// unwritable returns the error of an object that there is no room for.
func (s *spool) unwritable(name string, err error) error {
	return object.Unreadable(name, "what is read of it can't be written to "+s.place()+": free some room there, or name another folder, or a smaller size", err)
}

// unreadable returns the error of an object that was read, and can't be read again.
func (s *spool) unreadable(name string, err error) error {
	return object.Unreadable(name, "what was read of it can't be read again from "+s.place()+": check the disk", err)
}

// errSpoolClosed is that of reading an object whose lake is closed.
var errSpoolClosed = errors.New("the lake is closed")

// reserve makes room for a block, and returns what writes it.
func (s *spool) reserve(b *block) (*blockWriter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		if err := os.MkdirAll(s.place(), 0o700); err != nil {
			return nil, err
		}
		file, err := nameless(filepath.Join(s.place(), "goldserve-*.spool"))
		if err != nil {
			return nil, err
		}
		s.file = file
	}
	for {
		begin := s.head
		if begin+b.size > s.size {
			begin = 0
		}
		if front := s.inTheWay(begin, b.size); front == nil {
			b.at, b.writing, s.head = begin, true, begin+b.size
			s.queue = append(s.queue, b)
			return &blockWriter{file: s.file, at: begin}, nil
		} else if front.writing {
			s.freed.Wait()
		} else if err := s.evict(); err != nil {
			return nil, err
		}
	}
}

// inTheWay returns the oldest block if it must go before bytes are written; nil: there is room. Blocks lie in the order of the
// queue, from the head round to the head.
func (s *spool) inTheWay(begin, size int64) *block {
	if len(s.queue) == 0 {
		return nil
	}
	front := s.queue[0]
	if begin == s.head {
		if front.at >= begin && front.at < begin+size {
			return front
		}
		return nil
	}
	// From the begin again: what lies behind the head is older than all that lies before it.
	if front.at >= s.head || front.at < size {
		return front
	}
	return nil
}

// evict takes the oldest block out, and keeps what tells whether the same bytes come again.
func (s *spool) evict() error {
	front := s.queue[0]
	if front.whole {
		sum, err := s.hash(front)
		if err != nil {
			return err
		}
		front.sum = &sum
	}
	front.evicted.Store(true)
	s.queue[0] = nil
	s.queue = s.queue[1:]
	return nil
}

func (s *spool) hash(b *block) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	_, err = io.Copy(h, io.NewSectionReader(s.file, b.at, b.size))
	h.Sum(sum[:0])
	return sum, err
}

// complete ends the writing of a block. same: it has the bytes that it had when it was in the spool before.
func (s *spool) complete(b *block, whole bool) (same bool, err error) {
	same = true
	if whole && b.sum != nil {
		var sum [sha256.Size]byte
		if sum, err = s.hash(b); err == nil {
			same = sum == *b.sum
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.writing, b.whole = false, whole && same && err == nil
	s.freed.Broadcast()
	return same, err
}

// readAt reads a part of a block that is complete; there: it was still in the file.
func (s *spool) readAt(b *block, p []byte, at int64) (there bool, err error) {
	s.mu.Lock()
	file := s.file
	s.mu.Unlock()
	if file == nil {
		return false, errSpoolClosed
	}
	if b.gone() {
		return false, nil
	}
	_, err = file.ReadAt(p, b.at+at)
	// What was written over meanwhile was evicted before.
	if b.gone() {
		return false, nil
	}
	return err == nil, err
}

func (s *spool) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// blockWriter writes a block at its place.
type blockWriter struct {
	file *os.File
	at   int64
	err  error // of the disk, which is not the server's
}

func (w *blockWriter) Write(p []byte) (int, error) {
	n, err := w.file.WriteAt(p, w.at)
	w.at += int64(n)
	if err != nil {
		w.err = err
	}
	return n, err
}
