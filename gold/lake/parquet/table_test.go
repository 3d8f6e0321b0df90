package parquet

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"goldserve/gold"
)

// fileOf writes rows as a Parquet file of small pages, in row groups of so many.
func fileOf[T any](tb testing.TB, rows []T, group int) memory {
	tb.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.PageBufferSize(256))
	for part := range slices.Chunk(rows, group) {
		if _, err := w.Write(part); err != nil {
			tb.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// textsOf reads all rows of a file as text, and checks that they are numbered from 1.
func textsOf(tb testing.TB, f *File, in memory, d *gold.Dataset, batch int) ([]string, error) {
	tb.Helper()
	all := make([]int, len(d.Fields))
	for i := range all {
		all[i] = i
	}
	r := NewReader(d, all, batch)
	defer r.Close()
	var rows []string
	for g := range f.Groups() {
		err := r.Read(tb.Context(), f, in, g, func(b *gold.Batch, first int64) error {
			if first != int64(len(rows))+1 {
				tb.Errorf("a batch begins with row %d after %d rows", first, len(rows))
			}
			for i := range b.Rows {
				var text []string
				for c, v := range b.Row(i, nil) {
					text = append(text, d.Fields[c].Format(v))
				}
				rows = append(rows, strings.Join(text, " "))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if r.Rows() != f.Rows() {
		tb.Errorf("%d rows read, and the file says %d", r.Rows(), f.Rows())
	}
	return rows, nil
}

func TestDeletedRowsAreNeitherReadNorCounted(t *testing.T) {
	type item struct {
		ID   int64    `parquet:"id"`
		Text *string  `parquet:"text,optional"`
		List []string `parquet:"list,list"`
		Kind string   `parquet:"kind,dict"`
	}
	const rows, group = 1000, 300
	stored := make([]item, rows)
	whole := make([]string, rows)
	for i := range stored {
		text, kind := fmt.Sprint(i), fmt.Sprint("k", i%5)
		stored[i] = item{ID: int64(i), Kind: kind, List: []string{text, kind}[:i%3]}
		shown := "null"
		if i%4 > 0 {
			stored[i].Text, shown = &text, text
		}
		list := [3]string{"[]", `["` + text + `"]`, `["` + text + `","` + kind + `"]`}[i%3]
		whole[i] = fmt.Sprint(i, " ", shown, " ", list, " ", kind)
	}
	in := fileOf(t, stored, group)
	d := dataset("x", "id:i text:t? list:t kind:t")
	for name, deleted := range map[string]func(i int) bool{
		"none":               func(int) bool { return false },
		"all":                func(int) bool { return true },
		"the first":          func(i int) bool { return i == 0 },
		"the last":           func(i int) bool { return i == rows-1 },
		"a whole group":      func(i int) bool { return i >= group && i < 2*group },
		"the end of a group": func(i int) bool { return i > group-100 && i < group },
		"every second":       func(i int) bool { return i%2 == 0 },
		"all but a few":      func(i int) bool { return i%97 != 3 },
	} {
		for _, batch := range []int{1, 7, 4096} {
			set := roaring.New()
			var want []string
			var numbers []int64
			for i := range rows {
				if deleted(i) {
					set.Add(uint32(i))
				} else {
					want, numbers = append(want, whole[i]), append(numbers, int64(i)+1)
				}
			}
			f, err := Open(t.Context(), "x.parquet", in, &d, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Delete(set); err != nil {
				t.Fatal(err)
			}
			got, err := textsOf(t, f, in, &d, batch)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s, %d a batch: error %v, rows\n%s\nwant\n%s", name, batch, err, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			for n, number := range numbers {
				if got := f.RowOf(int64(n) + 1); got != number {
					t.Fatalf("%s: row %d is %d of the file, want %d", name, n+1, got, number)
				}
			}
		}
	}
}

// TestFaultsOfDeletedRows: rows are deleted because of them.
func TestFaultsOfDeletedRows(t *testing.T) {
	type item struct {
		ID *int64   `parquet:"id,optional"`
		N  float64  `parquet:"n"`
		L  []string `parquet:"l,list"`
	}
	one := int64(1)
	stored := []item{{&one, 1, nil}, {nil, 2, nil}, {&one, 1.5, nil}, {&one, 3, []string{"\xff"}}, {&one, 4, nil}, {&one, 4.5, nil}}
	in := fileOf(t, stored, 100)
	d := dataset("x", "id:i n:i l:t")
	open := func(deleted ...uint32) *File {
		f, err := Open(t.Context(), "x.parquet", in, &d, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Delete(roaring.BitmapOf(deleted...)); err != nil {
			t.Fatal(err)
		}
		return f
	}
	rows, err := textsOf(t, open(1, 2, 3, 5), in, &d, 10)
	if err != nil || !slices.Equal(rows, []string{"1 1 []", "1 4 []"}) {
		t.Errorf("rows %q, error %v", rows, err)
	}
	// A fault that is left is told with its row in the file.
	if _, err := textsOf(t, open(1, 2, 3), in, &d, 10); err == nil || !strings.Contains(err.Error(), "row 6") {
		t.Errorf("error %v", err)
	}
	f, err := Open(t.Context(), "x.parquet", in, &d, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Delete(roaring.BitmapOf(6)); gold.CodeOf(err) != gold.CodeRowCount {
		t.Errorf("error %v", err)
	}
}

func TestColumnsByFieldID(t *testing.T) {
	type point struct {
		A int64 `parquet:"a,id(3)"`
		B int64 `parquet:"b,id(4)"`
	}
	type item struct {
		B  int64    `parquet:"was_b,id(2)"`
		A  int64    `parquet:"was_a,id(1)"`
		P  point    `parquet:"p,id(5)"`
		L  []point  `parquet:"l,list,id(6)"`
		No string   `parquet:"id"`
		X  []string `parquet:"x,list,id(7)"`
	}
	in := fileOf(t, []item{{2, 1, point{3, 4}, []point{{5, 6}, {7, 8}}, "no", nil}}, 1)
	long := Type{Kind: LongIntegers}
	points := Type{Kind: Structs, Fields: []SchemaColumn{{Name: "new", ID: 9, Type: Type{Kind: Texts}}, {Name: "b", ID: 4, Type: long}, {Name: "a", ID: 3, Type: long}}}
	s := &Schema{ByID: true, Columns: []SchemaColumn{
		{Name: "id", ID: 1, Type: long},
		{Name: "b", ID: 2, Type: long},
		{Name: "added", ID: 8, Type: long, Nullable: true},
		{Name: "place", ID: 5, Type: points},
		{Name: "places", ID: 6, Type: Type{Kind: Lists, Item: &points}},
		{Name: "part", Type: long, Partition: true},
	}}
	d := dataset("x", "id:i b:i added:i? place.a:i place.new:t? places:t place:t")
	if problems := s.Check("x", &d, nil); len(problems) > 0 {
		t.Fatal(problems)
	}
	f, err := OpenOf(t.Context(), s, "x.parquet", in, &d, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := textsOf(t, f, in, &d, 10)
	want := `1 2 null 3 null [{"new":null,"b":6,"a":5},{"new":null,"b":8,"a":7}] {"new":null,"b":4,"a":3}`
	if err != nil || !slices.Equal(rows, []string{want}) {
		t.Errorf("rows %q, error %v", rows, err)
	}
	// What the file has besides is none of the table's.
	hidden := dataset("x", "no:t was_a:i x:t")
	if problems := s.Check("x", &hidden, nil); len(problems) != 3 || problems[0].Code != gold.CodeSchemaMissing || !strings.Contains(problems[0].Detail, "the table has no such column") {
		t.Errorf("problems %v", problems)
	}
	plain := fileOf(t, []struct{ ID int64 }{{1}}, 1)
	if _, err := OpenOf(t.Context(), s, "x.parquet", plain, &d, nil); err == nil || !strings.Contains(err.Error(), "field ids") {
		t.Errorf("error %v", err)
	}
}

// TestTimestampsOfATableAreOfTheClockThatItsSchemaSays: INT96 does not say which, and defaultTimezone is for those without a zone.
func TestTimestampsOfATableAreOfTheClockThatItsSchemaSays(t *testing.T) {
	type item struct {
		At deprecated.Int96 `parquet:"at"`
	}
	// 2024-01-02T03:04:05Z: the day by its Julian number, and the nanoseconds of the day.
	nanos := uint64((3*3600 + 4*60 + 5) * 1_000_000_000)
	in := fileOf(t, []item{{deprecated.Int96{uint32(nanos), uint32(nanos >> 32), 2_460_312}}}, 1)
	d := dataset("x", "at:T")
	d.Fields[0].DefaultZone = "Europe/Paris"
	for kind, want := range map[TypeKind]string{Instants: "2024-01-02T03:04:05Z", LocalInstants: "2024-01-02T02:04:05Z"} {
		s := &Schema{Columns: []SchemaColumn{{Name: "at", Stored: "at", Type: Type{Kind: kind}}}}
		f, err := OpenOf(t.Context(), s, "x.parquet", in, &d, nil)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := textsOf(t, f, in, &d, 10)
		if err != nil || !slices.Equal(rows, []string{want}) {
			t.Errorf("rows %q, error %v, want %s", rows, err, want)
		}
	}
}
