//go:build e2e

package s3

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/test/fixture"
)

// onEach runs a test on a bucket of each server of the tests, with its credentials in the variables.
func onEach(t *testing.T, test func(t *testing.T, bucket *fixture.Bucket)) {
	for i, bucket := range fixture.Buckets(t) {
		t.Run([]string{"versitygw", "minio", "another"}[min(i, 2)], func(t *testing.T) {
			bucket.Environment(t)
			test(t, bucket)
		})
	}
}

// open opens a bucket as a configuration says, until the test's end. No line of its log may have a secret.
func open(t testing.TB, c Config) *Bucket {
	t.Helper()
	var said fixture.Lines
	c.Logger = logTo(&said)
	if c.ScratchDir == "" {
		c.ScratchDir = t.TempDir()
	}
	b, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		noSecret(t, said.String())
	})
	return b
}

func logTo(said *fixture.Lines) *slog.Logger {
	return slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// noSecret finds the secret key of the tests' servers.
func noSecret(t testing.TB, text string) {
	t.Helper()
	if strings.Contains(text, "canary") {
		t.Errorf("a secret is told: %s", text)
	}
}

// wantError compares an error, and sees to it that neither it nor its causes tell a secret.
func wantError(t testing.TB, err error, code gold.Code, words ...string) {
	t.Helper()
	if gold.CodeOf(err) != code || gold.KindOf(err) != gold.Unavailable {
		t.Fatalf("%v (%s), want %s", err, gold.CodeOf(err), code)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v: want %q in it", err, w)
		}
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		noSecret(t, e.Error())
	}
}

// random returns bytes that are the same for the same seed.
func random(seed uint64, size int) []byte {
	content := make([]byte, size)
	source := rand.NewChaCha8([32]byte{byte(seed)})
	_, _ = source.Read(content) // never fails
	return content
}

// stat finds an object and opens it.
func stat(t testing.TB, b *Bucket, name string) object.Reader {
	t.Helper()
	info, err := b.Stat(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Open(t.Context(), info)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// readAll reads an object from its begin to its end, some bytes at a time.
func readAll(ctx context.Context, r object.Reader, step int) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	p := make([]byte, step)
	for off := int64(0); ; off += int64(step) {
		n, err := r.ReadAt(ctx, p, off)
		h.Write(p[:n])
		if errors.Is(err, io.EOF) {
			h.Sum(sum[:0])
			return sum, nil
		}
		if err != nil {
			return sum, err
		}
	}
}
