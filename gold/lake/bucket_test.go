package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/lake/object/objecttest"
)

// bucketTable opens a table of a bucket.
func bucketTable(tb testing.TB, b *objecttest.Bucket, s Spec) *Table {
	tb.Helper()
	table, err := New(b).Table(context.Background(), s)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = table.Close() })
	return table
}

// purchasesBucket is a bucket of one file of many row groups.
func purchasesBucket(t *testing.T) (*objecttest.Bucket, Spec) {
	t.Helper()
	dir := t.TempDir()
	writePurchases(t, filepath.Join(dir, "facts.parquet"), 5000, 500)
	return objecttest.BucketOf(t, dir), Spec{Dataset: dataset("facts", purchaseFields)}
}

func TestABucketGivesTheSameRowsAsAFolder(t *testing.T) {
	b := objecttest.BucketOf(t, sampleGold(t))
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
	b := objecttest.NewBucket()
	for _, name := range []string{"mois=2011-07/part-0.parquet", "mois=2011-08/part-0.parquet", "_temporary/part-1.parquet", "mois=2011-08/_metadata"} {
		b.Put("x.parquet/"+name, part)
	}
	s := Spec{Dataset: dataset("x", "pays:t ca:f mois:t")}
	_, err = New(b).Table(t.Context(), s)
	wantError(t, err, gold.Invalid, gold.CodeSourceUnreadable, "x.parquet", "_SUCCESS")
	b.Put("x.parquet/_SUCCESS", nil)
	table := bucketTable(t, b, s)
	if file, row := table.Place(9); table.Rows() != 16 || file != "x.parquet/mois=2011-08/part-0.parquet" || row != 1 {
		t.Errorf("%d rows, and row 9 is row %d of %s", table.Rows(), row, file)
	}
	m := &Manifest{name: "manifest.json", byPath: map[string]*ManifestFile{"x.parquet/part-2.parquet": {}}, met: map[string]bool{}}
	wantError(t, m.Missing(t.Context(), New(b)), gold.Invalid, gold.CodeIntegrityFailed, "x.parquet/part-2.parquet: missing")

	b.Put("x.parquet/mois=2011-07/_delta_log/0.json", nil)
	_, err = New(b).Table(t.Context(), s)
	wantError(t, err, gold.Invalid, gold.CodeFileUnsupported, "x.parquet/mois=2011-07: it is a table of Delta Lake")
}

func TestAnObjectThatIsOverwrittenBetweenTwoReadsIsAChange(t *testing.T) {
	for name, change := range map[string]func(b *objecttest.Bucket, content []byte){
		"with other bytes":    func(b *objecttest.Bucket, content []byte) { b.Put("facts.parquet", content[:len(content)/2]) },
		"with the same bytes": func(b *objecttest.Bucket, content []byte) { b.Put("facts.parquet", content) },
		"removed":             func(b *objecttest.Bucket, _ []byte) { b.Remove("facts.parquet") },
		"by a folder of parts": func(b *objecttest.Bucket, content []byte) {
			b.Remove("facts.parquet")
			b.Put("facts.parquet/part-0", content)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, s := purchasesBucket(t)
			content := b.Content("facts.parquet")
			table := bucketTable(t, b, s)
			if err := table.Unchanged(t.Context()); err != nil {
				t.Fatal(err)
			}
			from := b.Count().Reads
			b.OnRead = func(_ context.Context, _ string, count int, _ []byte, _ int64) (int, bool, error) {
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
	b := objecttest.NewBucket()
	for i := range maxOpen + 2 {
		b.Put(fmt.Sprintf("x.parquet/part-%05d.parquet", i), part)
	}
	s := Spec{Dataset: dataset("x", datasets["ca_country"]), NoSuccessFile: true}
	table := bucketTable(t, b, s)
	if _, report, err := readDigest(t.Context(), table, Read{}); err != nil || report.Rows != 8*(maxOpen+2) {
		t.Fatal(report, err)
	}
	b.Put("x.parquet/part-00007.parquet", part)
	_, _, err = readDigest(t.Context(), table, Read{})
	wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "part-00007.parquet")
	wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "part-00007.parquet")

	// Between the listing and its own turn.
	from := b.Count().Reads
	b.OnRead = func(_ context.Context, _ string, count int, _ []byte, _ int64) (int, bool, error) {
		if count == from+1 {
			b.Put("x.parquet/part-00200.parquet", part)
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
		from := b.Count().Reads
		b.OnRead = func(ctx context.Context, _ string, count int, _ []byte, _ int64) (int, bool, error) {
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
	b.OnRead = nil
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
			content := b.Content("facts.parquet")
			from := b.Count().Reads
			b.OnRead = func(_ context.Context, _ string, count int, p []byte, off int64) (int, bool, error) {
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
			from = b.Count().Reads
			b.OnRead = func(_ context.Context, _ string, count int, p []byte, off int64) (int, bool, error) {
				if count == from+20 {
					b.Put("facts.parquet", content)
				}
				return copy(p[:max(0, len(p)-c.missing)], content[off:]), count == from+20, c.err
			}
			_, _, err = readDigest(t.Context(), table, Read{Workers: 1})
			wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "facts.parquet: it was")
		})
	}
}

// TestDamageOfAnOverwrittenObjectIsAChange: what a reader saw of an object that was overwritten meanwhile is no fault of its
// content, whoever found it: the footer's reader, a page's decoder or the manifest. Damage of one that stays is.
func TestDamageOfAnOverwrittenObjectIsAChange(t *testing.T) {
	for _, overwritten := range []bool{true, false} {
		for _, c := range []struct {
			name string
			read int // that is answered with garbage
			code gold.Code
			of   func(ctx context.Context, l *Lake, s Spec) error
		}{
			{"the footer", 3, gold.CodeFileInvalid, func(ctx context.Context, l *Lake, s Spec) error {
				_, err := l.Table(ctx, s)
				return err
			}},
			{"a page", 20, gold.CodeFileInvalid, func(ctx context.Context, l *Lake, s Spec) error {
				table, err := l.Table(ctx, s)
				if err == nil {
					_, _, err = readDigest(ctx, table, Read{Workers: 1})
				}
				return err
			}},
			{"the manifest", 1, gold.CodeIntegrityFailed, func(ctx context.Context, l *Lake, s Spec) error {
				s.Manifest = &Manifest{name: "manifest.json", byPath: map[string]*ManifestFile{"facts.parquet": {SHA256: strings.Repeat("0", 64)}}, met: map[string]bool{}}
				_, err := l.Table(ctx, s)
				return err
			}},
		} {
			b, s := purchasesBucket(t)
			content := b.Content("facts.parquet")
			b.OnRead = func(_ context.Context, _ string, count int, p []byte, _ int64) (int, bool, error) {
				if count != c.read {
					return 0, false, nil
				}
				if overwritten {
					b.Put("facts.parquet", content)
				}
				for i := range p {
					p[i] = 0xff
				}
				return len(p), true, nil
			}
			err := c.of(t.Context(), New(b), s)
			if overwritten {
				wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "facts.parquet: it was replaced or written to")
			} else {
				wantError(t, err, gold.Invalid, c.code, "facts.parquet")
			}
		}
	}
}

// TestOptionalFields: a field that not every contract's lake has is found in the one read of a footer, and is a problem
// where some parts have it and others lack it.
func TestOptionalFields(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(sampleGold(t), "ca_country.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeRows(t, filepath.Join(dir, "pays.parquet"), []struct {
		Pays string `parquet:"pays"`
	}{{"France"}})
	without, err := os.ReadFile(filepath.Join(dir, "pays.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		parts    map[string][]byte
		optional string
		fields   string // that are read; empty: schema_missing of part-1
	}{
		{"a column", map[string][]byte{"part-0": whole}, "ca:f", "pays ca"},
		{"no column", map[string][]byte{"part-0": without}, "ca:f", "pays"},
		{"no column of several", map[string][]byte{"part-0": without, "part-1": without}, "ca:f", "pays"},
		{"a folder's name", map[string][]byte{"mois=2011-07/part-0": without}, "ca:f mois:t", "pays mois"},
		{"a column that not all parts have", map[string][]byte{"part-0": whole, "part-1": without}, "ca:f", ""},
	} {
		b := objecttest.NewBucket()
		for name, content := range c.parts {
			b.Put("x.parquet/"+name+".parquet", content)
		}
		s := Spec{Dataset: dataset("x", "pays:t"), NoSuccessFile: true, Optional: dataset("x", c.optional).Fields}
		table, err := New(b).Table(t.Context(), s)
		if n := b.Count().Opens; n != len(c.parts) {
			t.Errorf("%s: %d objects opened, want %d", c.name, n, len(c.parts))
		}
		if c.fields == "" {
			wantError(t, err, gold.Invalid, gold.CodeSchemaMissing, "x.parquet/part-1.parquet, column ca")
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		rows, _, err := readRows(table, Read{})
		if got := strings.Join(table.Dataset().FieldNames(), " "); err != nil || got != c.fields || len(rows[0]) != len(strings.Fields(c.fields)) {
			t.Errorf("%s: the fields %s, %v, %v", c.name, got, rows[0], err)
		}
		if _, _, err := readRows(table, Read{Fields: []string{"elsewhere"}}); gold.CodeOf(err) != gold.CodeInternal {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
