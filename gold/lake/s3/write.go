package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"time"

	"github.com/minio/minio-go/v7"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// ErrOther is returned where an object is not the version that a write was for.
var ErrOther = errors.New("the object is another one")

// writeTimeout is how long the server may take for one try of a small write.
const writeTimeout = time.Minute

// Head returns what an object is now, whatever a listing said; fs.ErrNotExist where there is none.
func (b *Bucket) Head(ctx context.Context, name string) (info object.Info, err error) {
	err = b.retry(ctx, func(ctx context.Context) (bool, error) {
		done, err := b.request(ctx)
		if err != nil {
			return false, err
		}
		defer done()
		o, err := b.client.StatObject(ctx, b.bucket, b.key(name), minio.StatObjectOptions{})
		if err == nil {
			info = object.Info{Name: name, Size: o.Size, Changed: o.LastModified, Token: b.token(listed{etag: o.ETag, id: o.VersionID, size: o.Size, modified: o.LastModified})}
		}
		return false, err
	})
	if isAbsent(err) {
		return info, fs.ErrNotExist
	}
	if err != nil {
		err = b.unread(ctx, name, err)
	}
	return info, err
}

func isAbsent(err error) bool {
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	return ok && answer.StatusCode == http.StatusNotFound && answer.Code != "NoSuchBucket"
}

// Get reads an object as it is now, whatever a listing said, and returns its ETag. Each try calls begin for where it writes to.
// fs.ErrNotExist where there is none.
func (b *Bucket) Get(ctx context.Context, name string, begin func() (io.Writer, error)) (etag string, err error) {
	err = b.retry(ctx, func(ctx context.Context) (bool, error) {
		done, err := b.request(ctx)
		if err != nil {
			return false, err
		}
		defer done()
		body, o, _, err := b.client.GetObject(ctx, b.bucket, b.key(name), minio.GetObjectOptions{})
		if err != nil {
			return false, err
		}
		defer func() { _ = body.Close() }() // it was only read
		w, err := begin()
		if err != nil {
			return false, err
		}
		n, err := io.Copy(w, body)
		if err == nil && n != o.Size {
			err = io.ErrUnexpectedEOF
		}
		etag = o.ETag
		return false, err
	})
	if isAbsent(err) {
		return "", fs.ErrNotExist
	}
	if err != nil {
		err = b.unread(ctx, name, err)
	}
	return etag, err
}

// Put uploads a file, in parts if it is large, and replaces what has the name: all at once. Its errors are Unavailable build_failed.
func (b *Bucket) Put(ctx context.Context, name, from string) (info object.Info, err error) {
	err = b.retry(ctx, func(ctx context.Context) (bool, error) {
		done, err := b.request(ctx)
		if err != nil {
			return false, err
		}
		defer done()
		f, err := os.Open(from) // #nosec G304 -- a file of scratch
		if err != nil {
			return false, err
		}
		defer func() { _ = f.Close() }() // it was only read
		stat, err := f.Stat()
		if err != nil {
			return false, err
		}
		o, err := b.client.Client.PutObject(ctx, b.bucket, b.key(name), f, stat.Size(), minio.PutObjectOptions{ContentType: "application/octet-stream"})
		if err == nil {
			info = object.Info{Name: name, Size: stat.Size(), Token: b.token(listed{etag: o.ETag, id: o.VersionID, size: stat.Size(), modified: o.LastModified})}
		}
		return false, err
	})
	if err != nil {
		err = b.unwritten(ctx, name, err)
	}
	return info, err
}

// PutIf writes a small object if it is still the version of an ETag, or, where that is empty, if there is none; else ErrOther. It returns the
// new ETag.
func (b *Bucket) PutIf(ctx context.Context, name string, body []byte, etag string) (written string, err error) {
	var options minio.PutObjectOptions
	if etag == "" {
		options.SetMatchETagExcept("*")
	} else {
		options.SetMatchETag(etag)
	}
	options.DisableMultipart = true
	err = b.retry(ctx, func(ctx context.Context) (bool, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, writeTimeout, errSlow)
		defer cancel()
		done, err := b.request(ctx)
		if err != nil {
			return false, err
		}
		defer done()
		o, err := b.client.Client.PutObject(ctx, b.bucket, b.key(name), bytes.NewReader(body), int64(len(body)), options)
		written = o.ETag
		return false, err
	})
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		switch {
		case answer.StatusCode == http.StatusPreconditionFailed, answer.StatusCode == http.StatusConflict, etag != "" && isAbsent(err):
			return "", ErrOther
		}
	}
	if err != nil {
		return "", b.unwritten(ctx, name, err)
	}
	return written, nil
}

// Remove removes an object, if it is there. Its errors are Unavailable build_failed.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	err := b.retry(ctx, func(ctx context.Context) (bool, error) {
		done, err := b.request(ctx)
		if err != nil {
			return false, err
		}
		defer done()
		return false, b.client.RemoveObject(ctx, b.bucket, b.key(name), minio.RemoveObjectOptions{})
	})
	if err == nil || isAbsent(err) {
		return nil
	}
	return b.unwritten(ctx, name, err)
}

// unwritten returns the error of an object that could not be written or removed.
func (s *server) unwritten(ctx context.Context, name string, err error) error {
	if ended := endOf(ctx, err); ended != nil {
		return ended
	}
	if _, disk := errors.AsType[*os.PathError](err); disk {
		return gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "%s/%s can't be written: the scratch folder can't be read: %w", s, name, err)
	}
	detail, cause := s.explain(err)
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok && answer.StatusCode == http.StatusForbidden && answer.Code == "AccessDenied" {
		detail = fmt.Sprintf("the server %s denies access: the credentials must be allowed to write to the bucket %s and to remove its objects (s3:PutObject, s3:DeleteObject)", s.config.Endpoint, s.bucket)
	}
	return &gold.Error{Kind: gold.Unavailable, Code: gold.CodeBuildFailed, Message: fmt.Sprintf("%s/%s can't be written: %s", s, name, detail), Err: cause}
}
