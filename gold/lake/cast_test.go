package lake

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// castDataset is what the contract of the table in testdata/casts says.
func castDataset(name string) gold.Dataset {
	d := named(name, "id:i", "amount:f?", "exact:d?=amount", "units:i?", "day:D?", "seen:T", "sent:T", "active:b?", "flag:b?", "millis:T", "key:D?", "zip:t", "note:t?")
	french := gold.Cast{From: gold.Text, Point: ",", Thousands: " ", Null: []string{"", "NA"}}
	d.Field("amount").Cast, d.Field("exact").Cast = &french, &french
	d.Field("exact").Scale = 2
	d.Field("units").Cast = &gold.Cast{From: gold.Text, Point: ",", Thousands: ".", Null: []string{"-"}}
	d.Field("day").Cast = &gold.Cast{From: gold.Text, Layouts: []string{"02/01/2006"}, Null: []string{""}}
	d.Field("seen").Cast, d.Field("seen").DefaultZone = &gold.Cast{From: gold.Text, Layouts: []string{"02.01.06 15:04:05"}}, "Europe/Paris"
	d.Field("sent").Cast = &gold.Cast{From: gold.Text}
	d.Field("active").Cast = &gold.Cast{From: gold.Text, True: []string{"Y", "1"}, False: []string{"N", "0"}, Null: []string{"?"}}
	d.Field("flag").Cast = &gold.Cast{From: gold.Int, Null: []string{"9"}}
	d.Field("millis").Cast = &gold.Cast{From: gold.Int, Epoch: gold.Milliseconds}
	d.Field("key").Cast = &gold.Cast{From: gold.Int, Layouts: []string{"20060102"}}
	d.Field("zip").Cast = &gold.Cast{From: gold.Int}
	d.Field("note").Cast = &gold.Cast{From: gold.Text, Null: []string{"", "NA"}}
	return d
}

func TestCastsReadWhatPandasReads(t *testing.T) {
	dir := t.TempDir()
	script := exec.CommandContext(t.Context(), storetest.Python(t), "testdata/casts/casts.py", dir)
	var problems strings.Builder
	script.Stderr = &problems
	out, err := script.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &problems)
	}
	for _, name := range []string{"coded", "plain", "parts"} {
		d := castDataset(name)
		var want []string
		for line := range strings.Lines(string(out)) {
			var row []gold.Value
			for i, text := range strings.Split(strings.TrimSuffix(line, "\n"), "\t") {
				v, err := d.Fields[i].Parse(text)
				if err != nil && text != "null" || text == "null" && d.Fields[i].Kind == gold.Text {
					v = gold.Value{}
				}
				row = append(row, v)
			}
			want = append(want, rowText(row))
		}
		table := mustTable(t, dir, Spec{Dataset: d, NoSuccessFile: true})
		got := make([]string, table.Rows())
		var mu sync.Mutex
		if _, err := table.Read(t.Context(), Read{Workers: 3}, func(_ int, b *gold.Batch, first int64) error {
			mu.Lock()
			defer mu.Unlock()
			for i := range b.Rows {
				got[first-1+int64(i)] = rowText(b.Row(i, nil))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -pandas +goldserve:\n%.3000s", name, diff)
		}
	}
}

// oddTexts is a table of texts of which some are no numbers.
type oddTexts struct {
	ID    int64   `parquet:"id"`
	Price *string `parquet:"Prix HT,optional,dict"`
	Plain string  `parquet:"plain"`
	Short int64   `parquet:"short"`
}

// writeOddTexts writes two parts of ten rows each, in row groups of four.
func writeOddTexts(t *testing.T, dir string) {
	t.Helper()
	for part := range 2 {
		var rows []oddTexts
		for i := range 10 {
			price := fmt.Sprintf("%d,5", i)
			row := oddTexts{ID: int64(part*10 + i), Price: &price, Plain: price, Short: int64(i % 2)}
			switch i {
			case 3:
				row.Price = nil
			case 2, 5, 6:
				price = "n/a"
				row.Plain, row.Short = "n/a", 7
			}
			rows = append(rows, row)
		}
		writeRows(t, filepath.Join(dir, "o.parquet", fmt.Sprintf("day=%d%%2F12%%2F2011", part+30), "part-0.parquet"), rows, parquet.MaxRowsPerRowGroup(4))
	}
}

// readInOrder opens and reads a table by one worker, whose first error is that of the first row.
func readInOrder(dir string, d gold.Dataset) error {
	l, err := Open(context.Background(), dir)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	table, err := l.Table(context.Background(), Spec{Dataset: d, NoSuccessFile: true})
	if err != nil {
		return err
	}
	defer func() { _ = table.Close() }()
	_, _, err = readRows(table, Read{})
	return err
}

func TestAValueThatDoesNotFitItsCastIsAnError(t *testing.T) {
	dir := t.TempDir()
	writeOddTexts(t, dir)
	comma := &gold.Cast{From: gold.Text, Point: ","}
	for _, c := range []struct {
		field, kind string
		cast        *gold.Cast
		words       []string
	}{
		{"price:%s?=Prix HT", "f", comma, []string{`o.parquet/day=30%2F12%2F2011/part-0.parquet, column "Prix HT" (field price), row 3: found "n/a", and its cast expects a number such as 1234,56`, "onError: null"}},
		{"plain:%s", "d", comma, []string{`column plain, row 3: found "n/a", and its cast expects a decimal number with at most 2 digits after the point`}},
		{"short:%s", "b", &gold.Cast{From: gold.Int}, []string{`column short, row 3: found 7, and its cast expects 1 for true or 0 for false`}},
		{"day:%s", "i", &gold.Cast{From: gold.Text}, []string{`column day: the folder's name says "30/12/2011", and the field's cast expects an integer`}},
		{"plain:%s", "i", &gold.Cast{From: gold.Int}, []string{"column plain: it holds text, and the contract expects integers, as the field's cast says"}},
		{"short:%s", "D", comma, []string{"column short: it holds 64-bit integers, and the contract expects text, as the field's cast says"}},
	} {
		d := named("o", "id:i", fmt.Sprintf(c.field, c.kind))
		d.Fields[1].Cast, d.Fields[1].Scale = c.cast, 2
		err := readInOrder(dir, d)
		code := gold.CodeValueType
		if strings.Contains(c.words[0], "it holds") {
			code = gold.CodeSchemaType
		}
		wantError(t, err, gold.Invalid, code, c.words...)
	}
	d := named("o", "id:i", "plain:f")
	d.Fields[1].Cast, d.Fields[1].PII = comma, true
	err := readInOrder(dir, d)
	wantError(t, err, gold.Invalid, gold.CodeValueType, "found a value (not shown: personal data)")
	d = named("o", "id:i", "plain:f")
	d.Fields[1].Cast = &gold.Cast{From: gold.Text, Point: ",", Null: []string{"n/a"}}
	err = readInOrder(dir, d)
	wantError(t, err, gold.Invalid, gold.CodeValueNull, "column plain, row 3", "found null", "requires a value")
}

func TestWhatDoesNotFitALenientCastIsNullAndCounted(t *testing.T) {
	dir := t.TempDir()
	writeOddTexts(t, dir)
	d := named("o", "id:i", "price:f?=Prix HT", "plain:d?", "short:b?", "day:D?", "odd:i?=day")
	for i := range d.Fields[1:] {
		d.Fields[i+1].Cast = &gold.Cast{From: gold.Text, Point: ",", Lenient: true}
	}
	d.Field("plain").Scale, d.Field("plain").PII = 1, true
	d.Field("short").Cast = &gold.Cast{From: gold.Int, Lenient: true}
	d.Field("day").Cast.Layouts = []string{"02/01/2006"}
	table := mustTable(t, dir, Spec{Dataset: d, NoSuccessFile: true})
	if got := table.Lenient(); len(got) != 5 {
		t.Errorf("lenient fields %q", got)
	}
	for _, workers := range []int{1, 4} {
		digest, report, err := readDigest(t.Context(), table, Read{Workers: workers, BatchRows: 3})
		if err != nil {
			t.Fatal(err)
		}
		if got := digest.Rows(); got != 20 {
			t.Errorf("%d rows", got)
		}
		var got []string
		for _, c := range report.Coerced {
			got = append(got, fmt.Sprintf("%s %d", c.Field, c.Rows))
			for _, e := range c.Examples {
				got = append(got, fmt.Sprintf("  %s row %d: %s", strings.TrimPrefix(e.File, "o.parquet/day="), e.Row, e.Text))
			}
		}
		first, second := "30%2F12%2F2011/part-0.parquet row ", "31%2F12%2F2011/part-0.parquet row "
		rows := func(found string) []string {
			return []string{"  " + first + "3: " + found, "  " + first + "6: " + found, "  " + first + "7: " + found, "  " + second + "3: " + found, "  " + second + "6: " + found}
		}
		var want []string
		want = append(want, "odd 20")
		for i := range 5 {
			want = append(want, fmt.Sprintf("  %s%d: %q", first, i+1, "30/12/2011"))
		}
		want = append(append(want, "plain 6"), rows("")...)
		want = append(append(want, "price 6"), rows(`"n/a"`)...)
		want = append(append(want, "short 6"), rows("7")...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d workers: -want +got:\n%s", workers, diff)
		}
	}
	rows, _, err := readRows(table, Read{BatchRows: 3})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows[:7] {
		got = append(got, rowText(row))
	}
	want := "0 0.5 5 false 2011-12-30 null\n1 1.5 15 true 2011-12-30 null\n2 null null null 2011-12-30 null\n3 null 35 true 2011-12-30 null\n" +
		"4 4.5 45 false 2011-12-30 null\n5 null null null 2011-12-30 null\n6 null null null 2011-12-30 null"
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
