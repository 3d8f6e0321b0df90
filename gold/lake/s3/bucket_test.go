//go:build e2e

package s3

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/test/fixture"
)

func TestObjectsAreReadAsTheyWereWritten(t *testing.T) {
	onEach(t, func(t *testing.T, bucket *fixture.Bucket) {
		contents := map[string][]byte{}
		for i, size := range []int{0, 1, 1000, headSize, headSize + 1, headSize + tailSize, headSize + tailSize + 1, blockSize, 3*blockSize + 12345} {
			contents[fmt.Sprintf("sizes/%d.parquet", size)] = random(uint64(i), size)
		}
		for _, name := range []string{"a b+c=d é.parquet", "x.parquet/mois=2011-07/part-0.parquet", "_SUCCESS"} {
			contents[name] = []byte(name)
		}
		for name, content := range contents {
			bucket.Put(t, "gold/"+name, content)
		}
		bucket.Put(t, "golden/other", []byte("beside the prefix"))
		b := open(t, Config{Location: bucket.Location("gold/"), Endpoint: bucket.Endpoint})
		if want := "s3://" + bucket.Name + "/gold"; b.String() != want {
			t.Errorf("%s, want %s", b, want)
		}
		for name, content := range contents {
			r := stat(t, b, name)
			for _, step := range []int{len(content) + 1, 100_003} {
				if sum, err := readAll(t.Context(), r, step); err != nil || sum != sha256.Sum256(content) {
					t.Errorf("%s, read %d bytes at a time: other bytes, %v", name, step, err)
				}
			}
			for _, off := range []int{0, len(content) / 2, len(content) - 8} {
				p := make([]byte, 8)
				n, err := r.ReadAt(t.Context(), p, int64(max(off, 0)))
				want := content[max(off, 0):min(max(off, 0)+8, len(content))]
				if !bytes.Equal(p[:n], want) || (err == nil) != (len(want) == 8) || err != nil && !errors.Is(err, io.EOF) {
					t.Errorf("%s at %d: %x, %v, want %x", name, off, p[:n], err, want)
				}
			}
		}
		wantNames(t, b, ".", "_SUCCESS", "a b+c=d é.parquet", "sizes/", "x.parquet/")
		wantNames(t, b, "x.parquet", "x.parquet/mois=2011-07/")
		if _, err := b.Stat(t.Context(), "gold"); !object.Absent(err) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v, want that nothing has the name", err)
		}
		if info, err := b.Stat(t.Context(), "x.parquet"); err != nil || !info.Folder {
			t.Errorf("%+v, %v, want a folder", info, err)
		}
	})
}

// wantNames compares what lies in a folder; folders are named with a slash.
func wantNames(t *testing.T, b *Bucket, folder string, want ...string) {
	t.Helper()
	list, err := b.List(t.Context(), folder)
	var names []string
	for _, i := range list {
		if i.Folder {
			i.Name += "/"
		}
		names = append(names, i.Name)
	}
	if got := strings.Join(names, " "); err != nil || got != strings.Join(want, " ") {
		t.Errorf("%s holds %s, %v, want %s", folder, got, err, strings.Join(want, " "))
	}
}

// TestKeysThatNoFolderCouldHold: MinIO refuses to store them.
func TestKeysThatNoFolderCouldHold(t *testing.T) {
	s := &snapshot{folders: map[string][]object.Info{}}
	for _, name := range []string{"x.parquet//part-0.parquet", "x.parquet/../y.parquet", "/z.parquet", "x.parquet"} {
		s.add(object.Info{Name: name, Token: "t"})
	}
	for folder, want := range map[string]int{".": 3, "x.parquet": 2} { // the object x.parquet, its folder, and /z.parquet
		if got := len(s.folders[folder]); got != want {
			t.Errorf("%s: %d entries, want %d: %v", folder, got, want, s.folders[folder])
		}
	}
	for _, name := range []string{"x.parquet//part-0.parquet", "x.parquet/../y.parquet", "/z.parquet"} {
		if s.has(heldKey{"y.parquet", "t"}) || s.has(heldKey{"z.parquet", "t"}) {
			t.Errorf("%s reads as another name", name)
		}
	}
}

func TestListingsOfManyPages(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	var wait sync.WaitGroup
	for w := range 8 {
		wait.Go(func() {
			for i := w; i < 1100; i += 8 {
				bucket.Put(t, fmt.Sprintf("gold/x.parquet/part-%05d.parquet", i), []byte{1})
			}
		})
	}
	wait.Wait()
	f := fixture.NewFront(t, bucket.Endpoint)
	// The second page fails at first, and is asked for again from where the first one ended.
	f.Before = func(w http.ResponseWriter, _ *http.Request, _ int) bool {
		if len(f.Requests()) == 2 {
			slowDown(w)
		}
		return len(f.Requests()) == 2
	}
	b := open(t, Config{Location: bucket.Location("gold"), Endpoint: f.URL})
	list, err := b.List(t.Context(), "x.parquet")
	if err != nil || len(list) != 1100 || list[1099].Name != "x.parquet/part-01099.parquet" || len(f.Requests()) != 3 {
		t.Errorf("%d objects in %d requests, %v", len(list), len(f.Requests()), err)
	}
	b.lister.most = 1000
	if err := b.Look(t.Context()); gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), "it holds more than 1000 objects: name the folder") {
		t.Errorf("%v", err)
	}
}

// TestAnAgedListingStays: List and Stat answer from one listing until Look takes the next.
func TestAnAgedListingStays(t *testing.T) {
	onEach(t, func(t *testing.T, bucket *fixture.Bucket) {
		bucket.Put(t, "a", []byte("1"))
		f := fixture.NewFront(t, bucket.Endpoint)
		b := open(t, Config{Location: bucket.Location(""), Endpoint: f.URL})
		wantNames(t, b, ".", "a")
		before, err := b.Stat(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		bucket.Put(t, "a", []byte("2"))
		bucket.Put(t, "b", []byte("1"))
		wantNames(t, b, ".", "a")
		if len(f.Requests()) != 1 {
			t.Errorf("asked %s", f.Requests())
		}
		if err := b.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantNames(t, b, ".", "a", "b")
		after, err := b.Stat(t.Context(), "a")
		if err != nil || after.Token == before.Token {
			t.Errorf("%+v and %+v, %v: want another token", before, after, err)
		}
		_, err = b.Open(t.Context(), before)
		wantError(t, err, gold.CodeSourceChanged, "a: it was replaced or written to")
		bucket.Remove(t, "a")
		bucket.Remove(t, "b")
		if err := b.Look(t.Context()); err != nil {
			t.Errorf("%v: want that it is empty by now", err)
		}
		wantNames(t, b, ".")
		_, err = b.Open(t.Context(), before)
		wantError(t, err, gold.CodeSourceChanged, "a: it was removed")
	})
}

func TestARowGroupOf80MegabytesTakesFewRequestsAndLittleMemory(t *testing.T) {
	onEach(t, func(t *testing.T, bucket *fixture.Bucket) {
		content := random(1, 80<<20)
		bucket.Put(t, "big.parquet", content)
		f := fixture.NewFront(t, bucket.Endpoint)
		f.Before = func(_ http.ResponseWriter, r *http.Request, get int) bool {
			if get > 0 && r.Header.Get("If-Match") == "" {
				t.Errorf("a request for %s of any version", r.Header.Get("Range"))
			}
			return false
		}
		b := open(t, Config{Location: bucket.Location(""), Endpoint: f.URL})
		r := stat(t, b, "big.parquet")
		var p [8]byte
		for _, off := range []int64{0, int64(len(content)) - 8, int64(len(content)) - 50_000} { // as a reader of Parquet begins
			if _, err := r.ReadAt(t.Context(), p[:], off); err != nil {
				t.Fatal(err)
			}
		}
		if got := f.Gets(); got != 2 {
			t.Errorf("%d requests for begin and end, want 2", got)
		}
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		before := memory.TotalAlloc
		// The file's bytes are hashed while its pages are read, from two places.
		var wait sync.WaitGroup
		wait.Go(func() {
			if sum, err := readAll(t.Context(), r, 1<<20); err != nil || sum != sha256.Sum256(content) {
				t.Errorf("other bytes, %v", err)
			}
		})
		wait.Go(func() {
			for off := 40 << 20; off+5000 < len(content); off += 37_777 {
				p := make([]byte, 5000)
				if _, err := r.ReadAt(t.Context(), p, int64(off)); err != nil || !bytes.Equal(p, content[off:off+5000]) {
					t.Errorf("at %d: other bytes, %v", off, err)
					return
				}
			}
		})
		wait.Wait()
		if runtime.ReadMemStats(&memory); memory.TotalAlloc-before > 40<<20 { // what was read is never in memory as a whole
			t.Errorf("%d bytes were allocated", memory.TotalAlloc-before)
		}
		if got := f.Gets(); got > 25 {
			t.Errorf("%d requests, want at most 25", got)
		}
		if left, err := os.ReadDir(b.spool.dir); err != nil || len(left) > 0 {
			t.Errorf("the scratch folder has %v, %v: want nothing with a name", left, err)
		}
	})
}

// TestTheSpoolIsBounded: what had to make room comes again, and must have the bytes that it had, whatever the server says.
func TestTheSpoolIsBounded(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	content := random(2, 5*blockSize+1000)
	bucket.Put(t, "big.parquet", content)
	f := fixture.NewFront(t, bucket.Endpoint)
	b := open(t, Config{Location: bucket.Location(""), Endpoint: f.URL})
	b.spool.size = 2*blockSize + tailSize + headSize
	r := stat(t, b, "big.parquet")
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			if sum, err := readAll(t.Context(), r, 300_000); err != nil || sum != sha256.Sum256(content) {
				t.Errorf("other bytes, %v", err)
			}
		})
	}
	wait.Wait()
	info, err := b.spool.file.Stat()
	if err != nil || info.Size() > b.spool.size {
		t.Errorf("the file has %d bytes, %v, want at most %d", info.Size(), err, b.spool.size)
	}
	// A server that gives other bytes under the same ETag.
	f.Before = func(w http.ResponseWriter, r *http.Request, get int) bool {
		if get == 0 {
			return false
		}
		var from, to int
		_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(content)))
		w.Header().Set("ETag", r.Header.Get("If-Match"))
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(make([]byte, to-from+1))
		return true
	}
	_, err = readAll(t.Context(), r, 1<<20)
	wantError(t, err, gold.CodeSourceChanged, "big.parquet: its bytes are not those that it had")
}

func TestADiskWithoutRoom(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	bucket.Put(t, "a", []byte("1"))
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint, ScratchDir: filepath.Join(file, "below")})
	_, err := stat(t, b, "a").ReadAt(t.Context(), make([]byte, 1), 0)
	wantError(t, err, gold.CodeSourceUnreadable, "a: what is read of it can't be written to "+file)

	b = open(t, Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint})
	bucket.Put(t, "c", random(1, 1000))
	b.spool.file, err = os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	_, err = stat(t, b, "c").ReadAt(t.Context(), make([]byte, 1), 0)
	wantError(t, err, gold.CodeSourceUnreadable, "c: what is read of it can't be written to")
}
