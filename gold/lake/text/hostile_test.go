package text

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"goldserve/gold"
)

// endless is a file that begins with a text and goes on with one byte.
type endless struct {
	begins string
	size   int64
	with   byte
}

func (e endless) Size() int64 { return e.size }

func (e endless) ReadAt(_ context.Context, p []byte, off int64) error {
	for i := range p {
		p[i] = e.with
	}
	if off == 0 {
		copy(p, e.begins)
	}
	return nil
}

func gzipped(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t testing.TB, content []byte, o ...zstd.EOption) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, o...)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(content, nil)
}

// heldMost returns the most memory that was in use while fn ran, above what was in use before.
func heldMost(fn func()) uint64 {
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	most := make(chan uint64)
	go func() {
		highest := uint64(0)
		for {
			select {
			case <-done:
				most <- highest
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&now)
				highest = max(highest, now.HeapInuse-min(before.HeapInuse, now.HeapInuse))
			}
		}
	}()
	fn()
	close(done)
	return <-most
}

func TestALineOfAGigabyteEndsEarlyInLittleMemory(t *testing.T) {
	for name, file := range map[string]endless{
		"one value": {"a,b\n1,", 1 << 30, 'x'}, "many values": {"a,b\n1,", 1 << 30, ','}, "in quotes": {"a,b\n1,", 1 << 30, '"'},
		"an object": {"[{\"a\":1},\n{\"b\":", 1 << 30, '['},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			as := gold.Reading{Format: gold.CSV}
			if file.begins[0] == '[' {
				as.Format = gold.JSON
			}
			most := heldMost(func() {
				_, err = Open(t.Context(), "d.txt", file, as, texts("a", "b"), nil, nil)
			})
			if gold.CodeOf(err) != gold.CodeFileUnsupported || !strings.Contains(err.Error(), "d.txt:2:1: a record of more than 16 MiB begins here") {
				t.Error(err)
			}
			if most > 128<<20 {
				t.Errorf("%d MiB in use", most>>20)
			}
		})
	}
}

func TestCompressedFilesAreTheirText(t *testing.T) {
	content, d := orders(40_000)
	want, err := rowsOf(t, "orders.csv", content, gold.Reading{}, d, 2)
	if err != nil {
		t.Fatal(err)
	}
	half := bytes.IndexByte(content[len(content)/2:], '\n') + len(content)/2 + 1
	for name, compressed := range map[string][]byte{
		"orders.csv.gz":  gzipped(t, content),
		"orders.CSV.GZ":  append(gzipped(t, content[:half]), gzipped(t, content[half:])...),
		"orders.csv.zst": zstandard(t, append([]byte("\xef\xbb\xbf"), content...)),
	} {
		if got, err := rowsOf(t, name, compressed, gold.Reading{}, d, 2); err != nil || !equalRows(got, want) {
			t.Errorf("%s: other rows: %v", name, err)
		}
	}
}

func TestDamagedCompressedFilesAreRefused(t *testing.T) {
	content, d := orders(20_000)
	gz, zst := gzipped(t, content), zstandard(t, content)
	flipped := bytes.Clone(gz)
	flipped[len(flipped)-6] ^= 1 // of the checksum
	bomb := []byte("a,b\n" + strings.Repeat(strings.Repeat(" ", 1000)+",\n", 100_000))
	for name, c := range map[string]struct {
		file    string
		content []byte
		want    string
	}{
		"a cut gzip":        {"d.csv.gz", gz[:len(gz)/2], "its compressed data (gzip) end too early: it was cut off, write it again"},
		"a cut trailer":     {"d.csv.gz", gz[:len(gz)-4], "end too early"},
		"a cut header":      {"d.csv.gz", gz[:5], "end too early"},
		"no gzip":           {"d.csv.gz", content, "its compressed data (gzip) are damaged"},
		"a wrong checksum":  {"d.csv.gz", flipped, "its compressed data (gzip) are damaged"},
		"a cut Zstandard":   {"d.csv.zst", zst[:len(zst)/2], "its compressed data (Zstandard) end too early"},
		"no Zstandard":      {"d.csv.zst", content, "its compressed data (Zstandard) are damaged"},
		"a bomb":            {"d.csv.zst", zstandard(t, bomb), "it expands to more than 1000 times its size"},
		"an endless record": {"d.csv.gz", gzipped(t, append([]byte("a,b\n"), make1('x', 40<<20)...)), "a record of more than 16 MiB begins here"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rowsOf(t, c.file, c.content, gold.Reading{}, d, 1)
			if err == nil || gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nwant %s", err, c.want)
			}
		})
	}
}

func make1(with byte, n int) []byte { return bytes.Repeat([]byte{with}, n) }

func TestColumnsAreBounded(t *testing.T) {
	named := func(n int) []byte {
		names, row := make([]string, n), make([]string, n)
		for i := range names {
			names[i], row[i] = fmt.Sprintf("c%d", i), fmt.Sprintf("\"%d\"", i)
		}
		line := strings.Join(row, ",") + "\n"
		return []byte(strings.Join(names, ",") + "\n" + strings.Repeat(line, 20))
	}
	got, err := rowsOf(t, "d.csv", named(10_000), gold.Reading{}, texts("c9999", "c0"), 1)
	if err != nil || len(got) != 20 || got[19][0] != "9999" || got[19][1] != "0" {
		t.Error(err)
	}
	_, err = rowsOf(t, "d.csv", named(10_001), gold.Reading{}, texts("c0"), 1)
	if gold.CodeOf(err) != gold.CodeFileUnsupported || !strings.Contains(err.Error(), "its first line names 10001 columns; at most 10000 are allowed") {
		t.Error(err)
	}
	for name, many := range map[string]string{"names": strings.Repeat(",", maxCells) + "\n", "values": "a,b\n" + strings.Repeat(",", maxCells) + "\n", "quoted values": "a,b\n\"\"" + strings.Repeat(",", maxCells) + "\n"} {
		_, err := rowsOf(t, "d.csv", []byte(many), gold.Reading{}, texts("a"), 1)
		if gold.CodeOf(err) != gold.CodeFileUnsupported || !strings.Contains(err.Error(), "a record of more than 1000000 values begins here: check which sign stands between values") {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := []byte("a,b\n" + strings.Repeat("x", maxCell+1) + ",\n")
	if _, err := rowsOf(t, "d.csv", long, gold.Reading{}, texts("a"), 1); gold.CodeOf(err) != gold.CodeValueRange || !strings.Contains(err.Error(), "found a text of 1048577 bytes, expected at most 1048576 bytes") {
		t.Error(err)
	}
}

// TestAFileThatChangedSinceItWasCountedIsNoOther: a reader that finds other records than were counted says so.
func TestAFileThatChangedSinceItWasCountedIsNoOther(t *testing.T) {
	d := texts("a", "b")
	f, err := Open(t.Context(), "d.csv", memory("a,b\n1,2\n3,4\n"), gold.Reading{}, d, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for changed, want := range map[string]string{"a,b\n1,2222\n\n": "it ends after 1 of the 2 rows", "a,b\n1,2\n,\n,\n": "it has more than the 2 rows"} {
		err := readAll(t.Context(), f, memory(changed), d, 1, func(*gold.Batch, int64) {})
		if gold.CodeOf(err) != gold.CodeRowCount || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", changed, err)
		}
	}
}

// failing is a file that can't be read from a place on.
type failing struct {
	memory
	from int64
}

var errUnreadable = gold.Errorf(gold.Unavailable, gold.CodeSourceUnreadable, "the disk is gone")

func (f failing) ReadAt(ctx context.Context, p []byte, off int64) error {
	if off+int64(len(p)) > f.from {
		return errUnreadable
	}
	return f.memory.ReadAt(ctx, p, off)
}

// TestErrorsOfTheInputStayWhatTheyAre: that a file can't be read now says nothing of what is in it.
func TestErrorsOfTheInputStayWhatTheyAre(t *testing.T) {
	content, d := orders(100_000)
	for name, file := range map[string]memory{"d.csv": content, "d.csv.gz": gzipped(t, content), "d.csv.zst": zstandard(t, content)} {
		for _, from := range []int64{0, file.Size() / 2, file.Size() - 1} {
			if _, err := Open(t.Context(), name, failing{file, from}, gold.Reading{}, d, nil, nil); !errors.Is(err, errUnreadable) || gold.KindOf(err) != gold.Unavailable {
				t.Errorf("%s from %d: opened with %v", name, from, err)
			}
		}
		f, err := Open(t.Context(), name, file, gold.Reading{}, d, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = NewReader(d, []int{0}, 100).Read(t.Context(), f, failing{file, file.Size() / 2}, f.Groups()-1, func(*gold.Batch, int64) error { return nil })
		if !errors.Is(err, errUnreadable) || gold.KindOf(err) != gold.Unavailable {
			t.Errorf("%s: read with %v", name, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Open(ctx, name, file, gold.Reading{}, d, nil, nil); !errors.Is(err, context.Canceled) || gold.KindOf(err) == gold.Invalid {
			t.Errorf("%s: ended with %v", name, err)
		}
	}
}
