package delta

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/object/objecttest"
)

// The first actions of a table with the columns id and day, partitioned by day.
const (
	reader1 = `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`
	table1  = `{"metaData":{"id":"t","format":{"provider":"parquet"},"schemaString":"{\"type\":\"struct\",\"fields\":[` +
		`{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},{\"name\":\"day\",\"type\":\"date\",\"nullable\":true,\"metadata\":{}}]}",` +
		`"partitionColumns":["day"],"configuration":{}}}`
)

// reader3 is the protocol action of a table with features.
func reader3(features ...string) string {
	text, _ := json.Marshal(features)
	return fmt.Sprintf(`{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":%s,"writerFeatures":%[1]s}}`, text)
}

func add(path string) string {
	return fmt.Sprintf(`{"add":{"path":%q,"partitionValues":{"day":"2024-01-02"},"size":1,"modificationTime":1,"dataChange":true}}`, path)
}

func addWith(path, vector string) string {
	return fmt.Sprintf(`{"add":{"path":%q,"partitionValues":{"day":""},"size":1,"modificationTime":1,"dataChange":true,"deletionVector":%s}}`, path, vector)
}

func remove(path string) string { return fmt.Sprintf(`{"remove":{"path":%q,"dataChange":true}}`, path) }

// logOf makes a table in the folder t, a commit of each list of actions.
func logOf(commits ...[]string) *objecttest.Bucket {
	b := objecttest.NewBucket()
	for v, actions := range commits {
		b.Put(fmt.Sprintf("t/_delta_log/%020d.json", v), []byte(strings.Join(actions, "\n")))
	}
	return b
}

func pathsIn(s *Snapshot) string {
	var names []string
	for i := range s.Files {
		names = append(names, s.Files[i].Path)
	}
	return strings.Join(names, " ")
}

func version(v int64) At { return At{Version: &v} }

func TestTheNewestReferenceOfAFileCounts(t *testing.T) {
	dv := func(n int) string {
		return fmt.Sprintf(`{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":%d,"sizeInBytes":40,"cardinality":6}`, n)
	}
	without := func(path, vector string) string {
		return strings.Replace(remove(path), `"dataChange"`, `"deletionVector":`+vector+`,"dataChange"`, 1)
	}
	b := logOf(
		[]string{reader3("deletionVectors"), table1, add("a"), add("b"), add("c%20d"), add("./e")},
		[]string{remove("a"), remove("e")},
		[]string{remove("b"), addWith("b", dv(1))},
		[]string{add("a")},
		[]string{without("b", dv(1)), addWith("b", dv(9))},
	)
	for v, want := range []string{"a b c d e", "b c d", "b c d", "a b c d", "a b c d"} {
		s, err := Open(t.Context(), b, "t", version(int64(v)))
		if err != nil {
			t.Fatal(err)
		}
		if got := pathsIn(s); got != want {
			t.Errorf("version %d has %q, want %q", v, got, want)
		}
	}
	s, err := Open(t.Context(), b, "t", At{})
	if err != nil {
		t.Fatal(err)
	}
	if v := s.Files[1].Vector; s.Version != 4 || v == nil || *v.Offset != 9 {
		t.Errorf("version %d, vector %+v", s.Version, v)
	}
	if p := s.PartitionOf(&s.Files[0]); p[0].Name != "day" || p[0].Text != "2024-01-02" || p[0].Null {
		t.Errorf("partition %+v", p)
	}
	if p := s.PartitionOf(&s.Files[1]); !p[0].Null {
		t.Errorf("the empty text is %+v, and should be null", p)
	}
	if name := s.Name(&s.Files[2]); name != "t/c d" {
		t.Errorf("name %q", name)
	}
}

func TestLogsThatAreRefused(t *testing.T) {
	start := []string{reader1, table1}
	metadata := func(old, new string) string { return strings.Replace(table1, old, new, 1) }
	typed := func(kind string) []string {
		return []string{reader3("timestampNtz"), metadata(`\"long\"`, kind)}
	}
	mapped := func(mode string, args ...any) string {
		text := metadata(`"configuration":{}`, `"configuration":{"delta.columnMapping.mode":"`+mode+`"}`)
		for i := 0; i < len(args); i += 2 {
			text = strings.Replace(text, `\"metadata\":{}`, fmt.Sprintf(`\"metadata\":{\"delta.columnMapping.id\":%d,\"delta.columnMapping.physicalName\":\"%s\"}`, args[i:i+2]...), 1)
		}
		return text
	}
	vector := `{"storageType":"i","pathOrInlineDv":"wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L","sizeInBytes":40,"cardinality":6}`
	for name, c := range map[string]struct {
		bucket *objecttest.Bucket
		at     At
		code   gold.Code
		words  string
	}{
		"no log":                          {logOf(), At{}, gold.CodeSourceUnreadable, "not a Delta table"},
		"a version that is not yet there": {logOf(start), version(1), gold.CodeSourceUnreadable, "no version 1: the newest is 0"},
		"a reader version":                {logOf([]string{strings.Replace(reader1, ":1", ":4", 1), table1}), At{}, gold.CodeFileUnsupported, "protocol version 4"},
		"no list of features":             {logOf([]string{strings.Replace(reader1, ":1", ":3", 1), table1}), At{}, gold.CodeFileInvalid, "no readerFeatures"},
		"an unknown feature":              {logOf([]string{reader3("columnMapping", "madeUp"), table1}), At{}, gold.CodeFileUnsupported, "the feature madeUp,"},
		"variants":                        {logOf([]string{reader3("variantType-preview", "variantShredding"), metadata(`\"long\"`, `\"variant\"`)}), At{}, gold.CodeFileUnsupported, `of the type "variant"`},
		"geospatial":                      {logOf([]string{reader3("geospatial"), table1}), At{}, gold.CodeFileUnsupported, "geospatial"},
		"collations":                      {logOf([]string{reader3("collations-preview"), table1}), At{}, gold.CodeFileUnsupported, "collations-preview"},
		"a catalog's":                     {logOf([]string{reader3("catalogManaged"), table1}), At{}, gold.CodeFileUnsupported, "its catalog knows which commits count"},
		"a type":                          {logOf(typed(`\"variant\"`)), At{}, gold.CodeFileUnsupported, `the column "id" is of the type "variant"`},
		"a type within":                   {logOf(typed(`{\"type\":\"array\",\"elementType\":\"geometry(4326)\",\"containsNull\":true}`)), At{}, gold.CodeFileUnsupported, "geometry(4326)"},
		"a decimal of 39 digits":          {logOf(typed(`\"decimal(39,2)\"`)), At{}, gold.CodeFileInvalid, "decimal(39,2)"},
		"a change of type": {logOf([]string{reader3("typeWidening"), metadata(`\"long\",\"nullable\":true,\"metadata\":{}`,
			`\"long\",\"nullable\":true,\"metadata\":{\"delta.typeChanges\":[{\"fromType\":\"string\",\"toType\":\"long\"}]}`)}), At{}, gold.CodeFileUnsupported, `from "string" to "long"`},
		"a mapping without names": {logOf([]string{reader3("columnMapping"), metadata(`"configuration":{}`, `"configuration":{"delta.columnMapping.mode":"name"}`)}), At{}, gold.CodeFileInvalid, "physicalName"},
		"one name of two columns": {logOf([]string{reader3("columnMapping"), mapped("name", 1, "x", 2, "x")}), At{}, gold.CodeFileInvalid, `the column "day" has the delta.columnMapping.physicalName of another`},
		"one id of two columns":   {logOf([]string{reader3("columnMapping"), mapped("id", 1, "x", 1, "y")}), At{}, gold.CodeFileInvalid, `the column "day" has the delta.columnMapping.id of another`},
		"an unknown mapping":      {logOf([]string{reader3("columnMapping"), metadata(`"configuration":{}`, `"configuration":{"delta.columnMapping.mode":"x"}`)}), At{}, gold.CodeFileUnsupported, `"x"`},
		"files of ORC":            {logOf([]string{reader1, metadata(`"parquet"`, `"orc"`)}), At{}, gold.CodeFileUnsupported, "orc"},
		"a partition column":      {logOf([]string{reader1, metadata(`["day"]`, `["month"]`)}), At{}, gold.CodeFileInvalid, `"month"`},
		"no JSON":                 {logOf(start, []string{add("a"), `{"add":{`}), At{}, gold.CodeFileInvalid, "001.json:2:1"},
		"an absolute path":        {logOf(start, []string{add("/etc/passwd")}), At{}, gold.CodeFileUnsupported, "outside the table's folder"},
		"a file's URL":            {logOf(start, []string{add("file:///etc/passwd")}), At{}, gold.CodeFileUnsupported, "outside the table's folder"},
		"another bucket":          {logOf(start, []string{add("s3://other/t/a")}), At{}, gold.CodeFileUnsupported, "outside the table's folder"},
		"a secret in a URL":       {logOf(start, []string{add("s3a://key:canary@other/t/a")}), At{}, gold.CodeFileUnsupported, `the file "s3a://other/t/a", which lies outside the table's folder`},
		"a signed URL":            {logOf(start, []string{add("https://other/t/a?sig=canary")}), At{}, gold.CodeFileUnsupported, `the file "https://other/t/a", which lies outside the table's folder`},
		"a neighbour's prefix":    {logOf(start, []string{add("memory://bucket/t2/a")}), At{}, gold.CodeFileUnsupported, "outside the table's folder"},
		"a way out":               {logOf(start, []string{add("x/../../a")}), At{}, gold.CodeFileUnsupported, "outside the table's folder"},
		"an encoded way out":      {logOf(start, []string{add("%2e%2e/a")}), At{}, gold.CodeFileUnsupported, "outside the table's folder"},
		"a backslash":             {logOf(start, []string{add(`..\a`)}), At{}, gold.CodeFileInvalid, "no path may have"},
		"an empty path":           {logOf(start, []string{add("")}), At{}, gold.CodeFileInvalid, "is empty"},
		"a stray %":               {logOf(start, []string{add("a%2")}), At{}, gold.CodeFileInvalid, "encodes nothing"},
		"added and removed":       {logOf(start, []string{add("a"), remove("a")}), At{}, gold.CodeFileInvalid, "adds and removes"},
		"twice":                   {logOf(start, []string{add("a")}, []string{addWith("a", vector)}), At{}, gold.CodeFileInvalid, "the file a twice"},
	} {
		_, err := Open(t.Context(), c.bucket, "t", c.at)
		wrong, ok := errors.AsType[*gold.Error](err)
		if !ok || wrong.Code != c.code || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: error %v, want %s with %q", name, err, c.code, c.words)
		}
	}
}

func TestPathsInTheTableMayBeAbsolute(t *testing.T) {
	b := logOf([]string{reader1, table1, add("memory://bucket/t/day=1/a"), add("day=2024-01-02 03:04:05/b"), add("c")}, []string{remove("memory://bucket/t/c")})
	s, err := Open(t.Context(), b, "t", At{})
	if err != nil {
		t.Fatal(err)
	}
	if got := pathsIn(s); got != "day=1/a day=2024-01-02 03:04:05/b" {
		t.Errorf("files %q", got)
	}
	for place, written := range map[string]string{"s3://lake/gold": "s3a://lake/gold/t/a", "/data/lake": "file:///data/lake/t/a", "/data/lake/": "file:/data/lake/t/a"} {
		p := object.PlacesOf(named{logOf(), place}, "t")
		if name, inside, err := within(p, written); name != "a" || !inside || err != nil {
			t.Errorf("%s in the lake %s is %q, %t, %v", written, place, name, inside, err)
		}
	}
}

// named is a bucket under another name.
type named struct {
	*objecttest.Bucket
	name string
}

func (n named) String() string { return n.name }

func TestAVersionAsOfATime(t *testing.T) {
	inCommit := func(ms int64) string { return fmt.Sprintf(`{"commitInfo":{"inCommitTimestamp":%d}}`, ms) }
	enabled := strings.Replace(table1, `"configuration":{}`, `"configuration":{"delta.enableInCommitTimestamps":"true","delta.inCommitTimestampEnablementVersion":"2"}`, 1)
	b := logOf([]string{reader1, table1}, []string{add("a")}, []string{inCommit(90_000), enabled}, []string{inCommit(100_000), add("b")})
	// The files of the versions before the table kept times were written at 10 and, by another clock, at 5 seconds.
	b.Changed = func(name string) time.Time {
		if strings.HasSuffix(name, "0.json") {
			return time.Unix(10, 0)
		}
		return time.Unix(5, 0)
	}
	for ms, want := range map[int64]int64{10_000: 0, 10_001: 1, 89_999: 1, 90_000: 2, 99_999: 2, 100_000: 3, 1e9: 3} {
		s, err := Open(t.Context(), b, "t", At{Timestamp: time.UnixMilli(ms)})
		if err != nil || s.Version != want {
			t.Errorf("as of %d ms: %v, %+v, want version %d", ms, err, s, want)
		}
	}
	if _, err := Open(t.Context(), b, "t", At{Timestamp: time.UnixMilli(9_999)}); err == nil || !strings.Contains(err.Error(), "no version as of") {
		t.Errorf("error %v", err)
	}
}

func TestADeletionVectorInTheLog(t *testing.T) {
	vector := func(cardinality int) string {
		return fmt.Sprintf(`{"storageType":"i","pathOrInlineDv":"^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L","sizeInBytes":44,"cardinality":%d}`, cardinality)
	}
	s, err := Open(t.Context(), logOf([]string{reader3("deletionVectors"), table1, addWith("a", vector(6)), addWith("b", vector(7))}), "t", At{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.Deleted(t.Context(), &s.Files[0])
	if err != nil || !slices.Equal(rows.ToArray(), []uint32{3, 4, 7, 11, 18, 29}) {
		t.Errorf("rows %v, error %v", rows, err)
	}
	if _, err := s.Deleted(t.Context(), &s.Files[1]); err == nil || !strings.Contains(err.Error(), "lists 6 rows, and the log says 7") {
		t.Errorf("error %v", err)
	}
	name, err := s.vectorFile(&Vector{StorageType: "u", PathOrData: "ab^-aqEH.-t@S}K{vb[*k^"})
	if want := "t/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"; err != nil || name != want {
		t.Errorf("name %s, error %v", name, err)
	}
	for _, outside := range []Vector{{StorageType: "u", PathOrData: "../^-aqEH.-t@S}K{vb[*k^"}, {StorageType: "p", PathOrData: "file:///etc/passwd"}} {
		if name, err := s.vectorFile(&outside); name != "" {
			t.Errorf("%+v lies in %q, %v", outside, name, err)
		}
	}
}

// vectorBytes returns rows as a vector stores them.
func vectorBytes(tb testing.TB, rows ...uint32) []byte {
	tb.Helper()
	data := binary.LittleEndian.AppendUint32(nil, 1681511377)
	data = binary.LittleEndian.AppendUint64(data, 1)
	data = binary.LittleEndian.AppendUint32(data, 0)
	bits, err := roaring.BitmapOf(rows...).ToBytes()
	if err != nil {
		tb.Fatal(err)
	}
	return append(data, bits...)
}

// vectorFile returns a file of one vector, which lies at 1.
func vectorFile(data []byte) []byte {
	file := binary.BigEndian.AppendUint32([]byte{1}, uint32(len(data)))
	return binary.BigEndian.AppendUint32(append(file, data...), crc32.ChecksumIEEE(data))
}

func TestDeletionVectorsInFiles(t *testing.T) {
	const name = "t/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"
	data := vectorBytes(t, 0, 2, 70_000)
	sound := vectorFile(data)
	changed := func(at int, by byte) []byte {
		file := slices.Clone(sound)
		file[at] ^= by
		return file
	}
	for _, c := range []struct {
		name  string
		file  []byte
		size  int
		words string // of the error; empty: none
	}{
		{"sound", sound, len(data), ""},
		{"a damaged bitmap", changed(30, 1), len(data), "differs from its checksum"},
		{"another format", changed(0, 2), len(data), "format version 3"},
		{"another size", sound, len(data) - 1, "and the log says"},
		{"cut short", sound[:len(sound)-1], len(data), "and the log says that a deletion vector"},
		{"empty", nil, len(data), "it has 0 bytes"},
		{"no bitmap", vectorFile([]byte("0123456789abcdef")), 16, "the magic number of a bitmap"},
		{"a bitmap that ends", vectorFile(data[:len(data)-2]), len(data) - 2, "bitmap is damaged"},
		{"more behind it", vectorFile(append(slices.Clone(data), 0)), len(data) + 1, "1 bytes follow"},
		{"far more parts than bytes", vectorFile(slices.Concat(data[:4], []byte{255, 255, 255, 255, 255, 255, 255, 255}, data[12:])), len(data), "ends after 1"},
		{"a row that no file has", vectorFile(slices.Concat(data[:12], []byte{1, 0, 0, 0}, data[16:])), len(data), "no file has"},
	} {
		vector := fmt.Sprintf(`{"storageType":"u","pathOrInlineDv":"^-aqEH.-t@S}K{vb[*k^","offset":1,"sizeInBytes":%d,"cardinality":3}`, c.size)
		b := logOf([]string{reader3("deletionVectors"), table1, addWith("a", vector)})
		b.Put(name, c.file)
		s, err := Open(t.Context(), b, "t", At{})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := s.Deleted(t.Context(), &s.Files[0])
		switch {
		case c.words == "" && (err != nil || !slices.Equal(rows.ToArray(), []uint32{0, 2, 70_000})):
			t.Errorf("%s: rows %v, error %v", c.name, rows, err)
		case c.words != "" && (err == nil || !strings.Contains(err.Error(), c.words)):
			t.Errorf("%s: error %v, want %q", c.name, err, c.words)
		}
	}
}

func TestCheckpointsWithSidecars(t *testing.T) {
	start := []string{reader3("v2Checkpoint"), table1}
	manifest := func(actions ...string) *objecttest.Bucket {
		b := logOf(start, []string{add("x")}, []string{add("new")})
		b.Remove("t/_delta_log/00000000000000000000.json")
		lines := append([]string{`{"checkpointMetadata":{"version":1}}`}, start...)
		b.Put("t/_delta_log/00000000000000000001.checkpoint.0a8d73ee-aa83-49d0-9583-c99db75b89b2.json", []byte(strings.Join(append(lines, actions...), "\n")))
		return b
	}
	s, err := Open(t.Context(), manifest(add("x"), add("y")), "t", At{})
	if err != nil || pathsIn(s) != "new x y" {
		t.Fatalf("%v, %+v", err, s)
	}
	side := func(name string) string {
		return fmt.Sprintf(`{"sidecar":{"path":%q,"sizeInBytes":1,"modificationTime":1}}`, name)
	}
	for actions, words := range map[string]string{
		side("../00000000000000000001.checkpoint.0a8d73ee-aa83-49d0-9583-c99db75b89b2.json"): "does not lie in the folder _delta_log/_sidecars",
		side("memory://bucket/t/a.parquet"):                                                  "does not lie in the folder",
		side("a.parquet") + "\n" + side("a.parquet"):                                         "twice",
		`{"checkpointMetadata":{"version":7}}`:                                               "says that it is of 7",
		add("x") + "\n" + add("x"):                                                           "the file x twice",
		side("memory://bucket/t/_delta_log/_sidecars/none"):                                  "_sidecars/none",
	} {
		if _, err := Open(t.Context(), manifest(actions), "t", At{}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: error %v, want %q", actions, err, words)
		}
	}
	// A checkpoint with a missing part is not whole, and the version before it is gone.
	b := logOf(start, []string{add("x")})
	b.Remove("t/_delta_log/00000000000000000000.json")
	b.Put("t/_delta_log/00000000000000000001.checkpoint.0000000001.0000000002.parquet", []byte("x"))
	if _, err := Open(t.Context(), b, "t", At{}); err == nil || !strings.Contains(err.Error(), "00000000000000000000.json") {
		t.Errorf("error %v", err)
	}
}

func TestALineThatNeverEnds(t *testing.T) {
	b := logOf([]string{reader1, table1, strings.Repeat(" ", maxLine+1<<20)})
	if _, err := Open(context.Background(), b, "t", At{}); err == nil || !strings.Contains(err.Error(), "line 3 has more than") {
		t.Errorf("error %v", err)
	}
}

// TestWhatALogSaysOfFilesIsBounded: removed files and the values of partitions take memory as files do.
func TestWhatALogSaysOfFilesIsBounded(t *testing.T) {
	removed := func(n int) (actions []string) {
		for i := range n {
			actions = append(actions, remove(fmt.Sprintf("%0100d", i)))
		}
		return actions
	}
	wide := strings.Replace(add("w"), "2024-01-02", strings.Repeat("0", 2000), 1)
	for _, c := range []struct {
		actions []string
		fits    bool
	}{{removed(10), true}, {removed(20), false}, {[]string{wide}, true}, {[]string{wide, add("x")}, false}} {
		l, err := List(t.Context(), logOf([]string{reader1, table1}, c.actions), "t")
		if err != nil {
			t.Fatal(err)
		}
		l.mostHeld = 4096
		_, err = l.Snapshot(t.Context(), At{})
		if c.fits && err != nil || !c.fits && (gold.CodeOf(err) != gold.CodeFileUnsupported || !strings.Contains(err.Error(), "says about files takes more than")) {
			t.Errorf("%d actions: %v", len(c.actions), err)
		}
	}
}
