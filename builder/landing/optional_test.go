package landing

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// TestOptionalColumns: a file that lacks one has nulls there, whatever its format; a column is absent only if no file has it. It is
// missed once it is not optional any longer, though the file is landed already.
func TestOptionalColumns(t *testing.T) {
	b := newBench(t)
	b.write("o_1.csv", "id,theme\n1,art\n2,\n")
	b.write("o_2.csv", "id\n3\n")
	b.write("o_3.jsonl", `{"id": 4}`+"\n")
	b.parquet("o_4.parquet", people[:1], []gold.Value{gold.NewInt(5)})
	s := source("o", "id text", "theme text optional", "channel text optional")
	landed, _, _, err := b.land(s)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"o_1.csv|1|art|∅|2|∅", "o_1.csv|2|∅|∅|3|∅", "o_2.csv|3|∅|∅|2|∅", "o_3.jsonl|4|∅|∅|1|∅", "o_4.parquet|5|∅|∅|1|∅",
	}
	if diff := cmp.Diff(want, b.rows(&landed[0])); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := landed[0].Absent; !slices.Equal(got, []string{"channel"}) {
		t.Errorf("absent: %q", got)
	}
	b = newBench(t)
	b.write("o_2.csv", "id\n3\n")
	if _, _, _, err := b.land(s); err != nil {
		t.Fatal(err)
	}
	s = source("o", "id text", "theme text", "channel text optional")
	if _, _, _, err := b.land(s); err == nil || !strings.HasPrefix(err.Error(), "o_2.csv, column theme: the file has no such column: it has id") {
		t.Errorf("got %v", err)
	}
}

// A source of Parquet files that lack an optional column is landed.
func TestOptionalColumnsOfParquetAlone(t *testing.T) {
	b := newBench(t)
	b.parquet("o.parquet", people[:1], []gold.Value{gold.NewInt(5)})
	landed, _, _, err := b.land(source("o", "id whole", "theme text optional"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"o.parquet|5|∅|1|∅"}, b.rows(&landed[0])); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFoldedNames: a header's names are found in lower case and without blanks.
func TestFoldedNames(t *testing.T) {
	b := newBench(t)
	b.write("o.csv", " User_ID ,AMOUNT\nu1,2\n")
	s := source("o", "user_id text", "amount text")
	if _, _, _, err := b.land(s); err == nil {
		t.Error("names that aren't folded are found")
	}
	s.Reading.FoldNames = true
	landed, _, _, err := b.land(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"o.csv|u1|2|2|∅"}, b.rows(&landed[0])); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	b.write("o.csv", "user_id,User_Id,amount\nu1,u2,2\n")
	if _, _, _, err := b.land(s); err == nil || !strings.Contains(err.Error(), "more than one column of that name") {
		t.Errorf("got %v", err)
	}
}
