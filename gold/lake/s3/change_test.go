//go:build e2e

package s3

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/test/fixture"
)

// TestAnObjectThatIsOverwrittenBetweenTwoRangesIsAChange: with other bytes, with the same ones a version without a change, and
// removed.
func TestAnObjectThatIsOverwrittenBetweenTwoRangesIsAChange(t *testing.T) {
	onEach(t, func(t *testing.T, bucket *fixture.Bucket) {
		before, after := random(1, 3*blockSize), random(2, 3*blockSize)
		for name, change := range map[string]func(){
			"it was replaced or written to": func() { bucket.Put(t, "x", after) },
			"it was removed":                func() { bucket.Remove(t, "x") },
		} {
			bucket.Put(t, "x", before)
			b := open(t, Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint})
			r := stat(t, b, "x")
			if _, err := r.ReadAt(t.Context(), make([]byte, 10), 0); err != nil {
				t.Fatal(err)
			}
			change()
			_, err := readAll(t.Context(), r, 1<<20)
			wantError(t, err, gold.CodeSourceChanged, "x: "+name)
		}
	})
}

// TestAnObjectThatChangesAtEachRead ends: the lake is planned anew three times at most, and each table's error is the change.
func TestAnObjectThatChangesAtEachRead(t *testing.T) {
	onEach(t, func(t *testing.T, bucket *fixture.Bucket) {
		bucket.Put(t, "x.parquet", random(1, 1000))
		f := fixture.NewFront(t, bucket.Endpoint)
		f.Before = func(_ http.ResponseWriter, _ *http.Request, get int) bool {
			if get > 0 {
				bucket.Put(t, "x.parquet", random(uint64(get+1), 1000))
			}
			return false
		}
		b := open(t, Config{Location: bucket.Location(""), Endpoint: f.URL})
		l := lake.New(b)
		for range 3 {
			if err := l.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, err := l.Table(t.Context(), lake.Spec{Dataset: gold.Dataset{Name: "x", Fields: []gold.Field{{Name: "a", Kind: gold.Int}}}})
			wantError(t, err, gold.CodeSourceChanged, "x.parquet: it was replaced or written to")
		}
	})
}

// TestAServerThatIgnoresConditions answers with the object that there is: its headers tell that it is another.
func TestAServerThatIgnoresConditions(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	bucket.Put(t, "x", random(1, 1000))
	f := fixture.NewFront(t, bucket.Endpoint)
	f.Before = func(w http.ResponseWriter, r *http.Request, get int) bool {
		if get == 0 {
			return false
		}
		o, err := bucket.Client.GetObject(r.Context(), bucket.Name, "x", minio.GetObjectOptions{})
		if err != nil {
			t.Error(err)
			return true
		}
		info, err := o.Stat()
		if err != nil {
			t.Error(err)
		}
		r.Header.Del("If-Match")
		w.Header().Set("ETag", `"`+info.ETag+`"`)
		http.ServeContent(w, r, "x", info.LastModified, o)
		return true
	}
	for name, content := range map[string][]byte{"of the same size": random(2, 1000), "longer": random(2, 1001), "shorter": random(2, 900)} {
		b := open(t, Config{Location: bucket.Location(""), Endpoint: f.URL})
		r := stat(t, b, "x")
		bucket.Put(t, "x", content)
		_, err := readAll(t.Context(), r, 100)
		t.Log(name)
		wantError(t, err, gold.CodeSourceChanged, "x: it was replaced or written to")
		bucket.Put(t, "x", random(1, 1000))
	}
}

// TestObjectsWithoutETag: a file that another program put into the folder of versitygw has none, and its versions are told
// apart by size and time, which is said once.
func TestObjectsWithoutETag(t *testing.T) {
	folder := t.TempDir()
	address := fixture.Versitygw(t, folder, "goldserve-tests", "canary-of-the-tests", nil, nil)
	bucket := fixture.BucketAt(t, "http://goldserve-tests:canary-of-the-tests@"+address, nil)
	bucket.Environment(t)
	content := random(1, 2*blockSize)
	file := filepath.Join(folder, bucket.Name, "x.parquet")
	write := func(content []byte, at time.Time) {
		t.Helper()
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-time.Hour).Truncate(time.Second)
	write(content, long)
	var said fixture.Lines
	b := open(t, Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint})
	b.log = logTo(&said)
	r := stat(t, b, "x.parquet")
	if sum, err := readAll(t.Context(), r, 1<<20); err != nil || sum != sha256.Sum256(content) {
		t.Errorf("other bytes, %v", err)
	}
	info, err := b.Stat(t.Context(), "x.parquet")
	if err != nil || !info.Modified.Equal(long) {
		t.Errorf("%+v, %v: want the time that tells its version", info, err)
	}
	if err := b.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if same, err := b.Stat(t.Context(), "x.parquet"); err != nil || same.Token != info.Token {
		t.Errorf("%+v, %v: want the token of before", same, err)
	}
	if n := bytes.Count([]byte(said.String()), []byte("told apart by size and time")); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, said.String())
	}
	for _, at := range []time.Time{long.Add(time.Second), long} {
		b := open(t, Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint})
		r := stat(t, b, "x.parquet")
		write(content[:len(content)-1+at.Second()%2], at) // another time, or another size
		if at.Equal(long) {
			write(content[1:], at)
		}
		_, err := readAll(t.Context(), r, 1<<20)
		wantError(t, err, gold.CodeSourceChanged, "x.parquet: it was replaced or written to")
		write(content, long)
	}
}

var etagElement = regexp.MustCompile(`<ETag>[^<]*</ETag>`)

// TestVersionsWithoutETag: where a server has version ids and no ETags, a version is read even though it was overwritten.
func TestVersionsWithoutETag(t *testing.T) {
	folder := t.TempDir()
	address := fixture.Versitygw(t, folder, "goldserve-tests", "canary-of-the-tests", nil, []string{"--versioning-dir", t.TempDir()})
	bucket := fixture.BucketAt(t, "http://goldserve-tests:canary-of-the-tests@"+address, nil)
	bucket.Environment(t)
	if err := bucket.Client.EnableVersioning(t.Context(), bucket.Name); err != nil {
		t.Fatal(err)
	}
	f := fixture.NewFront(t, bucket.Endpoint)
	f.After = func(r *http.Response) error {
		r.Header.Del("ETag")
		if r.Header.Get("Content-Type") != "application/xml" {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		body = etagElement.ReplaceAll(body, nil)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return err
	}
	before, after := random(1, 2*blockSize), random(2, 2*blockSize)
	bucket.Put(t, "gold/removed", before)
	bucket.Put(t, "gold/x", before)
	bucket.Remove(t, "gold/removed") // which leaves a marker
	b := open(t, Config{Location: bucket.Location("gold"), Endpoint: f.URL})
	wantNames(t, b, ".", "x")
	r := stat(t, b, "x")
	bucket.Put(t, "gold/x", after)
	if sum, err := readAll(t.Context(), r, 1<<20); err != nil || sum != sha256.Sum256(before) {
		t.Errorf("not the bytes of the version that was opened: %v", err)
	}
	if err := b.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sum, err := readAll(t.Context(), stat(t, b, "x"), 1<<20); err != nil || sum != sha256.Sum256(after) {
		t.Errorf("not the bytes of the next version: %v", err)
	}
}

// TestPartsOfMultipartUploads are read as one object.
func TestPartsOfMultipartUploads(t *testing.T) {
	onEach(t, func(t *testing.T, bucket *fixture.Bucket) {
		content := random(1, 12<<20)
		_, err := bucket.Client.PutObject(t.Context(), bucket.Name, "x", bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{PartSize: 5 << 20})
		if err != nil {
			t.Fatal(err)
		}
		b := open(t, Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint})
		if sum, err := readAll(t.Context(), stat(t, b, "x"), 1<<20); err != nil || sum != sha256.Sum256(content) {
			t.Errorf("other bytes, %v", err)
		}
	})
}

// TestAnotherBucketHasOtherTokens: the same bytes under the same name, which have the same ETag.
func TestAnotherBucketHasOtherTokens(t *testing.T) {
	tokens := map[string]string{}
	for range 2 {
		onEach(t, func(t *testing.T, bucket *fixture.Bucket) {
			bucket.Put(t, "x", []byte("1"))
			info, err := open(t, Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint}).Stat(t.Context(), "x")
			if err != nil || info.Token == "" || tokens[info.Token] != "" {
				t.Errorf("%+v, %v: want a token of its own", info, err)
			}
			tokens[info.Token] = (&url.URL{Scheme: "s3", Host: bucket.Name}).String()
		})
	}
}
