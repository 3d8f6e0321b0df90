package format

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/test/fixture"
)

// moreHostileTexts are what only binary formats carry.
var moreHostileTexts = append(slices.Clone(hostileTexts), "\x00", "a\x00b", string(bytes.Repeat([]byte("é\r\n"), 1<<18)))

func digestOf(fields int, batches ...*gold.Batch) string {
	var d gold.Digest
	for _, b := range batches {
		d.Add(b, fields)
	}
	return d.String()
}

func TestParquetReadsBackThroughTheLake(t *testing.T) {
	batches := []*gold.Batch{extremes(moreHostileTexts), extremes(hostileTexts), gold.NewBatch(everyKind, 0)}
	data := write(t, Parquet, Options{Fields: everyKind, About: about}, batches...)
	d := gold.Dataset{Model: "test", Name: "x", Fields: everyKind, Key: []string{"id"}}
	if got, want := readLake(t, &d, data), digestOf(len(everyKind), batches...); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

// readLake returns the digest of the rows of a file, read as publish reads it.
func readLake(t *testing.T, d *gold.Dataset, data []byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.parquet"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := fixture.OpenLake(t, dir).Table(t.Context(), lake.Spec{Dataset: *d})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = table.Close() }()
	var all gold.Digest
	report, err := table.Read(t.Context(), lake.Read{Workers: 1}, func(_ int, b *gold.Batch, _ int64) error {
		all.Add(b, len(d.Fields))
		return nil
	})
	if err != nil || len(report.Lossy) > 0 {
		t.Fatal(err, report)
	}
	return all.String()
}

func TestParquetHasRowGroupsWithStatistics(t *testing.T) {
	b := facts(4096)
	batches := slices.Repeat([]*gold.Batch{b}, 70)
	data := write(t, Parquet, Options{Fields: b.Fields}, batches...)
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var rows []int64
	for _, g := range file.Metadata().RowGroups {
		rows = append(rows, g.NumRows)
		for i, c := range g.Columns {
			if name := c.MetaData.PathInSchema[0]; name != b.Fields[i].Name {
				t.Errorf("column %d is %s, want %s", i, name, b.Fields[i].Name)
			}
			if c.MetaData.Codec.String() != "ZSTD" || len(c.MetaData.Statistics.MinValue) == 0 || len(c.MetaData.Statistics.MaxValue) == 0 {
				t.Errorf("%s is %s with statistics %v", b.Fields[i].Name, c.MetaData.Codec, c.MetaData.Statistics)
			}
		}
	}
	if diff := cmp.Diff([]int64{122_880, 122_880, 40_960}, rows); diff != "" {
		t.Error(diff)
	}
	d := gold.Dataset{Model: "test", Name: "x", Fields: b.Fields, Key: []string{"id_achat"}}
	if got, want := readLake(t, &d, data), digestOf(len(b.Fields), batches...); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

func TestALargeTextEndsTheRowGroup(t *testing.T) {
	fields := []gold.Field{{Name: "t", Kind: gold.Text}}
	b := gold.NewBatch(fields, 1)
	for range 64 {
		b.AppendRow(gold.NewText(string(make([]byte, groupBytes/64))))
	}
	data := write(t, Parquet, Options{Fields: fields}, b, b)
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(file.Metadata().RowGroups) != 2 {
		t.Fatal(err, "want two row groups")
	}
}

func TestArrowReadsBack(t *testing.T) {
	batches := []*gold.Batch{extremes(moreHostileTexts), extremes(hostileTexts)}
	data := write(t, Arrow, Options{Fields: everyKind, About: about}, batches...)
	r, err := ipc.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if release, ok := r.Schema().Metadata().GetValue("goldserve.release"); !ok || release != "retail/12" {
		t.Errorf("the release is %s, %v", release, ok)
	}
	back := gold.NewBatch(everyKind, 64)
	for r.Next() {
		record := r.RecordBatch()
		for i := range int(record.NumRows()) {
			row := make([]gold.Value, len(everyKind))
			for c := range row {
				row[c] = arrowValue(t, record.Column(c), i)
			}
			back.AppendRow(row...)
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	if got, want := digestOf(len(everyKind), back), digestOf(len(everyKind), batches...); got != want || back.Rows != batches[0].Rows+batches[1].Rows {
		t.Errorf("%d rows, digest %s, want %s", back.Rows, got, want)
	}
}

func arrowValue(t *testing.T, column arrow.Array, i int) gold.Value {
	t.Helper()
	if column.IsNull(i) {
		return gold.Value{}
	}
	switch c := column.(type) {
	case *array.Boolean:
		return gold.NewBool(c.Value(i))
	case *array.Int64:
		return gold.NewInt(c.Value(i))
	case *array.Float64:
		return gold.NewDouble(c.Value(i))
	case *array.Decimal128:
		if c.DataType().(*arrow.Decimal128Type).Precision > gold.NarrowDigits {
			n, _ := gold.Int128OfBig(c.Value(i).BigInt())
			return gold.NewWideDecimal(n)
		}
		return gold.NewDecimal(c.Value(i).BigInt().Int64())
	case *array.String:
		return gold.NewText(c.Value(i))
	case *array.Date32:
		return gold.NewDate(int64(c.Value(i)))
	case *array.Timestamp:
		return gold.NewTime(int64(c.Value(i)))
	default:
		t.Fatalf("a column of %T", c)
		return gold.Value{}
	}
}

func TestANullWhereNoneMayBeIsAnError(t *testing.T) {
	fields := []gold.Field{{Name: "id", Kind: gold.Int}}
	b := gold.NewBatch(fields, 1)
	b.AppendRow(gold.Value{})
	for _, f := range []Format{Arrow, Parquet} {
		w, err := New(&bytes.Buffer{}, f, Options{Fields: fields})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(b); gold.CodeOf(err) != gold.CodeReleaseInconsistent {
			t.Errorf("%s: %v", f, err)
		}
	}
}

// A compressor is used for one file after the other: what it compressed before must not show.
func TestParquetFilesDoNotDependOnEarlierOnes(t *testing.T) {
	fields := []gold.Field{{Name: "name", Kind: gold.Text}}
	made := func(text string) string {
		b := gold.NewBatch(fields, 1000)
		for i := range 1000 {
			b.AppendRow(gold.NewText(fmt.Sprint(text, i%37)))
		}
		return string(write(t, Parquet, Options{Fields: fields}, b))
	}
	first := made("Ann of Green Gables")
	for range 3 {
		if made("another"); made("Ann of Green Gables") != first {
			t.Fatal("the same rows are other bytes")
		}
	}
}
