package lake

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/object/objecttest"
)

// TestFilesOfOtherKindsAreLeftAlone tells parts from what else lies in their folder by the names that writers give.
func TestFilesOfOtherKindsAreLeftAlone(t *testing.T) {
	type row struct {
		ID int64 `parquet:"id"`
	}
	dir := t.TempDir()
	for i, name := range []string{
		"000000_0", "part-00000-3c9e5195.c000", "part-00001-3c9e5195.c000.snappy.parquet", "a.parq", "b.PARQUET", "data.2024-01-02", "data.0", "x.pq",
	} {
		folder := filepath.Join(dir, "x.parquet", "day=1")
		if i == 7 {
			folder = filepath.Join(dir, "x.parquet")
			name = filepath.Join("day=2", name)
		}
		writeRows(t, filepath.Join(folder, name), []row{{int64(i + 1)}})
	}
	for _, name := range []string{"README.txt", "day=1/.part.crc", "day=1/part.json", "day=1/p.parquet.tmp", "day=1/p.parquet._COPYING_", "_SUCCESS"} {
		writeFile(t, filepath.Join(dir, "x.parquet", name), []byte("no rows"))
	}
	table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i day:i")})
	if table.Rows() != 8 {
		t.Errorf("%d rows, want 8", table.Rows())
	}
	want := []string{"x.parquet/README.txt", "x.parquet/day=1/p.parquet._COPYING_", "x.parquet/day=1/p.parquet.tmp", "x.parquet/day=1/part.json"}
	if diff := cmp.Diff(want, table.Others()); diff != "" {
		t.Error(diff)
	}
	// They are no rows, so one more changes nothing.
	writeFile(t, filepath.Join(dir, "x.parquet", "notes.md"), []byte("no rows"))
	if err := table.Unchanged(t.Context()); err != nil {
		t.Error(err)
	}
}

// fleeting is a source whose objects are gone once their folder was listed.
type fleeting struct {
	object.Source
	listed map[string]bool
}

func (f *fleeting) List(ctx context.Context, folder string) ([]object.Info, error) {
	if f.listed[folder] {
		return nil, nil
	}
	f.listed[folder] = true
	return f.Source.List(ctx, folder)
}

// TestTextFilesOfAFolderAreListedOnce: what goes meanwhile is told where it is opened.
func TestTextFilesOfAFolderAreListedOnce(t *testing.T) {
	b := objecttest.NewBucket()
	b.Put("x/a.csv", []byte("id\n1\n"))
	b.Put("x/b.csv", []byte("id\n2\n"))
	found, err := findParts(t.Context(), &fleeting{b, map[string]bool{}}, "x", Spec{Dataset: dataset("x", "id:i"), NoSuccessFile: true})
	if err != nil || len(found.parts) != 2 || found.parts[1].info.Name != "x/b.csv" || len(found.others) > 0 {
		t.Errorf("%v, %+v", err, found)
	}
}

func TestAFolderOfOtherKindsOnlyIsRefused(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "x.parquet", "_SUCCESS"), nil)
	writeFile(t, filepath.Join(dir, "x.parquet", "part-0.csv"), []byte("id\n1\n"))
	err := openTable(t, dir, Spec{Dataset: dataset("x", "id:i")})
	wantError(t, err, gold.Invalid, gold.CodeSourceUnreadable, "x.parquet: the folder holds files of other kinds than Parquet only: it has", "x.parquet/part-0.csv", "leave _SUCCESS alone")
}

// TestAFolderOfNoPartsHasNoRows: its writer is done, and wrote none.
func TestAFolderOfNoPartsHasNoRows(t *testing.T) {
	dir := t.TempDir()
	spec := Spec{Dataset: dataset("x", "id:i")}
	writeFile(t, filepath.Join(dir, "x.parquet", "_metadata"), nil)
	spec.NoSuccessFile = true
	wantError(t, openTable(t, dir, spec), gold.Invalid, gold.CodeSourceMissing, "x.parquet: the folder holds no part")
	if there, err := mustOpen(t, dir).Holds(t.Context(), spec); there || err != nil {
		t.Errorf("a folder of nothing is there: %v", err)
	}
	spec.NoSuccessFile = false
	wantError(t, openTable(t, dir, spec), gold.Invalid, gold.CodeSourceUnreadable, "_SUCCESS")

	writeFile(t, filepath.Join(dir, "x.parquet", "_SUCCESS"), nil)
	table := mustTable(t, dir, spec)
	rows, _, err := readRows(table, Read{})
	if err != nil || len(rows) != 0 || table.Rows() != 0 {
		t.Errorf("rows %v, %v", rows, err)
	}
	if err := table.Unchanged(t.Context()); err != nil {
		t.Error(err)
	}
	writeRows(t, filepath.Join(dir, "x.parquet", "part-0.parquet"), []struct {
		ID int64 `parquet:"id"`
	}{{1}})
	wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "part-0.parquet", "added")
}

func TestATableOfTooManyFilesIsRefused(t *testing.T) {
	b := objecttest.NewBucket()
	for i := range maxParts + 1 {
		b.Put(fmt.Sprintf("x.parquet/part-%06d.parquet", i), nil)
	}
	_, err := New(b).Table(t.Context(), Spec{Dataset: dataset("x", "id:i"), NoSuccessFile: true})
	wantError(t, err, gold.Invalid, gold.CodeFileUnsupported, "x.parquet: it has 100001 files, and at most 100000 are read as one dataset")
}
