package lake

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"goldserve/gold"
	"goldserve/gold/lake/object/objecttest"
	"goldserve/gold/storetest"
)

// flips returns how many bytes of each kind of lake are changed, one at a time: GOLDSERVE_TEST_FLIPS, else fifty.
func flips(t *testing.T) int {
	t.Helper()
	text := os.Getenv("GOLDSERVE_TEST_FLIPS")
	if text == "" {
		return 50
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// kindsOfLakes returns a lake of each writer, codec and kind, with the name of its one source.
func kindsOfLakes(t *testing.T) map[string]*objecttest.Bucket {
	t.Helper()
	kinds := map[string]*objecttest.Bucket{}
	shared := filepath.Join(storetest.Shared(t), "data")
	for _, writer := range []string{"pandas", "polars", "duckdb", "pyarrow-v2", "spark"} {
		b := objecttest.BucketOf(t, filepath.Join(shared, "writers", writer))
		for _, e := range objectNames(b) {
			if !strings.HasPrefix(e, "client_scores") {
				b.Remove(e)
			}
		}
		kinds[writer] = b
	}
	type score struct {
		ID   int64   `parquet:"id"`
		Name string  `parquet:"name"`
		Sum  float64 `parquet:"sum"`
	}
	scores := make([]score, 500)
	var rows, lines bytes.Buffer
	rows.WriteString("id,name,sum\n")
	for i := range scores {
		scores[i] = score{int64(i), fmt.Sprintf("name %d", i*i), float64(i) / 8}
		fmt.Fprintf(&rows, "%d,%s,%v\n", i, scores[i].Name, scores[i].Sum)
		fmt.Fprintf(&lines, `{"id":%d,"name":%q,"sum":%v}`+"\n", i, scores[i].Name, scores[i].Sum)
	}
	for name, codec := range map[string]compress.Codec{"none": &parquet.Uncompressed, "snappy": &parquet.Snappy, "gzip": &parquet.Gzip, "zstd": &parquet.Zstd} {
		var b bytes.Buffer
		if err := parquet.Write(&b, scores, parquet.Compression(codec)); err != nil {
			t.Fatal(err)
		}
		kinds["parquet, "+name] = bucketWith("client_scores.parquet", b.Bytes())
	}
	for ending, text := range map[string][]byte{"csv": rows.Bytes(), "ndjson": lines.Bytes()} {
		kinds[ending] = bucketWith("client_scores."+ending, text)
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write(text)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		kinds[ending+".gz"] = bucketWith("client_scores."+ending+".gz", b.Bytes())
		coder, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		kinds[ending+".zst"] = bucketWith("client_scores."+ending+".zst", coder.EncodeAll(text, nil))
	}
	for _, table := range []string{
		"delta/basic-with-inserts-updates/delta", "delta/multi-part-checkpoint/delta", "delta/dv-with-columnmapping/delta", "delta/v2-checkpoint-json/delta",
		"iceberg/equality_deletes/warehouse/mydb/mytable", "iceberg/partition_integer",
	} {
		from := objecttest.BucketOf(t, filepath.Join(shared, filepath.FromSlash(table)))
		b := objecttest.NewBucket()
		for _, name := range objectNames(from) {
			b.Put("client_scores/"+name, from.Content(name))
		}
		kinds[table] = b
	}
	return kinds
}

func bucketWith(name string, content []byte) *objecttest.Bucket {
	b := objecttest.NewBucket()
	b.Put(name, content)
	return b
}

// objectNames returns the names of all objects of a bucket.
func objectNames(b *objecttest.Bucket) (names []string) {
	var walk func(folder string)
	walk = func(folder string) {
		entries, _ := b.List(context.Background(), folder) // of a bucket in memory
		for _, e := range entries {
			if e.Folder {
				walk(e.Name)
			} else {
				names = append(names, e.Name)
			}
		}
	}
	walk(".")
	return names
}

// TestWithAManifestNoChangedByteGoesUnnoticed: of a lake of each kind, one byte at a time is changed, in data and in logs, and each
// time the file is named, before it is decoded; so is one that is gone, and one that came.
func TestWithAManifestNoChangedByteGoesUnnoticed(t *testing.T) {
	seed := storetest.Seed(t)
	for kind, b := range kindsOfLakes(t) {
		t.Run(kind, func(t *testing.T) {
			l := New(b)
			s, err := inferred(t, l, "client_scores")
			if err != nil {
				t.Fatal(err)
			}
			table, err := l.Table(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			files, err := table.Manifest(t.Context())
			if err := errors.Join(err, table.Close()); err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(&Manifest{Files: files})
			if err != nil {
				t.Fatal(err)
			}
			b.Put(manifestName, text)
			// held returns what is wrong with the lake for its own manifest.
			held := func() error {
				m, _, err := l.Manifest(t.Context())
				if err != nil || m == nil {
					t.Fatalf("%v, %v", m, err)
				}
				s.Manifest = m
				table, err := l.Table(t.Context(), s)
				missing := m.Missing(t.Context(), l)
				if err == nil {
					return errors.Join(missing, table.Close())
				}
				return errors.Join(err, missing)
			}
			if err := held(); err != nil {
				t.Fatalf("the lake as it was: %v", err)
			}
			names := func(name string, err error) bool {
				return err != nil && strings.Contains(err.Error(), name+": ") && (gold.CodeOf(err) == gold.CodeIntegrityFailed || strings.Contains(err.Error(), "the manifest "+manifestName+" has it"))
			}
			random := rand.New(rand.NewPCG(seed, 1))
			for range flips(t) {
				of := files[random.IntN(len(files))]
				sound := b.Content(of.Path)
				if len(sound) == 0 {
					continue
				}
				at, bits := random.IntN(len(sound)), byte(1+random.IntN(255))
				flipped := slices.Clone(sound)
				flipped[at] ^= bits
				b.Put(of.Path, flipped)
				if err := held(); !names(of.Path, err) {
					t.Fatalf("GOLDSERVE_TEST_SEED=%d: byte %d of %s with %#x: %v", seed, at, of.Path, bits, err)
				}
				b.Put(of.Path, sound)
			}
			for _, of := range files {
				sound := b.Content(of.Path)
				b.Remove(of.Path)
				if err := held(); !names(of.Path, err) {
					t.Errorf("without %s: %v", of.Path, err)
				}
				b.Put(of.Path, sound)
			}
			if err := held(); err != nil {
				t.Fatalf("the lake as it was again: %v", err)
			}
			if strings.HasPrefix(kind, "delta") {
				log := path.Join("client_scores", "_delta_log")
				entries, _ := b.List(t.Context(), log)
				last := int64(0)
				for _, e := range entries {
					digits, _, _ := strings.Cut(path.Base(e.Name), ".")
					if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
						last = max(last, n)
					}
				}
				next := path.Join(log, fmt.Sprintf("%020d.json", last+1))
				b.Put(next, []byte(`{"commitInfo":{}}`+"\n"))
				if err := held(); !names(next, err) {
					t.Errorf("with %s: %v", next, err)
				}
			}
		})
	}
}

// TestPageChecksumsNoticeChangedValues: without a manifest, no byte of a page that carries a checksum can be changed so that other
// rows are read.
func TestPageChecksumsNoticeChangedValues(t *testing.T) {
	seed := storetest.Seed(t)
	for kind, b := range kindsOfLakes(t) {
		if !strings.HasPrefix(kind, "parquet, ") { // whose writer makes them
			continue
		}
		l := New(b)
		s, err := inferred(t, l, "client_scores")
		if err != nil {
			t.Fatal(err)
		}
		read := func() (rows string, err error) {
			table, err := l.Table(t.Context(), s)
			if err != nil {
				return "", err
			}
			defer func() { _ = table.Close() }()
			lines, _, err := readRows(table, Read{})
			return fmt.Sprint(lines), err
		}
		want, err := read()
		if err != nil {
			t.Fatal(err)
		}
		const name = "client_scores.parquet"
		sound := b.Content(name)
		footer := int(binary.LittleEndian.Uint32(sound[len(sound)-8:]))
		random := rand.New(rand.NewPCG(seed, 2))
		noticed := 0
		for range flips(t) {
			at, bits := 4+random.IntN(len(sound)-footer-12), byte(1+random.IntN(255))
			flipped := slices.Clone(sound)
			flipped[at] ^= bits
			b.Put(name, flipped)
			rows, err := read()
			if err != nil {
				noticed++
			} else if rows != want {
				t.Errorf("%s, GOLDSERVE_TEST_SEED=%d: byte %d with %#x gives other rows", kind, seed, at, bits)
			}
		}
		b.Put(name, sound)
		t.Logf("%s: %d of %d changes are refused, the others change no row", kind, noticed, flips(t))
		if noticed < flips(t)/2 {
			t.Errorf("%s: %d of %d changes are noticed", kind, noticed, flips(t))
		}
	}
}
