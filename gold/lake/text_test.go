package lake

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

type idRow struct {
	ID int64 `parquet:"id"`
}

// textRows returns the rows of a table as text, one a line.
func textRows(t *testing.T, table *Table) string {
	t.Helper()
	rows, _, err := readRows(table, Read{})
	if err != nil {
		t.Fatal(err)
	}
	text := make([]string, len(rows))
	for i, row := range rows {
		text[i] = rowText(row)
	}
	return strings.Join(text, "\n")
}

func TestASourceIsATextFileWhereThereIsNoOther(t *testing.T) {
	for _, name := range []string{"x.csv", "x.tsv", "sub/x.csv"} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, name), []byte("id\n1\n2\n"))
		table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i"), Source: strings.TrimSuffix(name, filepath.Ext(name))})
		if got := textRows(t, table); got != "1\n2" || table.File() != name || table.Rows() != 2 {
			t.Errorf("%s: %q of %s", name, got, table.File())
		}
		if err := table.Unchanged(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestTwoFilesThatMayBeTheSourceAreRefused(t *testing.T) {
	dir := t.TempDir()
	spec := Spec{Dataset: dataset("x", "id:i")}
	writeFile(t, filepath.Join(dir, "x.csv"), []byte("id\n1\n"))
	writeFile(t, filepath.Join(dir, "x.csv.gz"), []byte("id\n1\n"))
	wantError(t, openTable(t, dir, spec), gold.Invalid, gold.CodeSourceUnreadable, "x.csv: the lake at", "holds x.csv and x.csv.gz, and either may be the source: remove one, or say source: x.csv in the contract for the first")
	writeRows(t, filepath.Join(dir, "x.parquet"), []idRow{{7}})
	wantError(t, openTable(t, dir, spec), gold.Invalid, gold.CodeSourceUnreadable, "x.parquet: the lake at", "holds x.parquet and x.csv, and either may be the source")
	for source, want := range map[string]string{"x.parquet": "7", "x.csv": "1"} {
		spec.Source = source
		if got := textRows(t, mustTable(t, dir, spec)); got != want {
			t.Errorf("source %s: %s, want %s", source, got, want)
		}
	}
	for format, want := range map[gold.Format]string{gold.Parquet: "7", gold.JSON: "x.json: the lake"} {
		err := openTable(t, dir, Spec{Dataset: spec.Dataset, Reading: gold.Reading{Format: format}})
		if format == gold.Parquet && err != nil || format != gold.Parquet && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestAFileOfAnyNameIsOfTheFormatThatTheContractSays(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "x.txt"), []byte("id;s\n1;a\n"))
	table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i s:t"), Source: "x.txt", Reading: gold.Reading{Format: gold.CSV, Delimiter: ";"}})
	if got := textRows(t, table); got != "1 a" {
		t.Error(got)
	}
	wantError(t, openTable(t, dir, Spec{Dataset: dataset("x", "id:i"), Source: "x.txt"}), gold.Invalid, gold.CodeSourceMissing, "x.txt.parquet")
}

func TestFilesOfAPatternAreOneDataset(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"orders_2.csv": "id,s\n3,c\n", "orders_1.csv": "id\n1\n2\n", "orders_9.txt": "x", "_orders_3.csv": "id\n9\n", "other_1.csv": "id\n8\n"} {
		writeFile(t, filepath.Join(dir, "in", name), []byte(content))
	}
	spec := Spec{Dataset: dataset("x", "id:i s:t? file:t"), Source: "in/orders_*.csv", Reading: gold.Reading{Format: gold.CSV, FileColumn: "file"}}
	table := mustTable(t, dir, spec)
	if diff := cmp.Diff("1 null orders_1.csv\n2 null orders_1.csv\n3 c orders_2.csv", textRows(t, table)); diff != "" {
		t.Error(diff)
	}
	before, err := table.Fingerprint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "in", "orders_4.csv"), []byte("id\n4\n"))
	wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "in/orders_4.csv", "added")
	// The names are values now, so that they are a part of what the rows are.
	renamed := t.TempDir()
	writeFile(t, filepath.Join(renamed, "in", "orders_1.csv"), []byte("id\n1\n2\n"))
	writeFile(t, filepath.Join(renamed, "in", "orders_3.csv"), []byte("id,s\n3,c\n"))
	if after, err := mustTable(t, renamed, spec).Fingerprint(t.Context()); err != nil || after == before {
		t.Errorf("the same fingerprint under other names: %v", err)
	}
	wantError(t, openTable(t, dir, Spec{Dataset: spec.Dataset, Source: "in/orders_*"}), gold.Invalid, gold.CodeSourceUnreadable, "of another format: name one of them")
	for _, none := range []string{"in/sales_*.csv", "nowhere/orders_*.csv", "in/orders_1.csv/*.csv"} {
		wantError(t, openTable(t, dir, Spec{Dataset: spec.Dataset, Source: none}), gold.Invalid, gold.CodeSourceMissing, none)
	}
}

func TestThePatternWithATimeIsTheNewestFile(t *testing.T) {
	dir := t.TempDir()
	spec := Spec{Dataset: dataset("x", "id:i"), Source: "x_{ts}.csv"}
	for name, id := range map[string]string{"x_20251113T103500.csv": "1", "x_20251112T235959.csv": "2", "x_latest.csv": "3", "x_99.txt": "4", "x_20251114T000000.csv.gz": "5"} {
		writeFile(t, filepath.Join(dir, name), []byte("id\n"+id+"\n"))
	}
	table := mustTable(t, dir, spec)
	if got := textRows(t, table); got != "1" || table.File() != "x_20251113T103500.csv" {
		t.Error(got, table.File())
	}
	writeFile(t, filepath.Join(dir, "x_20251113T103501.csv"), []byte("id\n6\n"))
	wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "laid out anew")
	if got := textRows(t, mustTable(t, dir, spec)); got != "6" {
		t.Error(got)
	}
	writeFile(t, filepath.Join(dir, "x_2025-11-13_10-35-01.csv"), []byte("id\n7\n"))
	wantError(t, openTable(t, dir, spec), gold.Invalid, gold.CodeSourceUnreadable, "has the same time as that of")
	writeRows(t, filepath.Join(dir, "p_1.parquet"), []idRow{{1}})
	writeRows(t, filepath.Join(dir, "p_2.parquet"), []idRow{{2}})
	all := Spec{Dataset: dataset("x", "id:i part:t"), Source: "p_*", Reading: gold.Reading{Format: gold.Parquet, FileColumn: "part"}}
	if got := textRows(t, mustTable(t, dir, all)); got != "1 p_1.parquet\n2 p_2.parquet" {
		t.Error("Parquet:", got)
	}
	if got := textRows(t, mustTable(t, dir, Spec{Dataset: spec.Dataset, Source: "p_{ts}.parquet"})); got != "2" {
		t.Error("Parquet:", got)
	}
}

func TestAFolderOfTextPartsIsRead(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "x", "_SUCCESS"), nil)
	writeFile(t, filepath.Join(dir, "x", "month=1", "part-0.csv"), []byte("id\n1\n"))
	writeFile(t, filepath.Join(dir, "x", "month=2", "part-0.csv"), []byte("id,month\n2,3\n"))
	table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i month:i")})
	rows, report, err := readRows(table, Read{})
	if err != nil || len(rows) != 2 || rowText(rows[1]) != "2 2" || table.File() != "x" {
		t.Fatal(rows, err)
	}
	// As for Parquet, the folder's name counts.
	if diff := cmp.Diff([]Overruled{{Field: "month", File: "x/month=2/part-0.csv", Rows: 1}}, report.Overruled); diff != "" {
		t.Error(diff)
	}
}

// TestHowAFileIsReadNamesItsRows: the same bytes make other rows, so the fingerprint and the token are others.
func TestHowAFileIsReadNamesItsRows(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"x.csv", "x.tsv"} {
		writeFile(t, filepath.Join(dir, name), []byte("id\n1\n"))
	}
	seen := map[string]string{}
	for name, r := range map[string]gold.Reading{
		"x.csv": {}, "x.tsv": {}, "a semicolon": {Delimiter: ";"}, "a quote": {Quote: "'"}, "no quote": {Quote: gold.NoQuote},
		"an encoding": {Encoding: "windows-1252"}, "a text for null": {Null: []string{"NA"}}, "file names": {FileColumn: "f"},
	} {
		source := "x.csv"
		if name == "x.tsv" {
			source = name
		}
		table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i"), Source: source, Reading: r})
		print, err := table.Fingerprint(t.Context())
		if err != nil || seen[print] != "" {
			t.Errorf("%s has the fingerprint of %s: %v", name, seen[print], err)
		}
		seen[print] = name
	}
	one := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i"), Source: "x.csv"})
	other := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i"), Source: "x.csv", Reading: gold.Reading{Format: gold.CSV, Delimiter: ",", Quote: "\""}})
	a, _ := one.Fingerprint(t.Context())
	b, _ := other.Fingerprint(t.Context())
	if later := one.files[0].info.Modified.Add(racy * 2); a != b || one.Token(later) != other.Token(later) {
		t.Error("what is said of a file and what is its default are told apart")
	}
}
