package place

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/s3"
)

// lease is what the object LockFile of a bucket holds: who builds, and until when that is so if it isn't renewed.
type lease struct {
	Holder  string    `json:"holder"`
	Since   time.Time `json:"since"`
	Expires time.Time `json:"expires"`
	Nonce   string    `json:"nonce"` // of the build
}

// How long a lease lasts, and how often it is renewed. A lease that seems to have expired is watched for longer than that before it is taken
// over: the clocks of two machines differ.
var (
	leaseTime  = time.Minute
	leaseRenew = 15 * time.Second
	leaseWatch = 20 * time.Second
)

// Lock locks the bucket for one build, by an object that is written only where there is none, and renewed until it is freed. One that its
// holder no longer renews is taken over.
func (b *Bucket) Lock(ctx context.Context) (unlock func() error, err error) {
	host, _ := os.Hostname()
	l := &lease{Holder: fmt.Sprintf("process %d on %s", os.Getpid(), host), Since: time.Now().UTC().Truncate(time.Second), Nonce: rand.Text()}
	etag, err := b.write(ctx, l, "")
	if errors.Is(err, s3.ErrOther) {
		etag, err = b.takeOver(ctx, l)
	}
	if err != nil {
		return nil, err
	}
	b.all.lost.Store(false)
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	var ended sync.WaitGroup
	ended.Go(func() { b.renew(renewing, l, etag) })
	return func() error {
		stop()
		ended.Wait()
		if now, _, err := b.lease(context.WithoutCancel(ctx)); err != nil || now.Nonce != l.Nonce {
			return err
		}
		return b.bucket.Remove(context.WithoutCancel(ctx), LockFile)
	}, nil
}

// write writes the lease, renewed, in place of the version that an ETag names. A server may have written it though its answer was lost.
func (b *Bucket) write(ctx context.Context, l *lease, etag string) (string, error) {
	l.Expires = time.Now().UTC().Add(leaseTime)
	text, err := json.Marshal(l)
	if err != nil {
		return "", err
	}
	written, err := b.bucket.PutIf(ctx, LockFile, append(text, '\n'), etag)
	if errors.Is(err, s3.ErrOther) {
		if now, version, failed := b.lease(ctx); failed == nil && now.Nonce == l.Nonce && now.Expires.Equal(l.Expires) {
			return version, nil
		}
	}
	return written, err
}

// lease returns the lease that there is.
func (b *Bucket) lease(ctx context.Context) (l lease, etag string, err error) {
	text, etag, err := b.read(ctx, LockFile)
	if errors.Is(err, fs.ErrNotExist) {
		return l, "", nil
	}
	if err == nil && json.Unmarshal(text, &l) != nil {
		l.Holder = "somebody unknown"
	}
	return l, etag, err
}

// takeOver takes over a lease that its holder no longer renews. It returns Conflict build_conflict where one does.
func (b *Bucket) takeOver(ctx context.Context, l *lease) (string, error) {
	was, etag, err := b.lease(ctx)
	if err != nil {
		return "", err
	}
	if time.Now().Before(was.Expires) {
		return "", b.locked(was)
	}
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(leaseWatch):
	}
	now, version, err := b.lease(ctx)
	switch {
	case err != nil:
		return "", err
	case version != etag && version != "":
		return "", b.locked(now)
	}
	written, err := b.write(ctx, l, version)
	if err == nil { // a server may not know the condition: of two who write, the last one has it
		now, version, err = b.lease(ctx)
		written = version
	}
	if errors.Is(err, s3.ErrOther) || err == nil && now.Nonce != l.Nonce {
		now, _, err = b.lease(ctx)
		err = errors.Join(err, b.locked(now))
	}
	return written, err
}

func (b *Bucket) locked(l lease) error {
	return gold.Errorf(gold.Conflict, gold.CodeBuildConflict, "%s is being built by %s since %s: wait until it is done or, if it was killed, until %s",
		b, gold.Visible(l.Holder), l.Since.Format(time.RFC3339), l.Expires.Format(time.RFC3339))
}

// renew renews the lease until the context ends, or it is another's.
func (b *Bucket) renew(ctx context.Context, l *lease, etag string) {
	for expires := l.Expires; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(leaseRenew):
		}
		trying, cancel := context.WithDeadline(ctx, expires)
		written, err := b.write(trying, l, etag)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, s3.ErrOther) || time.Now().After(expires):
			b.all.lost.Store(true)
			return
		case err == nil:
			etag, expires = written, l.Expires
		}
	}
}
