package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// bucket is objects in memory, as an object store has them: names alone make folders, each write is a new version, and an
// object that is open reads one version, or none.
type bucket struct {
	mu       sync.Mutex
	objects  map[string]version
	versions int

	// read stands between a reader and the bytes, where it is not nil: count tells how many reads there were.
	read  func(ctx context.Context, count int, p []byte, off int64) (n int, done bool, err error)
	count int
}

type version struct {
	token   string
	content []byte
}

var _ object.Source = (*bucket)(nil)

func newBucket() *bucket { return &bucket{objects: map[string]version{}} }

// bucketOf copies a folder into a bucket.
func bucketOf(tb testing.TB, dir string) *bucket {
	tb.Helper()
	b := newBucket()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		b.put(filepath.ToSlash(strings.TrimPrefix(name, dir+string(filepath.Separator))), content)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func (b *bucket) put(name string, content []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.versions++
	b.objects[name] = version{fmt.Sprintf("v%d", b.versions), content}
}

func (b *bucket) remove(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, name)
}

func (b *bucket) String() string { return "memory://bucket" }
func (b *bucket) Close() error   { return nil }

func (b *bucket) List(ctx context.Context, folder string) ([]object.Info, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := map[string]object.Info{}
	for name, v := range b.objects {
		rest := name
		if folder != "." {
			var within bool
			if rest, within = strings.CutPrefix(name, folder+"/"); !within {
				continue
			}
		}
		first, _, deeper := strings.Cut(rest, "/")
		info := object.Info{Name: path.Join(folder, first), Folder: deeper}
		if !deeper {
			info.Size, info.Token = int64(len(v.content)), v.token
		}
		found[info.Name] = info
	}
	list := slices.Collect(maps.Values(found))
	slices.SortFunc(list, func(a, b object.Info) int { return strings.Compare(a.Name, b.Name) })
	return list, ctx.Err()
}

func (b *bucket) Stat(ctx context.Context, name string) (object.Info, error) {
	if err := ctx.Err(); err != nil {
		return object.Info{}, err
	}
	b.mu.Lock()
	v, ok := b.objects[name]
	b.mu.Unlock()
	if ok {
		return object.Info{Name: name, Size: int64(len(v.content)), Token: v.token}, nil
	}
	below, err := b.List(ctx, name)
	if len(below) == 0 && err == nil && name != "." {
		err = fs.ErrNotExist
	}
	return object.Info{Name: name, Folder: true}, err
}

func (b *bucket) Open(ctx context.Context, info object.Info) (object.Reader, error) {
	opened := &bucketObject{b, info}
	_, err := opened.content(ctx)
	return opened, err
}

// bucketObject is one version of an object: its reads are conditional, as those with If-Match.
type bucketObject struct {
	bucket *bucket
	info   object.Info
}

func (o *bucketObject) content(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o.bucket.mu.Lock()
	defer o.bucket.mu.Unlock()
	v, ok := o.bucket.objects[o.info.Name]
	switch {
	case !ok:
		return nil, object.Changed(o.info.Name, "it was removed")
	case v.token != o.info.Token:
		return nil, object.Changed(o.info.Name, "it was overwritten")
	}
	return v.content, nil
}

func (o *bucketObject) ReadAt(ctx context.Context, p []byte, off int64) (int, error) {
	o.bucket.mu.Lock()
	o.bucket.count++
	read, count := o.bucket.read, o.bucket.count
	o.bucket.mu.Unlock()
	if read != nil {
		if n, done, err := read(ctx, count, p, off); done {
			return n, err
		}
	}
	content, err := o.content(ctx)
	if err != nil {
		return 0, err
	}
	return bytes.NewReader(content).ReadAt(p, off)
}

func (o *bucketObject) Stat(ctx context.Context) (object.Info, error) { return o.info, ctx.Err() }
func (o *bucketObject) Close() error                                  { return nil }

// bucketTable opens a table of a bucket.
func bucketTable(tb testing.TB, b *bucket, s Spec) *Table {
	tb.Helper()
	table, err := New(b).Table(context.Background(), s)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = table.Close() })
	return table
}

// purchasesBucket is a bucket of one file of many row groups.
func purchasesBucket(t *testing.T) (*bucket, Spec) {
	t.Helper()
	dir := t.TempDir()
	writePurchases(t, filepath.Join(dir, "facts.parquet"), 5000, 500)
	return bucketOf(t, dir), Spec{Dataset: dataset("facts", purchaseFields)}
}

func TestABucketGivesTheSameRowsAsAFolder(t *testing.T) {
	b := bucketOf(t, sampleGold(t))
	for _, want := range sampleFiles {
		s := Spec{Dataset: known(want.name)}
		table, inFolder := bucketTable(t, b, s), mustTable(t, sampleGold(t), s)
		digest, report, err := readDigest(t.Context(), table, Read{})
		if err != nil || report.Rows != want.rows || digest.String() != want.digest {
			t.Errorf("%s: %v, digest %s, %v", want.name, report, digest, err)
		}
		prints := [2]string{}
		for i, of := range []*Table{table, inFolder} {
			if prints[i], err = of.Fingerprint(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if err := table.Unchanged(t.Context()); err != nil || prints[0] != prints[1] || table.Bytes() != inFolder.Bytes() {
			t.Errorf("%s: %d bytes, %s, in a folder %d bytes, %s, %v", want.name, table.Bytes(), prints[0], inFolder.Bytes(), prints[1], err)
		}
	}
	_, err := New(b).Table(t.Context(), Spec{Dataset: known("client_scores"), Source: "client_score"})
	wantError(t, err, gold.Invalid, gold.CodeSourceMissing, "the lake memory://bucket has no such file", "did you mean client_scores.parquet?")
}

func TestFoldersOfABucket(t *testing.T) {
	part, err := os.ReadFile(filepath.Join(sampleGold(t), "ca_country.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	b := newBucket()
	for _, name := range []string{"mois=2011-07/part-0.parquet", "mois=2011-08/part-0.parquet", "_temporary/part-1.parquet", "mois=2011-08/_metadata"} {
		b.put("x.parquet/"+name, part)
	}
	s := Spec{Dataset: dataset("x", "pays:t ca:f mois:t")}
	_, err = New(b).Table(t.Context(), s)
	wantError(t, err, gold.Invalid, gold.CodeSourceUnreadable, "x.parquet", "_SUCCESS")
	b.put("x.parquet/_SUCCESS", nil)
	table := bucketTable(t, b, s)
	if file, row := table.Place(9); table.Rows() != 16 || file != "x.parquet/mois=2011-08/part-0.parquet" || row != 1 {
		t.Errorf("%d rows, and row 9 is row %d of %s", table.Rows(), row, file)
	}
	m := &Manifest{name: "manifest.json", byPath: map[string]*ManifestFile{"x.parquet/part-2.parquet": {}}, met: map[string]bool{}}
	wantError(t, m.Missing(t.Context(), New(b)), gold.Invalid, gold.CodeIntegrityFailed, "x.parquet/part-2.parquet: missing")

	b.put("x.parquet/mois=2011-07/_delta_log/0.json", nil)
	_, err = New(b).Table(t.Context(), s)
	wantError(t, err, gold.Invalid, gold.CodeFileUnsupported, "x.parquet/mois=2011-07: it is a table of Delta Lake")
}

func TestAnObjectThatIsOverwrittenBetweenTwoReadsIsAChange(t *testing.T) {
	for name, change := range map[string]func(b *bucket, content []byte){
		"with other bytes":     func(b *bucket, content []byte) { b.put("facts.parquet", content[:len(content)/2]) },
		"with the same bytes":  func(b *bucket, content []byte) { b.put("facts.parquet", content) },
		"removed":              func(b *bucket, _ []byte) { b.remove("facts.parquet") },
		"by a folder of parts": func(b *bucket, content []byte) { b.remove("facts.parquet"); b.put("facts.parquet/part-0", content) },
	} {
		t.Run(name, func(t *testing.T) {
			b, s := purchasesBucket(t)
			content := b.objects["facts.parquet"].content
			table := bucketTable(t, b, s)
			if err := table.Unchanged(t.Context()); err != nil {
				t.Fatal(err)
			}
			from := b.count
			b.read = func(_ context.Context, count int, _ []byte, _ int64) (int, bool, error) {
				if count == from+100 {
					change(b, content)
				}
				return 0, false, nil
			}
			rows := 0
			_, err := table.Read(t.Context(), Read{Workers: 1}, func(_ int, batch *gold.Batch, _ int64) error {
				rows += batch.Rows
				return nil
			})
			wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "facts.parquet: it was")
			if rows == 0 || rows == 5000 {
				t.Errorf("%d rows were read before", rows)
			}
			_, err = table.Fingerprint(t.Context())
			wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "facts.parquet")
			wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "facts.parquet")
		})
	}
}

// TestAPartThatIsOverwrittenIsAChange: parts that do not stay open are the versions that were listed.
func TestAPartThatIsOverwrittenIsAChange(t *testing.T) {
	part, err := os.ReadFile(filepath.Join(sampleGold(t), "ca_country.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	b := newBucket()
	for i := range maxOpen + 2 {
		b.put(fmt.Sprintf("x.parquet/part-%05d.parquet", i), part)
	}
	s := Spec{Dataset: dataset("x", datasets["ca_country"]), NoSuccessFile: true}
	table := bucketTable(t, b, s)
	if _, report, err := readDigest(t.Context(), table, Read{}); err != nil || report.Rows != 8*(maxOpen+2) {
		t.Fatal(report, err)
	}
	b.put("x.parquet/part-00007.parquet", part)
	_, _, err = readDigest(t.Context(), table, Read{})
	wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "part-00007.parquet")
	wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "part-00007.parquet")

	// Between the listing and its own turn.
	from := b.count
	b.read = func(_ context.Context, count int, _ []byte, _ int64) (int, bool, error) {
		if count == from+1 {
			b.put("x.parquet/part-00200.parquet", part)
		}
		return 0, false, nil
	}
	_, err = New(b).Table(t.Context(), s)
	wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "part-00200.parquet")
}

func TestAReadEndsWithItsContext(t *testing.T) {
	b, s := purchasesBucket(t)
	table := bucketTable(t, b, s)
	for name, call := range map[string]func(ctx context.Context) error{
		"rows":        func(ctx context.Context) error { _, _, err := readDigest(ctx, table, Read{Workers: 2}); return err },
		"fingerprint": func(ctx context.Context) error { _, err := table.Fingerprint(ctx); return err },
		"footer":      func(ctx context.Context) error { _, err := New(b).Table(ctx, s); return err },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		// The store doesn't answer any more once this read is on its way.
		from := b.count
		b.read = func(ctx context.Context, count int, _ []byte, _ int64) (int, bool, error) {
			if count <= from+1 {
				return 0, false, nil
			}
			cancel()
			<-ctx.Done()
			return 0, true, fmt.Errorf("GET facts.parquet: %w", ctx.Err())
		}
		if name == "fingerprint" {
			from-- // it takes one read
		}
		if err := call(ctx); !errors.Is(err, context.Canceled) || gold.CodeOf(err) == gold.CodeFileInvalid {
			t.Errorf("%s: %v, want that it was canceled", name, err)
		}
		cancel()
	}
	b.read = nil
	if digest, _, err := readDigest(t.Context(), table, Read{}); err != nil || digest.Rows() != 5000 {
		t.Errorf("read again: %v, %v", digest, err)
	}
}

func TestShortReadsAreNoRows(t *testing.T) {
	reset := errors.New("connection reset by peer")
	for name, c := range map[string]struct {
		err     error
		missing int // bytes
		cause   error
	}{
		"without an error":    {nil, 1, io.ErrUnexpectedEOF},
		"nothing at all":      {nil, 1 << 30, io.ErrUnexpectedEOF},
		"an early end":        {io.EOF, 1, io.ErrUnexpectedEOF},
		"an unexpected end":   {io.ErrUnexpectedEOF, 7, io.ErrUnexpectedEOF},
		"a lost connection":   {reset, 1 << 30, reset},
		"a deadline of a GET": {context.DeadlineExceeded, 1 << 30, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			b, s := purchasesBucket(t)
			table := bucketTable(t, b, s)
			content := b.objects["facts.parquet"].content
			from := b.count
			b.read = func(_ context.Context, count int, p []byte, off int64) (int, bool, error) {
				return copy(p[:max(0, len(p)-c.missing)], content[off:]), count == from+20, c.err
			}
			_, _, err := readDigest(t.Context(), table, Read{Workers: 1})
			wantError(t, err, gold.Unavailable, gold.CodeSourceUnreadable, "facts.parquet: it can't be read now: try again")
			if !errors.Is(err, c.cause) {
				t.Errorf("%v, want the cause %v", err, c.cause)
			}
			if digest, _, err := readDigest(t.Context(), table, Read{}); err != nil || digest.Rows() != 5000 {
				t.Errorf("read again: %v, %v", digest, err)
			}

			// The same of an object that was overwritten meanwhile is a change.
			from = b.count
			b.read = func(_ context.Context, count int, p []byte, off int64) (int, bool, error) {
				if count == from+20 {
					b.put("facts.parquet", content)
				}
				return copy(p[:max(0, len(p)-c.missing)], content[off:]), count == from+20, c.err
			}
			_, _, err = readDigest(t.Context(), table, Read{Workers: 1})
			wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "facts.parquet: it was")
		})
	}
}
