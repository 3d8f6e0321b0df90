package landing

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/lake"
)

// many writes n small files of two rows, a second apart from one another. Every tenth has a record that can't be read.
func (b *bench) many(n int) {
	b.Helper()
	for i := range n {
		text := fmt.Sprintf("{\"id\": %d, \"email\": \"a%d@example.com\"}\n{\"id\": %d}\n", i, i, -i)
		if i%10 == 3 {
			text = "{\"id\"\n" + text
		}
		b.write(fmt.Sprintf("orders_20251113T10%02d%02d.jsonl", i/60, i%60), text)
	}
}

// told returns the rows of landed files, bundles or not, in the order of the files: of each the file, the slice, the line and the values.
func (b *bench) told(s *builder.Source) []string {
	b.Helper()
	var rows []string
	for _, f := range s.Files {
		if !f.Bundle {
			for _, row := range b.rows(&builder.Source{Columns: s.Columns, Files: []builder.File{f}}) {
				name, rest, _ := strings.Cut(row, "|")
				rows = append(rows, name+"|"+f.Slice+"|"+rest)
			}
			continue
		}
		d := gold.Dataset{Name: "landed", Fields: []gold.Field{{Name: "_file", Kind: gold.Text}, {Name: "_slice", Kind: gold.Text, Nullable: true}}}
		for _, c := range s.Columns {
			d.Fields = append(d.Fields, gold.Field{Name: c.Name, Kind: gold.Text, Nullable: true})
		}
		d.Fields = append(d.Fields, gold.Field{Name: "_line", Kind: gold.Int}, gold.Field{Name: "_broken", Kind: gold.Text, Nullable: true})
		l, err := lake.Open(b.Context(), filepath.Dir(f.Path))
		if err != nil {
			b.Fatal(err)
		}
		t, err := l.Table(b.Context(), lake.Spec{Dataset: d, Source: filepath.Base(f.Path)})
		if err != nil {
			b.Fatal(err)
		}
		if _, err = t.Read(b.Context(), lake.Read{Workers: 1}, func(_ int, batch *gold.Batch, _ int64) error {
			for i := range batch.Rows {
				var row []string
				for _, v := range batch.Row(i, nil) {
					if v.IsNull() {
						row = append(row, "∅")
					} else {
						row = append(row, v.String())
					}
				}
				rows = append(rows, strings.Join(row, "|"))
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		_, _ = t.Close(), l.Close()
	}
	return rows
}

// alone lands the files of a source one by one, into another folder.
func (b *bench) alone(s gold.RawSource) []string {
	b.Helper()
	folder := b.lander.config.Folder
	defer func() { b.lander.config.Folder, b.lander.many = folder, manySmall }()
	b.lander.config.Folder, b.lander.many = filepath.Join(b.TempDir(), "_landed"), math.MaxInt
	sources, _, _, err := b.land(s)
	if err != nil {
		b.Fatal(err)
	}
	if n := bundles(&sources[0]); n > 0 {
		b.Fatalf("%d bundles", n)
	}
	return b.told(&sources[0])
}

func bundles(s *builder.Source) (n int) {
	for _, f := range s.Files {
		if f.Bundle {
			n++
		}
	}
	return n
}

// Many small files become bundles, which hold what the files would, masked alike, in their order.
func TestManySmallFilesBecomeBundles(t *testing.T) {
	b := newBench(t)
	b.many(200)
	b.write("orders_20251113T100205_large.jsonl", strings.Repeat("{\"id\": 7, \"email\": \"b@example.com\"}\n", smallFile/30))
	s := source("orders", "id whole", "email text hmac")
	want := b.alone(s)
	sources, _, landed, err := b.land(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.told(&sources[0])); diff != "" {
		t.Errorf("-one by one +in bundles\n%.2000s", diff)
	}
	if n := bundles(&sources[0]); n < 2 || len(sources[0].Files) > 201/2 {
		t.Errorf("%d bundles among %d files", n, len(sources[0].Files))
	}
	if landed.Files != 201 || landed.Rows != 420+smallFile/30 || landed.Broken != 20 {
		t.Errorf("landed %+v", landed)
	}
	again := newBench(t)
	again.root = b.root
	again.lander.config = b.lander.config
	again.lander.config.Folder, again.lander.config.Workers = filepath.Join(t.TempDir(), "_landed"), 4
	if _, _, _, err := again.land(s); err != nil {
		t.Fatal(err)
	}
	for _, name := range again.landedFiles() {
		x, _ := os.ReadFile(filepath.Join(b.lander.config.Folder, name))
		y, _ := os.ReadFile(filepath.Join(again.lander.config.Folder, name))
		if strings.HasSuffix(name, ".parquet") && string(x) != string(y) {
			t.Errorf("%s has other bytes where four files are landed at once", name)
		}
	}
}

// A file that comes or goes changes no bundle but its own; one that was damaged is made again; what isn't used is removed.
func TestBundlesAreMadeAnewOneByOne(t *testing.T) {
	b := newBench(t)
	b.many(200)
	s := source("orders", "id whole", "email text hmac")
	land := func(what string, most int) builder.Source {
		t.Helper()
		clear(b.read)
		sources, found, landed, err := b.land(s)
		if err != nil {
			t.Fatal(err)
		}
		if len(b.read) > most || landed.Written > most {
			t.Errorf("%s: %d files were read, %+v", what, len(b.read), landed)
		}
		if diff := cmp.Diff(b.alone(s), b.told(&sources[0])); diff != "" {
			t.Errorf("%s: -one by one +in bundles\n%.2000s", what, diff)
		}
		if err := b.lander.Tidy(t.Context(), found); err != nil {
			t.Fatal(err)
		}
		parquet := 0
		for _, name := range b.landedFiles() {
			if strings.HasSuffix(name, ".parquet") {
				parquet++
			}
		}
		if parquet != len(sources[0].Files) {
			t.Errorf("%s: %d landed files, where %d are used", what, parquet, len(sources[0].Files))
		}
		return sources[0]
	}
	land("all", 200)
	land("nothing", 0)
	b.write("orders_20251113T110000.jsonl", "{\"id\": 1, \"email\": \"c@example.com\"}\n")
	land("a newer file", 1)
	b.write("orders_20251113T100130_late.jsonl", "{\"id\": 1, \"email\": \"c@example.com\"}\n")
	land("a late file", 150)
	if err := os.Remove(filepath.Join(b.root, "bronze", "orders_20251113T100000.jsonl")); err != nil {
		t.Fatal(err)
	}
	now := land("a file that is gone", 150)
	for i, f := range now.Files {
		if !f.Bundle {
			continue
		}
		if err := os.WriteFile(f.Path, []byte("PAR1"), 0o600); err != nil {
			t.Fatal(err)
		}
		now := land("a damaged bundle", 150)
		if now.Files[i].Path != f.Path {
			t.Errorf("%s became %s", f.Path, now.Files[i].Path)
		}
		break
	}
}

// The files of a bundle are read as they were hashed, and errors name the one that is wrong.
func TestErrorsOfBundlesNameTheFile(t *testing.T) {
	b := newBench(t)
	for i := range 200 {
		b.write(fmt.Sprintf("orders_%03d.csv", i), "id\n1\n")
	}
	b.write("orders_050.csv", "no\n1\n")
	if _, _, _, err := b.land(source("orders", "id whole")); err == nil || !strings.Contains(err.Error(), "orders_050.csv") {
		t.Errorf("got %v", err)
	}
}
