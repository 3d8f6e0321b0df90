//go:build e2e

package place

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/lake/s3"
	"goldserve/test/fixture"
)

// onEach runs a test on a lake in a bucket of each server of the tests.
func onEach(t *testing.T, test func(t *testing.T, open func() *Bucket)) {
	for i, bucket := range fixture.Buckets(t) {
		t.Run([]string{"versitygw", "minio", "another"}[min(i, 2)], func(t *testing.T) {
			bucket.Environment(t)
			test(t, func() *Bucket {
				b, err := NewBuckets(func(location string) s3.Config { return s3.Config{Location: location, Endpoint: bucket.Endpoint} }, t.TempDir()).At(bucket.Location("lake"))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = b.Close() })
				return b
			})
		})
	}
}

func TestFilesLieInABucket(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *Bucket) {
		b, ctx := open(), t.Context()
		if _, err := b.Stat(ctx, "gold/x.parquet"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
		if _, err := b.Read(ctx, "gold/x.parquet"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
		listed := func(want ...string) {
			t.Helper()
			if got, err := b.List(ctx, "gold"); err != nil || !slices.Equal(slices.Sorted(maps.Keys(got)), want) {
				t.Errorf("listed %v, want %v: %v", got, want, err)
			}
		}
		listed()
		last := ""
		for _, size := range []int{0, 3, 40 << 20} { // the last one in parts
			content := bytes.Repeat([]byte("0123456789abcde\n"), size/16+1)[:size]
			from := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(from, content, 0o600); err != nil {
				t.Fatal(err)
			}
			put, err := b.Put(ctx, "gold/x.parquet", from)
			if err != nil || put.Bytes != int64(size) || put.Token == last {
				t.Fatalf("%+v %v", put, err)
			}
			last = put.Token
			if stat, err := b.Stat(ctx, "gold/x.parquet"); err != nil || stat != put {
				t.Errorf("%+v, put as %+v: %v", stat, put, err)
			}
			sum := sha256.Sum256(content)
			if got, err := b.Hash(ctx, "gold/x.parquet"); err != nil || got != hex.EncodeToString(sum[:]) {
				t.Errorf("%s %v", got, err)
			}
			path, err := b.Path(ctx, "gold/x.parquet")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
				t.Errorf("fetched %d bytes of %d: %v", len(got), size, err)
			}
			listing := open().bucket // publish reads the lake by its listing
			if info, err := listing.Stat(ctx, "gold/x.parquet"); err != nil || info.Token != put.Token {
				t.Errorf("%+v, put as %+v: %v", info, put, err)
			}
		}
		listed("gold/x.parquet")
		for range 2 {
			if err := b.Remove(ctx, "gold/x.parquet"); err != nil {
				t.Error(err)
			}
		}
		if _, err := b.Stat(ctx, "gold/x.parquet"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
		listed()
	})
}

// quicker shortens the times of leases, of which seven renewals may come late on a busy machine.
func quicker(t *testing.T) {
	was := []time.Duration{leaseTime, leaseRenew, leaseWatch}
	leaseTime, leaseRenew, leaseWatch = 1500*time.Millisecond, 150*time.Millisecond, 400*time.Millisecond
	t.Cleanup(func() { leaseTime, leaseRenew, leaseWatch = was[0], was[1], was[2] })
}

func conflict(t *testing.T, err error, says string) {
	t.Helper()
	if e, ok := errors.AsType[*gold.Error](err); !ok || e.Kind != gold.Conflict || e.Code != gold.CodeBuildConflict || !strings.Contains(e.Message, says) {
		t.Errorf("got %v", err)
	}
}

func TestOneBuildHoldsABucket(t *testing.T) {
	quicker(t)
	onEach(t, func(t *testing.T, open func() *Bucket) {
		first, second, ctx := open(), open(), t.Context()
		unlock, err := first.Lock(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 { // longer than a lease lasts that isn't renewed
			_, err := second.Lock(ctx)
			conflict(t, err, "is being built by process")
			time.Sleep(leaseTime / 3)
		}
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
		unlock, err = second.Lock(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
		if _, err := first.Stat(ctx, LockFile); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the lock stays: %v", err)
		}
	})
}

// TestTheLeaseOfADeadBuildIsTakenOver: by one of two who try, and the dead one writes nothing more if it wakes up.
func TestTheLeaseOfADeadBuildIsTakenOver(t *testing.T) {
	quicker(t)
	onEach(t, func(t *testing.T, open func() *Bucket) {
		dead, ctx := open(), t.Context()
		l := &lease{Holder: "process 1 on gone", Nonce: "x"}
		etag, err := dead.write(ctx, l, "")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(leaseTime)
		type result struct {
			unlock func() error
			err    error
		}
		results := make(chan result, 2)
		for range 2 {
			b := open()
			go func() {
				unlock, err := b.Lock(ctx)
				results <- result{unlock, err}
			}()
		}
		held := 0
		for range 2 {
			if r := <-results; r.err != nil {
				conflict(t, r.err, "is being built by")
			} else {
				held++
				defer func() {
					if err := r.unlock(); err != nil {
						t.Error(err)
					}
				}()
			}
		}
		if held != 1 {
			t.Fatalf("%d builds hold the lake", held)
		}
		waking, stop := context.WithTimeout(ctx, 2*time.Second)
		defer stop()
		dead.renew(waking, l, etag)
		_, err = dead.Put(ctx, "gold/x.parquet", "/nowhere")
		conflict(t, err, "another build of the lake began")
		conflict(t, dead.Remove(ctx, "gold/x.parquet"), "another build of the lake began")
	})
}

func TestAFailureNamesNoSecret(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary-secret")
	b, err := NewBuckets(func(location string) s3.Config { return s3.Config{Location: location, Endpoint: bucket.Endpoint} }, t.TempDir()).At(bucket.Location("lake"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	from := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(from, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	var entry builder.Entry
	entry, err = b.Put(t.Context(), "x", from)
	if e, ok := errors.AsType[*gold.Error](err); !ok || e.Code != gold.CodeBuildFailed || !strings.Contains(err.Error(), "/lake/x can't be written: ") || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %+v %v", entry, err)
	}
}

// Files of a workspace go to a bucket by the server's own copy, also large ones, and to a folder.
func TestFilesAreTakenFromAWorkspace(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *Bucket) {
		workspace, ctx := open(), t.Context()
		folder, err := NewFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = folder.Close() }()
		for name, size := range map[string]int{"build-1/gold/p=a%3Ab é +?/part [0].parquet": 3, "build-1/gold/empty": 0, "build-1/gold/large": 20 << 20} {
			content := bytes.Repeat([]byte("0123456789abcde\n"), size/16+1)[:size]
			from := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(from, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := workspace.Put(ctx, name, from); err != nil {
				t.Fatal(err)
			}
			for _, to := range []builder.Place{open(), folder} {
				taken, err := to.Take(ctx, "silver/"+name, workspace, name)
				if err != nil || taken.Bytes != int64(size) {
					t.Fatalf("%s to %s: %+v %v", name, to, taken, err)
				}
				if stat, err := to.Stat(ctx, "silver/"+name); err != nil || stat != taken {
					t.Errorf("%s: %+v, taken as %+v: %v", name, stat, taken, err)
				}
				sum := sha256.Sum256(content)
				if got, err := to.Hash(ctx, "silver/"+name); err != nil || got != hex.EncodeToString(sum[:]) {
					t.Errorf("%s to %s: %s %v", name, to, got, err)
				}
			}
		}
		to := open()
		for _, names := range [][2]string{{"../x", "build-1/gold/empty"}, {"x", "../build-1/gold/empty"}, {"x", "build-1/none"}} {
			if _, err := to.Take(ctx, names[0], workspace, names[1]); gold.CodeOf(err) != gold.CodeBuildFailed {
				t.Errorf("%v: %v", names, err)
			}
		}
		to.all.lost.Store(true)
		if _, err := to.Take(ctx, "x", workspace, "build-1/gold/empty"); gold.CodeOf(err) != gold.CodeBuildConflict {
			t.Errorf("without the lock: %v", err)
		}
	})
}
