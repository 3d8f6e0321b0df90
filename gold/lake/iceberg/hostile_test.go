package iceberg

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/object/objecttest"
)

// deflated returns an Avro file of one block, which is compressed.
func deflated(tb testing.TB, schema string, records ...[]byte) []byte {
	tb.Helper()
	b := append(binary.AppendVarint([]byte(avroMagic), 2), text("avro.schema")...)
	b = append(append(append(b, text(schema)...), text("avro.codec")...), text("deflate")...)
	b = append(binary.AppendVarint(b, 0), make([]byte, 16)...)
	var block bytes.Buffer
	w, err := flate.NewWriter(&block, flate.BestCompression)
	if err == nil {
		_, err = w.Write(bytes.Join(records, nil))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		tb.Fatal(err)
	}
	b = binary.AppendVarint(binary.AppendVarint(b, int64(len(records))), int64(block.Len()))
	return append(append(b, block.Bytes()...), make([]byte, 16)...)
}

// TestWhatASnapshotMakesOfFewBytes: files that cost nothing to write don't take much memory or a deep stack to read.
func TestWhatASnapshotMakesOfFewBytes(t *testing.T) {
	manifest := func(avro []byte) *objecttest.Bucket {
		b := table(metadata1, nil)
		b.Put("t/metadata/m.avro", avro)
		return b
	}
	deep := `{"type":"record","name":"entry","fields":[{"name":"f","field-id":2,"type":["null",{"type":"record","name":"a0","fields":[{"name":"f","type":"int"}]}`
	for i := range 50 {
		deep += fmt.Sprintf(`,{"type":"record","name":"a%d","fields":[{"name":"f","type":"a%d"}]}`, i+1, i)
	}
	deep += `]}]}`
	equality := strings.Replace(entrySchema, `{"name":"record_count"`, `{"name":"equality_ids","field-id":135,"type":{"type":"array","items":"int"}},{"name":"record_count"`, 1)
	entry := append(append(append([]byte{2, 0, 4}, text("s3://b/t/data/a")...), text("PARQUET")...), binary.AppendVarint(nil, 100_000)...)
	for range 100_000 {
		entry = append(entry, 2)
	}
	deletes := manifest(avroOf(equality, append(entry, 0, 2, 2)))
	deletes.Put("t/metadata/list.avro", avroOf(listSchema, append(text("s3://b/t/metadata/m.avro"), 0, 2, 10)))
	for name, c := range map[string]struct {
		b     *objecttest.Bucket
		words string
	}{
		"a column that is compared often":  {deletes, "by 100000 columns, and at most 256"},
		"types that lie in others by name": {manifest(avroOf(deep)), "nests more than 32 types"},
		"a block that expands":             {manifest(deflated(t, entrySchema, live(1, -1, 0, strings.Repeat("x", 17<<20), "PARQUET", 1))), "that expand to more than 16777216"},
		"values of nothing":                {table(strings.Replace(metadata1, `"snapshots":[`, `"snapshots":[`+strings.Repeat(`{},`, maxValues/2), 1), nil), "has more than 8388608 values"},
	} {
		if _, err := open(t, c.b, At{}); gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v, want %q", name, err, c.words)
		}
	}
}

// TestPartitionsAreCounted: they are held besides the files, and those of deleted files too while a manifest is read.
func TestPartitionsAreCounted(t *testing.T) {
	schema := strings.Replace(entrySchema, `"r102","fields":[]`, `"r102","fields":[{"name":"p","field-id":1000,"type":"string"}]`, 1)
	entry := func(status int64, p string) []byte {
		b := append(binary.AppendVarint(nil, status), 0, 0)
		b = append(append(append(b, text("s3://b/t/data/"+p[:4])...), text("PARQUET")...), text(p)...)
		return binary.AppendVarint(binary.AppendVarint(b, 1), 1000)
	}
	for status := range int64(3) {
		var records [][]byte
		for i := range 100 {
			records = append(records, entry(status, fmt.Sprintf("%04d", i)+strings.Repeat("x", 10_000)))
		}
		for most, fits := range map[int64]bool{1 << 20: false, 4 << 20: true} {
			b := table(metadata1, nil)
			b.Put("t/metadata/m.avro", deflated(t, schema, records...))
			listing, err := List(t.Context(), b, "t")
			if err != nil {
				t.Fatal(err)
			}
			read, err := listing.Table(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			all, err := read.manifest(t.Context(), &manifestEntry{name: "t/metadata/m.avro"}, 5, &counter{most: most})
			if fits != (err == nil) || !fits && gold.CodeOf(err) != gold.CodeFileUnsupported || fits && status < 2 && len(all) != 100 {
				t.Errorf("status %d, %d bytes: %d files, error %v", status, most, len(all), err)
			}
		}
	}
}

// TestATableMadeAnewIsAnother: its ids may be those of the one before.
func TestATableMadeAnewIsAnother(t *testing.T) {
	before, err := open(t, table(metadata1, nil), At{})
	if err != nil {
		t.Fatal(err)
	}
	b := table(strings.Replace(metadata1, "list.avro", "list2.avro", 1), nil)
	b.Put("t/metadata/list2.avro", avroOf(listSchema))
	after, err := open(t, b, At{})
	if err != nil || after.Identity == before.Identity {
		t.Errorf("identities %s and %s, error %v", before.Identity, after.Identity, err)
	}
}

// TestPositionsAreCountedWhileTheyAreRead: a small file may list very many.
func TestPositionsAreCountedWhileTheyAreRead(t *testing.T) {
	s, err := open(t, table(metadata1, nil), At{})
	if err != nil {
		t.Fatal(err)
	}
	d := s.NewDeletes()
	rows := roaring.New()
	for i := range uint32(1000) {
		rows.Add(i << 16) // none beside another
	}
	found := map[string]*roaring.Bitmap{"t/data/a": rows}
	if size, err := d.sizeOf(found); err != nil || size < 1000 {
		t.Errorf("%d bytes, error %v", size, err)
	}
	d.held = maxDeletes - 1000
	if _, err := d.sizeOf(found); gold.CodeOf(err) != gold.CodeFileUnsupported {
		t.Errorf("beyond the limit: %v", err)
	}
}
