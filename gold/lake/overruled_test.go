package lake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

func TestTheNameOfAFolderOverrulesTheFile(t *testing.T) {
	dir := filepath.Join(storetest.Shared(t), "data/field/hive-column-also-in-file/lake")
	rows, report, err := readRows(mustTable(t, dir, Spec{Dataset: dataset("o", "b:i a:i")}), Read{})
	if err != nil {
		t.Fatal(err)
	}
	// As Spark, DuckDB, pyarrow and Polars read them; the files say 91 and 93.
	if got := rowText(rows[0]) + "; " + rowText(rows[1]); got != "1 5; 2 6" {
		t.Errorf("rows %q", got)
	}
	want := []Overruled{{"a", "o.parquet/a=5/part-0.parquet", 1}, {"a", "o.parquet/a=6/part-0.parquet", 1}}
	if diff := cmp.Diff(want, report.Overruled); diff != "" {
		t.Error(diff)
	}
}

func TestAColumnThatAFolderOverrulesNeedNotBeSound(t *testing.T) {
	type whole struct {
		ID int64 `parquet:"id"`
		P  int64 `parquet:"p"`
	}
	type text struct {
		ID int64  `parquet:"id"`
		P  string `parquet:"p"`
	}
	type optional struct {
		ID int64  `parquet:"id"`
		P  *int64 `parquet:"p,optional"`
	}
	five := int64(5)
	dir := t.TempDir()
	part := func(folder string) string { return filepath.Join(dir, "x.parquet", folder, "part-0.parquet") }
	writeRows(t, part("p=3"), []whole{{1, 3}, {2, 3}}) // as Polars writes it where it is told to keep the column
	writeRows(t, part("p=4"), []text{{3, "4"}, {4, "four"}})
	writeRows(t, part("p=5"), []optional{{5, &five}, {6, nil}, {7, &five}})
	writeRows(t, part("p="+hiveNull), []optional{{8, nil}})
	writeRows(t, part("p=6"), []whole{{9, 6}, {10, 7}})
	broken := part("p=6")
	content, err := os.ReadFile(broken)
	if err != nil {
		t.Fatal(err)
	}
	// Nothing of the column can be decoded: its only page, after the three of the other one, begins with noise.
	at := strings.LastIndex(string(content), "\x06\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00")
	if at < 0 {
		t.Fatal("the file has no such page")
	}
	for i := at - 20; i < at; i++ {
		content[i] = 0xff
	}
	writeFile(t, broken, content)

	table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i p:i?"), NoSuccessFile: true})
	rows, report, err := readRows(table, Read{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, rowText(r))
	}
	if text := strings.Join(got, "; "); text != "1 3; 2 3; 3 4; 4 4; 5 5; 6 5; 7 5; 9 6; 10 6; 8 null" {
		t.Errorf("rows %q", text)
	}
	want := []Overruled{
		{"p", "x.parquet/p=4/part-0.parquet", 2}, {"p", "x.parquet/p=5/part-0.parquet", 1}, {"p", "x.parquet/p=6/part-0.parquet", 2},
	}
	if diff := cmp.Diff(want, report.Overruled); diff != "" {
		t.Error(diff)
	}
}

func TestPeriodsAndDurationsAreNoIntegers(t *testing.T) {
	for _, c := range []struct{ file, field, kind, words string }{
		{"pandas", "month", "i", "column month: it holds periods of pandas"},
		{"pandas", "month", "f", "dt.to_timestamp()"},
		{"pandas", "wait", "i", "column wait: it holds durations"},
		{"polars", "wait", "i", "column wait: it holds durations, and the contract expects integers: take them as durations (logicalType: string, physicalType: DURATION), or write them as a number of a unit"},
		{"polars", "wait", "f", "durations"},
	} {
		d := dataset(c.file, "id:i "+c.field+":"+c.kind)
		wantError(t, openTable(t, "testdata/arrow", Spec{Dataset: d}), gold.Invalid, gold.CodeSchemaType, c.words)
	}
	if err := openTable(t, "testdata/arrow", Spec{Dataset: dataset("pandas", "id:i")}); err != nil {
		t.Errorf("columns that no contract names: %v", err)
	}
	wantError(t, openTable(t, "testdata/arrow", Spec{Dataset: named("structs", "id:i", "took:i?=trip.took")}), gold.Invalid, gold.CodeSchemaType,
		`column "trip.took" (field took): it holds durations`)
	if got, want := readTexts(t, "testdata/arrow", named("structs", "id:i", "km:f?=trip.km")), "1 1.5\n2 null"; got != want {
		t.Errorf("rows %q, want %q", got, want)
	}
}
