package sqlitestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"goldserve/gold"
	"goldserve/gold/filelock"
)

// publishLock is the right to publish into a file: a lock on <file>.publish (flock, LockFileEx on Windows), which the
// kernel releases when the process ends, however it ends. The file stays; while it is locked, it names the holder.
type publishLock struct {
	path string

	mu   sync.Mutex
	file *os.File // nil: not ours
	held gold.Lease
}

// holderRecord is the content of the lock's file.
type holderRecord struct {
	Model  string `json:"model"`
	Holder string `json:"holder"`
	Fence  int64  `json:"fence"`
}

// A refused lock is tried again, every lockPause: lockTries times, since others test for an instant whether the lock is
// free (see holder), and signTries times if the process that has just locked the file has yet to sign it.
const (
	lockPause = 20 * time.Millisecond
	lockTries = 5
	signTries = 100
)

// lock locks the file. Conflict names the holder.
func (p *publishLock) lock(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != nil {
		return taken(p.held.Model, p.held.Holder)
	}
	// Everybody may read the holder's name.
	f, err := os.OpenFile(p.path, os.O_RDWR|os.O_CREATE, 0o644) //nolint:gosec // see above
	if err != nil {
		return p.unusable(err)
	}
	var record holderRecord
	for try := 1; ; try++ {
		if err = filelock.Try(f, false); !errors.Is(err, filelock.ErrLocked) {
			break
		}
		record = readHolder(f)
		if signed := record.Fence > 0; signed && try >= lockTries || try >= signTries {
			break
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return errors.Join(ctx.Err(), f.Close())
		}
	}
	if err == nil {
		err = f.Truncate(0) // A killed holder has left its name.
	}
	switch {
	case err == nil:
		p.file = f
		return nil
	case errors.Is(err, filelock.ErrLocked):
		return errors.Join(taken(record.Model, record.Holder), f.Close())
	default:
		return errors.Join(p.unusable(err), f.Close())
	}
}

func (p *publishLock) unusable(err error) *gold.Error {
	e := gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "%s can't be locked: it and its folder must be writable for this user, on a disk that has file locks", p.path)
	e.Err = err
	return e
}

func taken(model, holder string) *gold.Error {
	return conflict("model %s is being published by %s; wait until it has ended, or end it, and run it again", model, holder)
}

// sign stores the lease and writes the holder's name. That text is for people: a full disk must not prevent a rollback.
func (p *publishLock) sign(l gold.Lease) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	record, err := json.Marshal(holderRecord{l.Model, l.Holder, l.Fence})
	if err != nil {
		return err
	}
	err = p.file.Truncate(0)
	if err == nil {
		_, err = p.file.WriteAt(append(record, '\n'), 0)
	}
	if err != nil && !diskFull(err) {
		return p.unusable(err)
	}
	p.held = l
	return nil
}

// check returns Conflict if the lease is not the one held.
func (p *publishLock) check(l gold.Lease) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil || p.held.Model != l.Model || p.held.Fence != l.Fence {
		return lostLease(l)
	}
	return nil
}

// renew prolongs the lease held. Conflict also if the lock's file was removed, so that others could lock a new one.
func (p *publishLock) renew(l gold.Lease, ttl time.Duration) (*gold.Lease, error) {
	if err := p.check(l); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil, lostLease(l)
	}
	ours, err := p.file.Stat()
	if err != nil {
		return nil, p.unusable(err)
	}
	if there, err := os.Stat(p.path); err != nil || !os.SameFile(ours, there) {
		return nil, conflict("%s was removed while model %s is being published; leave it there, and run it again", p.path, l.Model)
	}
	p.held.Until = now().Add(ttl)
	renewed := p.held
	return &renewed, nil
}

// unlock releases the lock, if this process holds it.
func (p *publishLock) unlock() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil
	}
	err := errors.Join(p.file.Truncate(0), p.file.Close())
	p.file, p.held = nil, gold.Lease{}
	return err
}

// holder returns the holder of the lock of a model, nil if there is none. It writes nothing: a free lock is shared for
// an instant.
func (p *publishLock) holder(model string) (*gold.Lease, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != nil {
		held := p.held
		if held.Model != model {
			return nil, nil // nobody
		}
		return &held, nil
	}
	f, err := os.Open(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // never published
	}
	if err != nil {
		return nil, p.unusable(err)
	}
	defer func() { _ = f.Close() }()
	err = filelock.Try(f, true)
	record := readHolder(f)
	switch {
	case errors.Is(err, filelock.ErrLocked) && record.Model == model:
		return &gold.Lease{Model: model, Holder: record.Holder, Fence: record.Fence, Until: now().Add(defaultTTL)}, nil
	case err == nil, errors.Is(err, filelock.ErrLocked):
		return nil, nil // nobody, or another model's
	default:
		return nil, p.unusable(err)
	}
}

// readHolder reads the holder of the lock. Between locking and signing there is no name.
func readHolder(f *os.File) holderRecord {
	record := holderRecord{}
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 64<<10))
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err != nil || record.Holder == "" {
		record.Holder = fmt.Sprintf("a process that has %s locked", f.Name())
	}
	return record
}

func lostLease(l gold.Lease) *gold.Error {
	return conflict("the right to publish model %s was lost to another publisher; run it again", l.Model)
}
