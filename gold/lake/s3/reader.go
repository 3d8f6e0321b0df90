package s3

import (
	"context"
	"io"
	"sync"

	"goldserve/gold/lake/object"
)

// Blocks of an object: the first and the last one are small, so that looking at what a file says about itself costs little.
const (
	blockSize = 8 << 20
	headSize  = 64 << 10
	tailSize  = 256 << 10
	// ahead is how many blocks are asked for before they are read, where an object is read from its begin to its end.
	ahead = 3
)

// heldKey names one version of an object.
type heldKey struct{ name, token string }

// held is one version of an object, some of whose blocks are in the spool.
type held struct {
	version

	// Guarded by Bucket.mu.
	open   int // readers
	blocks map[int]*block
	last   int // block that was read last; -1: none
}

// reader is an object, open.
type reader struct {
	bucket *Bucket
	held   *held
	info   object.Info
	ctx    context.Context // ends with the reader: of blocks that are asked for ahead of those who read
	cancel context.CancelFunc

	closing sync.Once
}

// place returns the number of the block that a byte lies in, and where that one begins and ends.
func (h *held) place(off int64) (number int, begin, end int64) {
	tail := h.size - tailSize
	switch {
	case h.size <= headSize+tailSize:
		return 0, 0, h.size
	case off < headSize:
		return 0, 0, headSize
	case off >= tail:
		return 1 + int((tail-headSize+blockSize-1)/blockSize), tail, h.size
	}
	number = int((off - headSize) / blockSize)
	begin = headSize + int64(number)*blockSize
	return 1 + number, begin, min(begin+blockSize, tail)
}

// ReadAt reads from off on, from blocks that are in the spool, or come there.
func (r *reader) ReadAt(ctx context.Context, p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		if off+int64(n) >= r.held.size {
			return n, io.EOF
		}
		number, begin, end := r.held.place(off + int64(n))
		part := p[n:min(int64(len(p)), end-off)]
		if err := r.read(ctx, number, begin, end, part, off+int64(n)-begin); err != nil {
			return n, err
		}
		n += len(part)
	}
	return n, nil
}

// read reads a part of one block.
func (r *reader) read(ctx context.Context, number int, begin, end int64, p []byte, at int64) error {
	for {
		blk := r.block(number, begin, end)
		select {
		case <-blk.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		switch {
		case blk.err != nil && blk.ctx.Err() != nil && r.ctx.Err() == nil:
			continue // who asked for it was closed before it came
		case blk.err != nil:
			return blk.err
		}
		there, err := r.bucket.spool.readAt(blk, p, at)
		if err != nil {
			return r.bucket.spool.unreadable(r.held.name, err)
		}
		if there {
			return nil
		}
	}
}

// block returns a block that is there, or on its way, and sees to those after it where the object is read in order.
func (r *reader) block(number int, begin, end int64) *block {
	b, h := r.bucket, r.held
	b.mu.Lock()
	defer b.mu.Unlock()
	blk := r.start(number, begin, end)
	if number > 0 && number == h.last+1 {
		for range ahead {
			if end >= h.size {
				break
			}
			number, begin, end = h.place(end)
			r.start(number, begin, end)
		}
	}
	h.last = blk.number
	return blk
}

// start sees to it that a block is there, or on its way. Bucket.mu is held.
func (r *reader) start(number int, begin, end int64) *block {
	blk := r.held.blocks[number]
	if blk != nil && !blk.gone() && !blk.failed() {
		return blk
	}
	next := newBlock(r.ctx, number, end-begin)
	if blk != nil {
		next.sum = blk.sum
	}
	r.held.blocks[number] = next
	r.bucket.users++
	go func() {
		next.err = r.bucket.fill(next, r.held, begin)
		close(next.done)
		_ = r.bucket.leave() // what was read is of no more use
	}()
	return next
}

// fill downloads a block into the spool.
func (b *Bucket) fill(blk *block, h *held, begin int64) error {
	w, err := b.spool.reserve(blk)
	if err != nil {
		return b.spool.unwritable(h.name, err)
	}
	err = b.download(blk.ctx, &h.version, begin, blk.size, w)
	if w.err != nil {
		err = b.spool.unwritable(h.name, w.err)
	}
	same, unread := b.spool.complete(blk, err == nil)
	switch {
	case err != nil:
		return err
	case unread != nil:
		return b.spool.unreadable(h.name, unread)
	case !same:
		return object.Changed(h.name, "its bytes are not those that it had")
	}
	return nil
}

// Stat returns what the object was opened with: every read is of that version.
func (r *reader) Stat(ctx context.Context) (object.Info, error) { return r.info, ctx.Err() }

// Close ends what is still on its way. Blocks that came stay, for the next who opens the version.
func (r *reader) Close() (err error) {
	r.closing.Do(func() {
		r.cancel()
		r.bucket.mu.Lock()
		r.held.open--
		r.bucket.mu.Unlock()
		err = r.bucket.leave()
	})
	return err
}
