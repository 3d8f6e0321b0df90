package parts

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// sale is a row with a value of each kind that gold has.
type sale struct {
	ID     string    `parquet:"id"`
	Shop   int64     `parquet:"shop"`
	Amount int64     `parquet:"amount,decimal(4:18)"`
	Share  float64   `parquet:"share"`
	At     time.Time `parquet:"at,timestamp(microsecond)"`
	Note   *string   `parquet:"note"`
	Open   bool      `parquet:"open"`
	Tags   []string  `parquet:"tags,list"`
}

func sales(from, to int) (all []sale) {
	for i := from; i < to; i++ {
		s := sale{ID: fmt.Sprintf("s%05d", i), Shop: int64(i % 7), Amount: int64(i) * 12345, Share: float64(i) / 3, At: time.UnixMicro(int64(i) * 1e9).UTC(), Open: i%2 == 0, Tags: []string{}}
		if i%3 == 0 {
			s.Note = new(fmt.Sprint("note ", i))
		}
		for k := range i % 4 {
			s.Tags = append(s.Tags, fmt.Sprint("tag", k))
		}
		all = append(all, s)
	}
	return all
}

func write(t *testing.T, rows []sale) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "sales.parquet")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := parquet.NewGenericWriter[sale](f, parquet.MaxRowsPerRowGroup(2500))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

func read(t *testing.T, name string) []sale {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := parquet.NewGenericReader[sale](f)
	rows := make([]sale, r.NumRows())
	if _, err := r.Read(rows); err != nil && err != io.EOF { //nolint:errorlint // as it returns it
		t.Fatal(err)
	}
	for i := range rows {
		rows[i].At = rows[i].At.UTC()
		if rows[i].Tags == nil {
			rows[i].Tags = []string{}
		}
	}
	return rows
}

func TestRowsWithLongListsBeginOnAPageOfTheirOwn(t *testing.T) {
	rows := sales(0, 40)
	for i := range rows {
		rows[i].Tags = make([]string, 700+i*31)
		for k := range rows[i].Tags {
			rows[i].Tags[k] = fmt.Sprintf("%0500d", i*100_000+k)
		}
	}
	k, to := NewKeys(), filepath.Join(t.TempDir(), "part.parquet")
	if kept, _, err := k.Take(write(t, append(rows[:1:1], rows...)), to, 0, []string{"id"}); err != nil || kept != 40 {
		t.Fatal(kept, err)
	}
	if diff := cmp.Diff(rows, read(t, to)); diff != "" {
		t.Error(diff)
	}
	f, err := open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	chunks := f.RowGroups()[0].ColumnChunks()
	pages := chunks[len(chunks)-1].Pages()
	defer func() { _ = pages.Close() }()
	n := 0
	for ; ; n++ {
		page, err := pages.ReadPage()
		if err == io.EOF { //nolint:errorlint // as it returns it
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		first := make([]parquet.Value, 1)
		if _, err := page.Values().ReadValues(first); err != nil {
			t.Fatal(err)
		}
		if first[0].RepetitionLevel() != 0 {
			t.Errorf("page %d begins within a row", n)
		}
		parquet.Release(page)
	}
	if n < 10 {
		t.Errorf("%d pages are too few to judge", n)
	}
}

func TestOnlyRowsWithANewKeyAreTaken(t *testing.T) {
	k := NewKeys()
	first, second, third := write(t, sales(0, 6000)), write(t, append(sales(4000, 9000), sales(8990, 9010)...)), write(t, sales(100, 200))
	to := filepath.Join(t.TempDir(), "part.parquet")
	take := func(from string, table int, columns []string, kept, dropped int64, want []sale) {
		t.Helper()
		_ = os.Remove(to)
		if a, b, err := k.Take(from, to, table, columns); err != nil || a != kept || b != dropped {
			t.Fatalf("%d kept, %d dropped, %v", a, b, err)
		}
		if want == nil {
			if _, err := os.Stat(to); !os.IsNotExist(err) {
				t.Error("a file without rows was written")
			}
			return
		}
		if diff := cmp.Diff(want, read(t, to)); diff != "" {
			t.Error(diff)
		}
	}
	key := []string{"shop", "id"}
	take(first, 0, key, 6000, 0, sales(0, 6000))
	take(second, 0, key, 3010, 2010, sales(6000, 9010))
	take(third, 0, key, 0, 100, nil)
	take(third, 1, key, 100, 0, sales(100, 200))
	if k.Len() != 9010 {
		t.Error(k.Len())
	}
	if _, _, err := k.Take(first, to, 0, []string{"name"}); err == nil {
		t.Error("a column that isn't there is no key")
	}

	// A set that is read from what was written knows the same keys.
	again := NewKeys()
	if rows, err := again.Read(write(t, sales(0, 9010)), 0, key); err != nil || rows != 9010 {
		t.Fatal(rows, err)
	}
	k = again
	take(write(t, sales(9000, 9020)), 0, key, 10, 10, sales(9010, 9020))
}

// TestKeysAreASet compares with a map.
func TestKeysAreASet(t *testing.T) {
	k, want := NewKeys(), map[[2]int]bool{}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300_000 {
		n, table := r.IntN(60_000), r.IntN(MostTables)
		h := k.extend(hashed{}, fmt.Append(nil, n))
		if got := k.add(h, table); got == want[[2]int{n, table}] {
			t.Fatal(n, table, got)
		}
		want[[2]int{n, table}] = true
	}
	if k.Bytes() > k.Len()*35+256*16*17 {
		t.Errorf("%d keys take %d bytes", k.Len(), k.Bytes())
	}
}

// BenchmarkTake drops a hundredth of the rows of a window of 200,000.
func BenchmarkTake(b *testing.B) {
	name := filepath.Join(b.TempDir(), "sales.parquet")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	type row struct {
		ID       string `parquet:"id"`
		Customer int64  `parquet:"customer"`
		A, B, C  float64
		D, E, F  string
	}
	rows := make([]row, 200_000)
	for i := range rows {
		rows[i] = row{ID: fmt.Sprintf("evt-%030d", i), Customer: int64(i % 5000), A: float64(i), B: float64(i) / 7, D: fmt.Sprint("country", i%40), E: fmt.Sprint("channel", i%3)}
	}
	w := parquet.NewGenericWriter[row](f)
	if _, err := w.Write(rows); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	_ = f.Close()
	to := filepath.Join(b.TempDir(), "to.parquet")
	for b.Loop() {
		k := NewKeys()
		for i := range 2000 {
			k.add(k.extend(hashed{}, appendValue(nil, parquet.ValueOf(rows[i*100].ID))), 0)
		}
		if kept, _, err := k.Take(name, to, 0, []string{"id"}); err != nil || kept != 198_000 {
			b.Fatal(kept, err)
		}
	}
	b.ReportMetric(200_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkKeys fills a set with twelve million keys: ten minutes of 20,000 a second.
func BenchmarkKeys(b *testing.B) {
	const n = 12_000_000
	for b.Loop() {
		k := NewKeys()
		var text [16]byte
		for i := range n {
			k.add(k.extend(hashed{}, fmt.Appendf(text[:0], "%d", i)), 0)
		}
		b.ReportMetric(float64(k.Bytes())/n, "B/key")
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "keys/s")
}
