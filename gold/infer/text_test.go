package infer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/storetest"
)

// writeText writes a text file of a lake.
func writeText(t *testing.T, folder, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// frenchOrders are rows as a spreadsheet in French writes them.
func frenchOrders(t *testing.T, rows int, date string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("N° commande;Date;Montant HT;Remise;Livré\r\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d;"+date+";1\u00a0%03d,%02d;%s;%t\r\n", 1000+i, i%12+1, i, i%100, []string{"NA", "0,5", "1,25"}[i%3], i%2 == 0)
	}
	text, err := charmap.Windows1252.NewEncoder().String(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTextFilesAreReadAsTheyAreWritten(t *testing.T) {
	folder := t.TempDir()
	writeText(t, folder, "orders.csv", frenchOrders(t, 60, "15/%02d/2011"))
	writeText(t, folder, "visits.ndjson", strings.Repeat(`{"at":"2011-12-08T12:12:00Z","who":{"name":"é"},"tags":["a"]}`+"\n", 3))
	writeText(t, folder, "copy.csv", "id\n1\n2\n")
	writeText(t, folder, "copy.csv.gz", "no gzip")
	writeText(t, folder, "manifest.json", "{}")
	writeRows(t, folder, "pairs", []struct {
		ID int64 `parquet:"id"`
	}{{1}, {2}})
	writeText(t, folder, "pairs.csv", "id\n1\n2\n")
	writeText(t, folder, "notes.json", "{\n}")
	m := mustInfer(t, folder)
	var found []string
	for _, d := range m.Datasets {
		found = append(found, d.Name+" of "+d.Source)
	}
	if diff := cmp.Diff([]string{"copy_csv of copy.csv", "orders of orders", "pairs of pairs", "visits of visits"}, found); diff != "" {
		t.Error(diff)
	}
	left := map[string]string{}
	for _, l := range m.LeftOut {
		left[l.Name] = l.Reason
	}
	for name, want := range map[string]string{"copy.csv.gz": "end too early", "notes": "notes.json:1:2: the line ends within an object", "pairs.csv": "it has the name of the table pairs, which is read"} {
		if len(left) != 3 || !strings.Contains(left[name], want) {
			t.Errorf("left out: %v", left)
		}
	}
	if pairs := string(m.Contract(m.dataset("pairs"))); !strings.Contains(pairs, "source: {parquet: pairs}") {
		t.Error(pairs)
	}
	orders := string(m.Contract(m.dataset("orders")))
	for _, want := range []string{
		`source: {csv: orders, delimiter: ";", encoding: windows-1252}`,
		`name: Date, logicalType: date, required: true,` + "\n" + `         customProperties: [{property: goldserve, value: {cast: {date: "02/01/2006"}}}]}`,
		`physicalName: Montant HT, logicalType: number, physicalType: "DECIMAL(18,2)", required: true`,
		`cast: {decimal: ",", thousands: " "}`,
		`name: Remise, logicalType: number,` + "\n" + `         customProperties: [{property: goldserve, value: {cast: {decimal: ",", "null": NA}}}]}`,
		`physicalName: Livré, businessName: Livré, logicalType: boolean`,
	} {
		if !strings.Contains(orders, want) {
			t.Errorf("the contract lacks %s:\n%s", want, orders)
		}
	}
	folderOf := fstest.MapFS{}
	updated(t, m, folderOf)
	model := compiled(t, folderOf)
	for i := range model.Contracts {
		c := &model.Contracts[i]
		l, err := lake.Open(t.Context(), folder)
		if err != nil {
			t.Fatal(err)
		}
		table, err := l.Table(t.Context(), lake.Spec{Dataset: c.Dataset, Source: c.Source, Reading: c.Reading})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := table.Read(t.Context(), lake.Read{}, func(int, *gold.Batch, int64) error { return nil }); err != nil {
			t.Error(err)
		}
		_ = table.Close() // it was only read
		_ = l.Close()
	}
	// Nothing changes where nothing did, also where the source is a map.
	if paths, notes := updated(t, m, folderOf); len(paths) > 0 || len(notes) > 0 {
		t.Error(paths, notes)
	}
}

// TestColumnsWithoutANameAreLeftOut: pandas writes its index so, and spreadsheets a delimiter at the end of each line.
func TestColumnsWithoutANameAreLeftOut(t *testing.T) {
	folder := t.TempDir()
	writeText(t, folder, "loans.csv", ",id,fee\n0,7,1.50\n1,8,2.25\n")
	writeText(t, folder, "books.csv", "id;price;;\n1;2;;\n3;4;;\n")
	m := mustInfer(t, folder)
	for name, want := range map[string]string{"loans": "id fee", "books": "id price"} {
		d := m.dataset(name)
		if d == nil {
			t.Fatal(m.LeftOut)
		}
		if got := strings.Join(names(d.Fields), " "); got != want || len(d.LeftOut) != 1 {
			t.Errorf("%s: %s (%v left out), want %s", name, got, d.LeftOut, want)
		}
	}
	if look := strings.Join(m.LookFirst(), "\n"); !strings.Contains(look, `loans: the column "" is left out: it has no name`) {
		t.Error(look)
	}
}

// TestGuessesOfTextGiveWay: where the values of a column are no longer what they were, so is its cast.
func TestGuessesOfTextGiveWay(t *testing.T) {
	folder := t.TempDir()
	writeText(t, folder, "orders.csv", frenchOrders(t, 60, "10/%02d/2011"))
	first, release := inferNext(t, folder, nil)
	doubt := first.Inferred.Files["contracts/orders.odcs.yaml"]
	if !strings.Contains(doubt, "# Not confirmed: \"Date\": the day or the month may come first in its dates; the day is assumed to.") && !strings.Contains(doubt, "# Not confirmed: Date: the day or the month") {
		t.Error(doubt)
	}
	writeText(t, folder, "orders.csv", strings.ReplaceAll(frenchOrders(t, 60, "%02d/28/2011"), ",5;", ";"))
	second, _ := inferNext(t, folder, release)
	if text := second.Inferred.Files["contracts/orders.odcs.yaml"]; !strings.Contains(text, `cast: {date: "01/02/2006"}`) {
		t.Error(text)
	}
	if want := []string{"orders.Date is read as in 12/31/2025 now, and was as in 31/12/2025: earlier rows may have other values"}; !slices.Equal(second.Inferred.Changes, want) {
		t.Errorf("%q", second.Inferred.Changes)
	}
}

// TestAnotherDecimalMarkIsTold: with it, earlier rows have other values.
func TestAnotherDecimalMarkIsTold(t *testing.T) {
	folder := t.TempDir()
	content := "id;copies;fee\n1;1.234;2,5\n2;52.638;3\n"
	writeText(t, folder, "prints.csv", content)
	_, release := inferNext(t, folder, nil)
	for more, want := range map[string][]string{
		"3;7;2,5\n":   nil,
		"3;2.5;2,5\n": {"prints.copies is read as in 1.5 now, and was as in 1,5: earlier rows may have other values", "prints.copies no longer has the format integer in all rows"},
	} {
		writeText(t, folder, "prints.csv", content+more)
		if next, _ := inferNext(t, folder, release); !slices.Equal(next.Inferred.Changes, want) {
			t.Errorf("after %q: %q, want %q", more, next.Inferred.Changes, want)
		}
	}
}

// TestUnchangedTextFilesAreOnlyCountedAgain: what their values are is remembered.
func TestUnchangedTextFilesAreOnlyCountedAgain(t *testing.T) {
	folder := t.TempDir()
	content := frenchOrders(t, 500, "15/%02d/2011")
	writeText(t, folder, "orders.csv", content)
	a := newAsking(t, folder)
	var memory Memory
	first, whole := a.infer(t, &memory)
	again, counted := a.infer(t, &memory)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	if once := len(content) + 100; counted["orders.csv"] > once || whole["orders.csv"] < 3*len(content) {
		t.Errorf("%d bytes of %d are read again, at first %d", counted["orders.csv"], len(content), whole["orders.csv"])
	}
}

// TestDeltaTablesAreRememberedApart: the columns of two tables in one lake, whose files are listed by logs.
func TestDeltaTablesAreRememberedApart(t *testing.T) {
	folder := t.TempDir()
	tables := map[string]string{"a": "basic-decimal-table", "b": "data-reader-primitives"}
	for name, from := range tables {
		table := filepath.Join(storetest.Shared(t), "data", "delta", from)
		if entries, err := filepath.Glob(filepath.Join(table, "*", "_delta_log")); err == nil && len(entries) == 1 {
			table = filepath.Dir(entries[0])
		}
		if err := os.CopyFS(filepath.Join(folder, name), os.DirFS(table)); err != nil {
			t.Fatal(err)
		}
	}
	infer := func(memory *Memory) map[string]string {
		l, err := lake.Open(t.Context(), folder)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		m, err := Infer(t.Context(), l, Options{Name: "shop", Memory: memory})
		if err != nil {
			t.Fatal(err)
		}
		files, err := m.written()
		if err != nil || len(m.Datasets) != len(tables) {
			t.Fatal(m.LeftOut, err)
		}
		return files
	}
	if diff := cmp.Diff(infer(nil), infer(&Memory{})); diff != "" {
		t.Errorf("(-without a memory +with one)\n%s", diff)
	}
}
