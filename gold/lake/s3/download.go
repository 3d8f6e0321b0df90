package s3

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/minio/minio-go/v7"
)

// blockTimeout is how long a block may take to come, with all its tries.
const blockTimeout = 5 * time.Minute

// download reads a range of one version of an object into w. What came before a connection broke is not asked for again.
func (s *server) download(ctx context.Context, v *version, off, size int64, w io.Writer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, blockTimeout, errSlow)
	defer cancel()
	got := int64(0)
	err := s.retry(ctx, func(ctx context.Context) (bool, error) {
		n, err := s.get(ctx, v, off+got, size-got, w)
		got += n
		return n >= 64<<10, err
	})
	if err != nil {
		return s.unread(ctx, v.name, err)
	}
	return nil
}

// get makes one request for a range, and returns how many bytes came.
func (s *server) get(ctx context.Context, v *version, off, size int64, w io.Writer) (int64, error) {
	done, err := s.request(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var options minio.GetObjectOptions
	if err := errors.Join(options.SetRange(off, off+size-1), v.condition(&options)); err != nil {
		return 0, err
	}
	body, _, header, err := s.client.GetObject(ctx, s.bucket, s.key(v.name), options)
	if err != nil {
		return 0, err
	}
	defer func() { _ = body.Close() }() // it was only read
	if err := v.compare(header, off, size); err != nil {
		return 0, err
	}
	late := time.AfterFunc(answerTimeout, func() { cancel(errSlow) })
	defer late.Stop()
	n, err := io.CopyBuffer(w, io.LimitReader(&lively{body, late}, size), make([]byte, 128<<10))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// lively puts off a deadline with every byte that comes.
type lively struct {
	io.Reader
	late *time.Timer
}

func (l *lively) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if n > 0 {
		l.late.Reset(answerTimeout)
	}
	return n, err
}
