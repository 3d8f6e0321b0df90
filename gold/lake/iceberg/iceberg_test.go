package iceberg

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/dir"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/object/objecttest"
)

// The schemas of a manifest list and of a manifest, as far as tables here have them.
const (
	listSchema = `{"type":"record","name":"manifest_file","fields":[{"name":"manifest_path","type":"string","field-id":500},{"name":"partition_spec_id","type":"int","field-id":502},` +
		`{"name":"content","type":"int","field-id":517},{"name":"sequence_number","type":"long","field-id":515}]}`
	entrySchema = `{"type":"record","name":"manifest_entry","fields":[{"name":"status","type":"int","field-id":0},{"name":"sequence_number","type":["null","long"],"field-id":3},` +
		`{"name":"data_file","field-id":2,"type":{"type":"record","name":"r2","fields":[{"name":"content","type":"int","field-id":134},{"name":"file_path","type":"string","field-id":100},` +
		`{"name":"file_format","type":"string","field-id":101},{"name":"partition","field-id":102,"type":{"type":"record","name":"r102","fields":[]}},` +
		`{"name":"record_count","type":"long","field-id":103},{"name":"file_size_in_bytes","type":"long","field-id":104}]}}]}`
)

func text(s string) []byte { return append(binary.AppendVarint(nil, int64(len(s))), s...) }

// avroOf returns an Avro file of records.
func avroOf(schema string, records ...[]byte) []byte {
	b := []byte(avroMagic)
	b = binary.AppendVarint(b, 1)
	b = append(append(b, text("avro.schema")...), text(schema)...)
	b = append(binary.AppendVarint(b, 0), make([]byte, 16)...)
	for len(records) > 0 {
		block := records[:min(len(records), 1000)]
		records = records[len(block):]
		data := bytes.Join(block, nil)
		b = binary.AppendVarint(binary.AppendVarint(b, int64(len(block))), int64(len(data)))
		b = append(append(b, data...), make([]byte, 16)...)
	}
	return b
}

func listed(manifest string, sequence int64) []byte {
	return binary.AppendVarint(append(text(manifest), 0, 0), sequence)
}

// live is an entry of a manifest; sequence -1 is none.
func live(status int64, sequence int64, content int64, path, format string, rows int64) []byte {
	b := binary.AppendVarint(nil, status)
	if sequence < 0 {
		b = append(b, 0)
	} else {
		b = binary.AppendVarint(append(b, 2), sequence)
	}
	b = binary.AppendVarint(b, content)
	b = append(append(b, text(path)...), text(format)...)
	return binary.AppendVarint(binary.AppendVarint(b, rows), 1000)
}

const metadata1 = `{"format-version":2,"table-uuid":"u","location":"s3://b/t","last-updated-ms":1,"last-sequence-number":5,"current-schema-id":0,` +
	`"schemas":[{"schema-id":0,"type":"struct","fields":[{"id":1,"name":"id","required":true,"type":"long"}]}],"partition-specs":[{"spec-id":0,"fields":[]}],"default-spec-id":0,` +
	`"current-snapshot-id":7,"snapshots":[{"snapshot-id":7,"sequence-number":5,"timestamp-ms":1,"manifest-list":"s3://b/t/metadata/list.avro","summary":{"operation":"append"}}]}`

// table is a table in a bucket: its metadata, its manifest list and one manifest of entries.
func table(metadata string, list []byte, entries ...[]byte) *objecttest.Bucket {
	b := objecttest.NewBucket()
	b.Put("t/metadata/v1.metadata.json", []byte(metadata))
	if list == nil {
		list = avroOf(listSchema, listed("s3://b/t/metadata/m.avro", 5))
	}
	b.Put("t/metadata/list.avro", list)
	b.Put("t/metadata/m.avro", avroOf(entrySchema, entries...))
	return b
}

func open(tb testing.TB, b *objecttest.Bucket, at At) (*Snapshot, error) {
	tb.Helper()
	l, err := List(tb.Context(), b, "t")
	if err != nil {
		return nil, err
	}
	t, err := l.Table(tb.Context())
	if err != nil {
		return nil, err
	}
	return t.Snapshot(tb.Context(), at)
}

func TestASnapshotHasItsLiveFiles(t *testing.T) {
	s, err := open(t, table(metadata1, nil, live(1, -1, 0, "s3://b/t/data/b", "PARQUET", 3), live(0, 2, 0, "s3a://b/t/data/a", "parquet", 4), live(2, -1, 0, "s3://b/t/data/c", "PARQUET", 5)), At{})
	if err != nil || s.ID != "7" || len(s.Files) != 2 || s.Files[0].Name != "t/data/a" || s.Files[0].sequence != 2 || s.Files[1].sequence != 5 || s.Files[1].Rows != 3 {
		t.Errorf("%+v, error %v", s, err)
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	change := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(metadata1) }
	sound := live(1, -1, 0, "s3://b/t/data/a", "PARQUET", 3)
	compressed := func(text string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		return b.Bytes()
	}
	bomb := table("", nil)
	bomb.Put("t/metadata/v1.metadata.json", compressed(`{"x":"`+strings.Repeat(" ", 64<<20)+`"}`))
	for name, c := range map[string]struct {
		bucket *objecttest.Bucket
		code   gold.Code
		words  string
	}{
		"cut metadata":                 {table(metadata1[:300], nil), gold.CodeFileInvalid, "can't be read as JSON"},
		"metadata with more behind":    {table(metadata1+"{}", nil), gold.CodeFileInvalid, "something follows it"},
		"a gzip bomb":                  {bomb, gold.CodeFileUnsupported, "expand to more than"},
		"a newer format":               {table(change(`"format-version":2`, `"format-version":4`), nil), gold.CodeFileUnsupported, "format version 4"},
		"no location":                  {table(change(`"s3://b/t",`, `"",`), nil), gold.CodeFileInvalid, "no location"},
		"encryption":                   {table(change(`"last-updated-ms"`, `"encryption-keys":[{}],"last-updated-ms"`), nil), gold.CodeFileUnsupported, "encrypted"},
		"a variant":                    {table(change(`"long"`, `"variant"`), nil), gold.CodeFileUnsupported, `of the type "variant"`},
		"a geometry":                   {table(change(`"long"`, `"geometry(OGC:CRS84)"`), nil), gold.CodeFileUnsupported, "geometry"},
		"two columns of one id":        {table(change(`{"id":1,`, `{"id":1,"name":"other","type":"int"},{"id":1,`), nil), gold.CodeFileInvalid, "two with one of them"},
		"a default within a struct":    {table(change(`"type":"long"`, `"type":{"type":"struct","fields":[{"id":2,"name":"x","type":"int","initial-default":1}]}`), nil), gold.CodeFileUnsupported, "initial-default"},
		"a wrong default":              {table(change(`"type":"long"`, `"type":"double","initial-default":"x"`), nil), gold.CodeFileUnsupported, "no value of its type"},
		"a snapshot that is not there": {table(change(`"current-snapshot-id":7`, `"current-snapshot-id":8`), nil), gold.CodeSourceUnreadable, "no snapshot 8"},
		"a list outside":               {table(change("s3://b/t/metadata/list.avro", "s3://other/list.avro"), nil), gold.CodeFileUnsupported, "outside the table's folder"},
		"a list above":                 {table(change("s3://b/t/metadata/list.avro", "s3://b/t/../list.avro"), nil), gold.CodeFileUnsupported, "outside the table's folder"},
		"a list that is a manifest":    {table(change("list.avro", "m.avro"), nil, sound), gold.CodeFileInvalid, "no field of the id 500"},
		"a list of itself":             {table(metadata1, avroOf(listSchema, listed("s3://b/t/metadata/list.avro", 5))), gold.CodeFileInvalid, "or itself"},
		"a manifest twice":             {table(metadata1, avroOf(listSchema, listed("s3://b/t/metadata/m.avro", 5), listed("s3://b/t/metadata/m.avro", 5)), sound), gold.CodeFileInvalid, "twice"},
		"a manifest that is missing":   {table(metadata1, avroOf(listSchema, listed("s3://b/t/metadata/x.avro", 5))), gold.CodeSourceUnreadable, "it is not there"},
		"a manifest outside":           {table(metadata1, avroOf(listSchema, listed("file:///etc/passwd", 5))), gold.CodeFileUnsupported, "outside the table's folder"},
		"a list cut short":             {table(metadata1, avroOf(listSchema, listed("s3://b/t/metadata/m.avro", 5))[:len(avroOf(listSchema))+9]), gold.CodeFileInvalid, "ends too early"},
		"a spec that is missing":       {table(change(`"spec-id":0`, `"spec-id":3`), nil, sound), gold.CodeFileInvalid, "partition spec 0"},
		"a file twice":                 {table(metadata1, nil, sound, sound), gold.CodeFileInvalid, "the file twice"},
		"a file outside":               {table(metadata1, nil, live(1, -1, 0, "s3://c/t/data/a", "PARQUET", 3)), gold.CodeFileUnsupported, "s3://c/t/data/a"},
		"a relative path":              {table(metadata1, nil, live(1, -1, 0, "data/a", "PARQUET", 3)), gold.CodeFileUnsupported, "outside the table's folder"},
		"a file in ORC":                {table(metadata1, nil, live(1, -1, 0, "s3://b/t/data/a", "ORC", 3)), gold.CodeFileUnsupported, `"ORC"`},
		"deletes among data":           {table(metadata1, nil, live(1, -1, 1, "s3://b/t/data/a", "PARQUET", 3)), gold.CodeFileInvalid, "the content 1"},
		"no sequence number":           {table(metadata1, nil, live(0, -1, 0, "s3://b/t/data/a", "PARQUET", 3)), gold.CodeFileInvalid, "no sequence number"},
		"a sequence number to come":    {table(metadata1, nil, live(1, 6, 0, "s3://b/t/data/a", "PARQUET", 3)), gold.CodeFileInvalid, "the newest of the table is 5"},
		"fewer rows than none":         {table(metadata1, nil, live(1, -1, 0, "s3://b/t/data/a", "PARQUET", -3)), gold.CodeFileInvalid, "-3 rows"},
		"a status":                     {table(metadata1, nil, live(3, -1, 0, "s3://b/t/data/a", "PARQUET", 3)), gold.CodeFileInvalid, "the status 3"},
		"another number of rows":       {table(change(`{"operation"`, `{"total-records":"4","operation"`), nil, sound), gold.CodeRowCount, "4 rows (total-records), and its manifests have files with 3"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			s, err := open(t, c.bucket, At{})
			if gold.CodeOf(err) != c.code || gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%+v, error %s %v, want %s %q", s, gold.CodeOf(err), err, c.code, c.words)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestRecordsOfNothingEnd: a type that doubles itself 28 times takes no bytes, and would take forever.
func TestRecordsOfNothingEnd(t *testing.T) {
	fields := `{"name":"a0","type":{"type":"record","name":"R0","fields":[]}}`
	for i := 1; i <= 28; i++ {
		fields += fmt.Sprintf(`,{"name":"a%d","type":{"type":"record","name":"R%d","fields":[{"name":"x","type":"R%d"},{"name":"y","type":"R%d"}]}}`, i, i, i-1, i-1)
	}
	schema := strings.Replace(listSchema, `"fields":[`, `"fields":[`+fields+`,`, 1)
	_, err := open(t, table(metadata1, avroOf(schema, listed("s3://b/t/metadata/m.avro", 5))), At{})
	if gold.CodeOf(err) != gold.CodeFileInvalid || !strings.Contains(err.Error(), "its records are damaged") {
		t.Error(err)
	}
}

// TestFilesInFurtherRoots: paths may lead to other sources that whoever runs a publish names, and to no others.
func TestFilesInFurtherRoots(t *testing.T) {
	folder := t.TempDir()
	other, err := dir.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	b := table(metadata1, nil, live(1, -1, 0, "file://"+folder+"/data/a", "PARQUET", 3), live(1, -1, 0, "s3://b/t/data/b", "PARQUET", 3))
	l, err := List(t.Context(), object.WithRoots(b, other), "t")
	if err != nil {
		t.Fatal(err)
	}
	opened, err := l.Table(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := opened.Snapshot(t.Context(), At{})
	if err != nil || len(s.Files) != 2 || s.Files[0].Name != folder+"/data/a" || s.Files[1].Name != "t/data/b" || s.Find(folder+"/data/a") != &s.Files[0] {
		t.Errorf("%+v, error %v", s, err)
	}
	if _, err := open(t, b, At{}); gold.CodeOf(err) != gold.CodeFileUnsupported {
		t.Error(err)
	}
}

// TestSecretsOfPathsAreNotTold: what lies outside is named without the key in its address.
func TestSecretsOfPathsAreNotTold(t *testing.T) {
	_, err := open(t, table(metadata1, nil, live(1, -1, 0, "https://user:secret@host/a?sig=secret", "PARQUET", 3)), At{})
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "https://host/a") {
		t.Error(err)
	}
}

// TestAListOfManyManifestsTakesLittleMemory: of a list of 100,000 manifests that are not there the first missing one is told.
func TestAListOfManyManifestsTakesLittleMemory(t *testing.T) {
	records := make([][]byte, 100_000)
	for i := range records {
		records[i] = listed(fmt.Sprintf("s3://b/t/metadata/%d.avro", i), 5)
	}
	b := table(metadata1, avroOf(listSchema, records...))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	_, err := open(t, b, At{})
	runtime.ReadMemStats(&after)
	if gold.CodeOf(err) != gold.CodeSourceUnreadable {
		t.Error(err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 256<<20 {
		t.Errorf("%d bytes", used)
	}
}

// TestPartitionValuesAsText writes values as files have them: by hand from the specification's binary forms.
func TestPartitionValuesAsText(t *testing.T) {
	for want, c := range map[string]struct {
		v    any
		typ  string
		null bool
	}{
		"-12.50":                               {[]byte{0xfb, 0x1e}, `"decimal(9,2)"`, false},
		"0.05":                                 {[]byte{5}, `"decimal(9,2)"`, false},
		"2024-02-29":                           {int64(19782), `"date"`, false},
		"1969-12-31T23:59:59.999Z":             {int64(-1), `"timestamptz"`, false},
		"1970-01-01T00:00:00.001":              {int64(1_000_000), `"timestamp_ns"`, false},
		"00:00:00.012345":                      {int64(12345), `"time"`, false},
		"true":                                 {true, `"boolean"`, false},
		"0.5":                                  {0.5, `"double"`, false},
		"f79c3e09-677c-4bbd-a479-3f349cb785e7": {[]byte("\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7"), `"uuid"`, false},
		"":                                     {nil, `"string"`, true},
	} {
		typ, err := typeOf([]byte(c.typ), "c", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, null, err := partitionText(c.v, typ.Kind, typ.Scale); got != want || null != c.null || err != nil {
			t.Errorf("%v: %q, %t, %v, want %q", c.v, got, null, err, want)
		}
	}
	if _, _, err := partitionText("x", 1, 0); err == nil {
		t.Error("a text as a boolean")
	}
}
