package s3

import (
	"context"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"goldserve/gold/lake/object"
)

// Copy has the server copy an object of a bucket of its, in parts if it is large, and replaces what has the name: all at once. It returns what
// the name is then. Its errors are Unavailable build_failed.
func (b *Bucket) Copy(ctx context.Context, name string, of *Bucket, from string) (object.Info, error) {
	err := b.retry(ctx, func(ctx context.Context) (bool, error) {
		done, err := b.request(ctx)
		if err != nil {
			return false, err
		}
		defer done()
		_, err = b.client.ComposeObject(ctx, minio.CopyDestOptions{Bucket: b.bucket, Object: b.key(name), PartSize: b.copyPart}, minio.CopySrcOptions{Bucket: of.bucket, Object: of.key(from)})
		return false, err
	})
	if err != nil {
		return object.Info{}, b.unwritten(ctx, name, err)
	}
	return b.Head(ctx, name)
}

// removers is how many objects are removed at once.
const removers = 8

// RemoveFolders removes the folders directly below the prefix for which ours is true, with all that lies in them, and the objects that stand for
// folders. Its errors are Unavailable build_failed, and those of a listing.
func (b *Bucket) RemoveFolders(ctx context.Context, ours func(folder string) bool) error {
	all, err := b.lister.pages(ctx, false)
	if err != nil {
		return err
	}
	var names, marks []string
	for _, o := range all {
		name := strings.TrimPrefix(o.key, b.prefix)
		folder, _, below := strings.Cut(name, "/")
		switch {
		case !below || !ours(folder):
		case strings.HasSuffix(name, "/"):
			marks = append(marks, name)
		default:
			names = append(names, name)
		}
	}
	work, within := errgroup.WithContext(ctx)
	work.SetLimit(removers)
	for _, name := range names {
		work.Go(func() error { return b.Remove(within, name) })
	}
	if err := work.Wait(); err != nil {
		return err
	}
	slices.Sort(marks)
	for _, name := range slices.Backward(marks) { // servers with folders remove none that isn't empty
		if err := b.Remove(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
