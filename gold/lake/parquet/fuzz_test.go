package parquet

import (
	"bytes"
	"errors"
	"testing"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
)

// small is a row with a column of every kind, nulls and all.
type small struct {
	ID      int64    `parquet:"id"`
	Delta   int64    `parquet:"delta,delta"`
	Price   int64    `parquet:"price,decimal(2:18)"`
	Amount  *float64 `parquet:"amount,optional"`
	Label   string   `parquet:"label,dict"`
	Name    *string  `parquet:"name,optional"`
	Path    string   `parquet:"path,delta"`
	Flag    *bool    `parquet:"flag,optional"`
	Seconds int64    `parquet:"seconds,timestamp(nanosecond)"`
	Day     int32    `parquet:"day,date"`
	Count   uint32   `parquet:"count"`
	UID     [16]byte `parquet:"uid,uuid"`
	Clock   int64    `parquet:"clock,time(microsecond)"`
	Address *struct {
		Geo *struct {
			Place *string `parquet:"place,optional"`
		} `parquet:"geo,optional"`
	} `parquet:"address,optional"`
	Tags  []string         `parquet:"tags,list"`
	Lines []smallLine      `parquet:"lines"`
	Attrs map[string]int64 `parquet:"attrs"`
}

type smallLine struct {
	N     int64     `parquet:"n"`
	Note  *string   `parquet:"note,optional"`
	Parts []float64 `parquet:"parts,list"`
}

func smallDataset() gold.Dataset {
	d := dataset("x", "id:i delta:i price:d amount:f? label:t name:t? path:t flag:b? seconds:T day:D count:i uid:t clock:t tags:t? lines:t? attrs:t? place:t?")
	d.Fields[2].Scale = 2
	d.Fields[len(d.Fields)-1].PhysicalName = "address.geo.place"
	return d
}

func smallRows(n int) []small {
	rows := make([]small, n)
	for i := range rows {
		rows[i] = small{ID: int64(i), Delta: int64(i * i), Price: int64(i * 125), Label: []string{"VIP", "Actifs", "é"}[i%3], Seconds: int64(i) * 1e9, Path: "/a/b/" + string(rune('a'+i)), Day: int32(i), Count: uint32(i), UID: [16]byte{byte(i)}, Clock: int64(i) * 1e6}
		if i%4 != 0 {
			rows[i].Address = new(struct {
				Geo *struct {
					Place *string `parquet:"place,optional"`
				} `parquet:"geo,optional"`
			})
		}
		if i%4 > 1 {
			rows[i].Address.Geo = new(struct {
				Place *string `parquet:"place,optional"`
			})
		}
		if i%4 > 2 {
			rows[i].Address.Geo.Place = &rows[i].Path
		}
		for k := range i % 3 {
			rows[i].Tags = append(rows[i].Tags, rows[i].Label)
			rows[i].Lines = append(rows[i].Lines, smallLine{N: int64(k), Note: rows[i].Name, Parts: []float64{0.5, float64(i)}[:k]})
			rows[i].Attrs = map[string]int64{rows[i].Path: int64(i)}
		}
		if i%4 != 0 {
			amount, name, flag := float64(i)/8, string(rune('a'+i%26))+"name", i%2 == 0
			rows[i].Amount, rows[i].Name, rows[i].Flag = &amount, &name, &flag
		}
	}
	return rows
}

// smallFiles are small sound files in every codec and both versions of pages.
func smallFiles(tb testing.TB) [][]byte {
	tb.Helper()
	var files [][]byte
	for i, codec := range []parquet.WriterOption{
		parquet.Compression(&parquet.Uncompressed), parquet.Compression(&parquet.Snappy), parquet.Compression(&parquet.Gzip),
		parquet.Compression(&parquet.Zstd), parquet.Compression(&parquet.Brotli), parquet.Compression(&parquet.Lz4Raw),
	} {
		var b bytes.Buffer
		w := parquet.NewGenericWriter[small](&b, codec, parquet.DataPageVersion(1+i%2), parquet.MaxRowsPerRowGroup(20))
		if _, err := w.Write(smallRows(30)); err != nil {
			tb.Fatal(err)
		}
		if err := w.Close(); err != nil {
			tb.Fatal(err)
		}
		files = append(files, b.Bytes())
	}
	return files
}

// checkOutcome accepts rows, and errors that a publisher can show.
func checkOutcome(tb testing.TB, err error, bytes uint64) {
	tb.Helper()
	var e *gold.Error
	if err != nil && (!errors.As(err, &e) || e.Kind != gold.Invalid || len(e.Problems) == 0) {
		tb.Errorf("error %T %v", err, err)
	}
	if bytes > 256<<20 {
		tb.Errorf("%d bytes allocated", bytes)
	}
}

// FuzzRead wants -fuzzminimizetime 1x: to make an input smaller takes minutes and finds nothing.
func FuzzRead(f *testing.F) {
	for _, b := range smallFiles(f) {
		f.Add(b)
	}
	d := smallDataset()
	f.Fuzz(func(t *testing.T, b []byte) {
		before := allocated()
		_, err := readBytes(t, b, d)
		checkOutcome(t, err, allocated()-before)
	})
}

// TestDamagedFilesEndInAnError damages small files at many places, and cuts them there.
func TestDamagedFilesEndInAnError(t *testing.T) {
	d := smallDataset()
	want, err := readBytes(t, smallFiles(t)[0], d)
	if err != nil || want.Rows() != 30 {
		t.Fatal(want, err)
	}
	const step = 59 // every third byte was tried once
	accepted, tried := 0, 0
	for _, file := range smallFiles(t) {
		if got, err := readBytes(t, file, d); err != nil || got.String() != want.String() {
			t.Fatalf("sound: %v %v", got, err)
		}
		for i := 0; i < len(file); i += step {
			damaged := bytes.Clone(file)
			damaged[i] ^= byte(1 << (i % 8))
			before := allocated()
			got, err := readBytes(t, damaged, d)
			checkOutcome(t, err, allocated()-before)
			if tried++; err == nil && got.String() != want.String() {
				accepted++
			}
			if _, err := readBytes(t, file[:i], d); err == nil {
				t.Errorf("cut at %d of %d: accepted", i, len(file))
			}
		}
	}
	// These pages carry checksums, so what is accepted with other values is damage to the footer alone.
	if accepted > tried/50 {
		t.Errorf("%d of %d damaged files were accepted with other values", accepted, tried)
	}
	t.Logf("%d of %d accepted with other values", accepted, tried)
}
