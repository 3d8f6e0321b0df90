package text

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

func TestValuesAreTypedByTheContract(t *testing.T) {
	d := dataset(
		gold.Field{Name: "n", Kind: gold.Int}, gold.Field{Name: "x", Kind: gold.Double}, gold.Field{Name: "money", Kind: gold.Decimal, Scale: 2},
		gold.Field{Name: "day", Kind: gold.Date}, gold.Field{Name: "at", Kind: gold.Time}, gold.Field{Name: "ok", Kind: gold.Bool}, gold.Field{Name: "s", Kind: gold.Text},
		gold.Field{Name: "wide", Kind: gold.WideDecimal, Precision: 30, Scale: 3}, gold.Field{Name: "took", Kind: gold.Duration, Scale: gold.DurationScale},
	)
	content := lines(
		"s,n,x,money,day,at,ok,wide,took",
		`"a ""q"", b",-7,1.5e3,1.5,2024-02-29,2024-02-29T10:00:00+02:00,TRUE,12345678901234567890.125,PT1H`,
		`,,,,,,,,`,
		`"",  42 ,nan,-0.10,2011-12-08 00:00:00,2011-12-08 12:12,false,-0.5,`,
	)
	got, err := rowsOf(t, "d.csv", content, gold.Reading{}, d, 1)
	want := [][]string{
		{"-7", "1500", "1.50", "2024-02-29", "2024-02-29T08:00:00Z", "true", `a "q", b`, "12345678901234567890.125", "PT1H"},
		{"null", "null", "null", "null", "null", "null", "null", "null", "null"},
		{"42", "null", "-0.10", "2011-12-08", "2011-12-08T12:12:00Z", "false", "", "-0.500", "null"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestDialects(t *testing.T) {
	two := texts("a", "b")
	latin := gold.Reading{Encoding: "windows-1252"}
	utf16le := []byte("\xff\xfea\x00,\x00b\x00\n\x00\xe9\x00,\x00\x3d\xd8\x00\xde\n\x00")
	for name, c := range map[string]struct {
		file    string
		reading gold.Reading
		content string
		want    [][]string
	}{
		"lines end in CR LF, and the last one in nothing": {"d.csv", gold.Reading{}, "a,b\r\n1,2\r\n3,4", [][]string{{"1", "2"}, {"3", "4"}}},
		"blank lines are no rows":                         {"d.csv", gold.Reading{}, "a,b\n\n1,2\n\r\n3,4\n\n", [][]string{{"1", "2"}, {"3", "4"}}},
		"a line break in quotes stays":                    {"d.csv", gold.Reading{}, "a,b\n\"x\r\ny\n\",\"\n\"\n3,4\n", [][]string{{"x\r\ny\n", "\n"}, {"3", "4"}}},
		"a semicolon, and another quote":                  {"d.csv", gold.Reading{Delimiter: ";", Quote: "'"}, "a;b\n'x;''y';\"z\"\n", [][]string{{"x;'y", `"z"`}}},
		"no sign quotes":                                  {"d.csv", gold.Reading{Quote: gold.NoQuote}, "a,b\n\"x,y\"\n", [][]string{{`"x`, `y"`}}},
		"a spreadsheet's line of the sign":                {"d.csv", gold.Reading{}, "\xef\xbb\xbfsep=;\r\na;b\r\n1,5;2\r\n", [][]string{{"1,5", "2"}}},
		"the same, where the contract declares another":   {"d.csv", gold.Reading{Delimiter: ","}, "SEP=;\na,b\n1;5,2\n", [][]string{{"1;5", "2"}}},
		"a column that is called nearly so":               {"d.csv", gold.Reading{}, "sep=a,a,b\n0,1,2\n", [][]string{{"1", "2"}}},
		"tabs":                                            {"d.tsv", gold.Reading{}, "a\tb\n1,5\t2\n", [][]string{{"1,5", "2"}}},
		"texts for null where they are not quoted":        {"d.csv", gold.Reading{Null: []string{"NA"}}, "a,b\nNA,\"NA\"\n,\"\"\n", [][]string{{"null", "NA"}, {"null", ""}}},
		"a mark of UTF-8":                                 {"d.csv", latin, "\xef\xbb\xbfa,b\né,2\n", [][]string{{"é", "2"}}},
		"Windows-1252":                                    {"d.csv", latin, "a,b\n\xe9t\xe9,\x80\n", [][]string{{"été", "€"}}},
		"Latin-9":                                         {"d.csv", gold.Reading{Encoding: "iso-8859-15"}, "a,b\n\xe9,\xa4\n", [][]string{{"é", "€"}}},
		"UTF-16 by its mark":                              {"d.csv", gold.Reading{Encoding: "utf-16"}, string(utf16le), [][]string{{"é", "😀"}}},
		"UTF-16 as declared":                              {"d.csv", gold.Reading{Encoding: "utf-16le"}, string(utf16le[2:]), [][]string{{"é", "😀"}}},
		"a format that the name does not tell":            {"d.txt", gold.Reading{Format: gold.CSV}, "b,a,c\n1,2,3\n", [][]string{{"2", "1"}}},
		"names alone":                                     {"d.csv", gold.Reading{}, "a,b\n", [][]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := rowsOf(t, c.file, []byte(c.content), c.reading, two, 1)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Error(err, diff)
			}
		})
	}
}

func TestAnEmptyLineOfOneColumnIsARow(t *testing.T) {
	got, err := rowsOf(t, "d.csv", []byte("\na\n1\n\n\"\"\n"), gold.Reading{}, texts("a"), 1)
	if diff := cmp.Diff([][]string{{"1"}, {"null"}, {""}}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestNumbersAndDatesAsTheirCastsHaveThem(t *testing.T) {
	french := &gold.Cast{From: gold.Text, Point: ",", Thousands: " ", Null: []string{"n/a"}}
	d := dataset(gold.Field{Name: "x", Kind: gold.Double, Cast: french}, gold.Field{Name: "m", Kind: gold.Decimal, Scale: 2, Cast: french},
		gold.Field{Name: "day", Kind: gold.Date, Cast: &gold.Cast{From: gold.Text, Layouts: []string{"02/01/2006"}, Lenient: true}},
		gold.Field{Name: "at", Kind: gold.Time, Cast: &gold.Cast{From: gold.Int, Epoch: gold.Seconds}})
	got, err := rowsOf(t, "d.csv", lines("x;m;day;at", "1 234,5;1\u00a0234,50;31/12/2011;1323346320", "n/a;;12/31/2011;"), gold.Reading{Delimiter: ";"}, d, 1)
	want := [][]string{{"1234.5", "1234.50", "2011-12-31", "2011-12-08T12:12:00Z"}, {"null", "null", "null", "null"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	// The blank that Windows writes between groups is one byte there.
	got, err = rowsOf(t, "d.csv", []byte("x;m;day;at\n1\xa0234,5;;;\n"), gold.Reading{Delimiter: ";", Encoding: "windows-1252"}, d, 1)
	if err != nil || got[0][0] != "1234.5" {
		t.Error(got, err)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	d := dataset(gold.Field{Name: "id", Kind: gold.Int}, gold.Field{Name: "name", Kind: gold.Text}, gold.Field{Name: "mail", Kind: gold.Int, PII: true})
	d.Key = []string{"id"}
	for name, c := range map[string]struct{ content, want string }{
		"a value":                      {"id,name,mail\n1,é,\n2,\"a\nbé\",\n3x,c,\n", `d.csv:5:1, column id, row 3: found "3x", expected an integer such as 1234: correct the file, or say in the contract how it writes such values (cast)`},
		"after a line break in quotes": {"name,id,mail\n\"é\nbé\",x,\n", `d.csv:3:5, column id, row 1: found "x"`},
		"personal data":                {"id,name,mail\n1,a,secret\n", `d.csv:2:5, column mail, row 1: found a value (not shown: personal data), expected an integer`},
		"a key without a value":        {"id,name,mail\n,a,\n", `d.csv:2:1, column id, row 1: found no value in a key`},
		"too few values":               {"id,name,mail\n1,a,\n1,a\n", `d.csv:3:4, row 2: it has 2 values, and the first line names 3 columns`},
		"too many":                     {"id,name,mail\n1,a,,x\n", `d.csv:2:6, row 1: it has 4 values`},
		"another delimiter":            {"id,name,mail\n1;a;\n", `it has 1 values, and the first line names 3 columns: correct the file, or say in the contract which character separates values (delimiter, now ',')`},
		"an open quote":                {"id,name,mail\n1,\"a,\n2,b,\n", `d.csv:2:3: a quote opens here and none closes it`},
		"a quote within a value":       {"id,name,mail\n1,5\" pipe,\n", `d.csv:2:4: a quote stands in a value that has none around it: put the value in quotes and double those within it, or set quote: none in the contract`},
		"UTF-16 by its mark alone":     {"\xff\xfei\x00d\x00", `d.csv:1:1: it begins with the byte order mark of UTF-16: say so in the contract, such as source: {csv: …, encoding: utf-16}, or write it in UTF-8`},
		"text after a quote":           {"id,name,mail\n1,\"a\"b,\n", `d.csv:2:6, row 1: a value goes on after the quote that closes it`},
		"no UTF-8":                     {"id,name,mail\n1,\xe9,\n", `d.csv:2:3, column name, row 1: found "\xe9", expected valid UTF-8: if the file has another encoding, say so in the contract, such as source: {csv: …, encoding: windows-1252}`},
		"a byte 0":                     {"id,name,mail\n1,a,\n2,b\x00,\n", `d.csv:3:1: it holds a zero byte`},
		"compressed without saying so": {"\x1f\x8b\x08\x00\x00\x00\x00\x00", `d.csv:1:1: its text is compressed itself: compress it once, and end its name with .gz or .zst`},
		"nothing":                      {"", `d.csv:1:1: it is empty: its first line must name its columns`},
		"a header in one column":       {"id;name\n", `d.csv, column name: the file has no such column: its header is one column, "id;name": is the delimiter ";"? Declare it in the contract's source: {csv: …, delimiter: ";"}`},
		"a missing column":             {"id,names,mail\n", `d.csv, column name: the file has no such column: it has id, names, mail (did you mean names?)`},
		"one twice":                    {"id,name,mail,id\n", `d.csv, column id: the file has more than one column of that name`},
		"two but for case":             {"id,name,mail,ID\n", `d.csv, column id: the file has 2 columns whose names differ in case at most`},
		"a fraction of a whole number": {"id,name,mail\n1.5,,\n", `found "1.5", expected an integer, not a fraction`},
		"a wrong name of a column":     {"id,n\xe9e,mail\n", `d.csv:1:4: the name of a column: found "n\xe9e", expected valid UTF-8`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rowsOf(t, "d.csv", []byte(c.content), gold.Reading{}, d, 1)
			if err == nil || !strings.Contains(err.Error(), c.want) || gold.KindOf(err) != gold.Invalid {
				t.Errorf("error %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestGroupsAreTheFile reads a file of several groups, whose values have line breaks in quotes, by several workers, in batches
// of all sizes, and compares it with the standard library.
func TestGroupsAreTheFile(t *testing.T) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	want := [][]string{}
	_ = w.Write([]string{"id", "s"}) // a buffer takes every write
	for i := range 60_000 {
		row := []string{fmt.Sprint(i), strings.Repeat(string(rune('a'+i%26)), i%300)}
		switch i % 7 {
		case 1:
			row[1] = "\"\n" + row[1] + ",\n\n"
		case 2:
			row[1] += "\"\""
		}
		_ = w.Write(row)
		if row[1] == "" {
			row[1] = "null"
		}
		want = append(want, row)
	}
	w.Flush()
	f, err := Open(t.Context(), "d.csv", memory(b.Bytes()), gold.Reading{}, texts("id", "s"), nil, nil)
	if err != nil || f.Groups() < 2 || f.Rows() != int64(len(want)) {
		t.Fatalf("%d rows in %d groups, %v", f.Rows(), f.Groups(), err)
	}
	got, err := rowsOf(t, "d.csv", b.Bytes(), gold.Reading{}, texts("id", "s"), 3)
	if err != nil || !equalRows(got, want) {
		t.Error("other rows than the standard library wrote", err)
	}
}
