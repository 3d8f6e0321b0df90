package text

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// rawRows reads a file as a Raw: each row is its values, line and reason, joined by bars; a null is ∅.
func rawRows(tb testing.TB, name string, content []byte, r gold.Reading, columns ...string) ([]string, *Raw, error) {
	tb.Helper()
	w, err := OpenRaw(tb.Context(), name, memory(content), r, columns, nil, 3)
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	var rows []string
	for {
		b, err := w.Next(tb.Context())
		if errors.Is(err, io.EOF) {
			return rows, w, nil
		}
		if err != nil {
			return rows, w, err
		}
		for i := range b.Rows {
			var row []string
			for c := range b.Columns {
				switch v := b.Columns[c].Value(i); {
				case v.IsNull():
					row = append(row, "∅")
				default:
					row = append(row, v.String())
				}
			}
			rows = append(rows, strings.Join(row, "|"))
		}
	}
}

func TestRawKeepsTextAsItStandsThere(t *testing.T) {
	for _, c := range []struct {
		what, name, text string
		reading          gold.Reading
		want             []string
	}{
		{"CSV as it is", "f.csv", "a,b,c\n 1.10 ,\"x\ny \"\"q\"\"\",z\n,\"\",NA\n", gold.Reading{}, []string{" 1.10 |x\ny \"q\"|2|∅", "∅||4|∅"}},
		{"a line break in quotes counts", "f.csv", "b,a\n\"1\n2\n3\",x\ny,z\n", gold.Reading{}, []string{"x|1\n2\n3|2|∅", "z|y|5|∅"}},
		{"too few and too many values", "f.csv", "a,b\n1,2\n3\n4,5,6\n7,8\n", gold.Reading{}, []string{"1|2|2|∅", "∅|∅|3|field_count", "∅|∅|4|field_count", "7|8|5|∅"}},
		{"a quote within a value", "f.csv", "a,b\n1,2\n3,5\" pipe\n4,\"x\"y\n7,8\n", gold.Reading{}, []string{"1|2|2|∅", "∅|∅|3|quotes", "∅|∅|4|quotes", "7|8|5|∅"}},
		{"a quote that never closes", "f.csv", "a,b\n1,2\n3,\"x\n7,8\n9,10", gold.Reading{}, []string{"1|2|2|∅", "∅|∅|3|quotes", "7|8|4|∅", "9|10|5|∅"}},
		{"a quote that a later one closes", "f.csv", "a,b\n3,\"x\n7,8\n\"9\",10\n", gold.Reading{}, []string{"∅|∅|2|quotes", "7|8|3|∅", "9|10|4|∅"}},
		{"a quote that never closes in the last line", "f.csv", "a,b\n1,2\n3,\"x", gold.Reading{}, []string{"1|2|2|∅", "∅|∅|3|quotes"}},
		{"bytes that are no text", "f.csv", "a,b\né,2\nü,ö\n\xff,3\n7,8\n", gold.Reading{}, []string{"é|2|2|∅", "ü|ö|3|∅", "∅|∅|4|encoding", "7|8|5|∅"}},
		{"Latin-1 is guessed", "f.csv", "a,b\n\xe9t\xe9,2\n", gold.Reading{}, []string{"été|2|2|∅"}},
		{"so is a delimiter", "f.csv", "a;b\n1;2\n3;4\n", gold.Reading{}, []string{"1|2|2|∅", "3|4|3|∅"}},
		{"but for one that finds the columns", "f.csv", "a,b\n1;1,2;1\n", gold.Reading{}, []string{"1;1|2;1|2|∅"}},
		{"words for null that are declared", "f.csv", "a,b\nNA,\"NA\"\n", gold.Reading{Null: []string{"NA"}}, []string{"∅|NA|2|∅"}},
		{"JSON lines", "f.jsonl", "{\"a\": 1.10, \"b\": \"x\\ny\"}\n{\"b\": true}\n\n{\"a\": [1, {\"z\": 2.50}], \"b\": null, \"c\": 9}\n", gold.Reading{}, []string{"1.10|x\ny|1|∅", "∅|true|2|∅", "[1,{\"z\":2.50}]|∅|4|∅"}},
		{"a broken line keeps its neighbours", "f.jsonl", "{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":\n{\"a\":5,\"b\":6}\nno JSON\n[1]\n{\"a\":7,\"b\":8}", gold.Reading{}, []string{"1|2|1|∅", "∅|∅|2|not_json", "5|6|3|∅", "∅|∅|4|not_json", "∅|∅|5|not_json", "7|8|6|∅"}},
		{"a number with all its digits", "f.json", "[{\"a\": 12345678901234567890.000, \"b\": 1E+400},\n {\"a\": -0, \"b\": {\"a\": 1}}]", gold.Reading{}, []string{"12345678901234567890.000|1E+400|1|∅", "-0|{\"a\":1}|2|∅"}},
		{"a broken element of an array", "f.json", "[{\"a\": 1, \"b\": 2},\n {\"a\" 3},\n {\"a\": 5, \"b\": 6}]", gold.Reading{}, []string{"1|2|1|∅", "∅|∅|2|not_json", "5|6|3|∅"}},
		{"half of a pair of UTF-16", "f.jsonl", "{\"a\": \"\\ud83d\", \"b\": \"\\ud83d\\ude00\"}\n", gold.Reading{}, []string{"\uFFFD|😀|1|∅"}},
	} {
		rows, _, err := rawRows(t, c.name, []byte(c.text), c.reading, "a", "b")
		if diff := cmp.Diff(c.want, rows); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", c.what, err, diff)
		}
	}
}

func TestRawFindsValuesWithinObjects(t *testing.T) {
	rows, w, err := rawRows(t, "f.jsonl", []byte("{\"u\": {\"id\": 7, \"n\": {\"x\": \"y\"}}}\n{\"u\": 3}\n{\"u.id\": 4}\n"), gold.Reading{}, "u.id", "u.n.x", "u.z")
	if diff := cmp.Diff([]string{"7|y|∅|1|∅", "∅|∅|∅|2|∅", "4|∅|∅|3|∅"}, rows); diff != "" || err != nil {
		t.Fatal(err, diff)
	}
	if diff := cmp.Diff([]string{"u.z"}, w.Lacks()); diff != "" {
		t.Error(diff)
	}
	keys, err := Keys(t.Context(), "f.jsonl", memory("{\"u\": {\"id\": 7}}\nbroken\n{\"w\": 3}\n"), gold.Reading{})
	if diff := cmp.Diff([]string{"u", "u.id", "w"}, keys); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestRawRefusesFilesThatAreNone(t *testing.T) {
	var cut bytes.Buffer
	packed := gzip.NewWriter(&cut)
	_, _ = packed.Write([]byte("a,b\n1,2\n"))
	_ = packed.Close()
	for _, c := range []struct{ what, name, text, want string }{
		{"a column is missing", "f.csv", "a,bb\n1,2\n", "schema_missing"},
		{"two columns of a name", "f.csv", "a,b,b\n1,2,3\n", "schema_duplicate"},
		{"an empty file", "f.csv", "", "file_invalid"},
		{"a zero byte", "f.csv", "a,b\n1,\x002\n", "file_invalid"},
		{"cut off", "f.csv.gz", cut.String()[:cut.Len()-9], "file_invalid"},
		{"no gzip", "f.csv.gz", "a,b\n1,2\n", "file_invalid"},
		{"an array that was cut off", "f.json", "[{\"a\": 1", "file_invalid"},
	} {
		_, _, err := rawRows(t, c.name, []byte(c.text), gold.Reading{}, "a", "b")
		if got := gold.CodeOf(err); string(got) != c.want {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

// The quotes of a line that were never closed must not make each line after it be read up to the end.
func TestRawOfQuotesWithoutEnd(t *testing.T) {
	text := []byte("a,b\n\"x,1\n")
	for len(text) < 40<<20 {
		text = append(text, "12,3\"\"\"\"4\n567890123,45678901234567890123456789\n"...)
	}
	w, err := OpenRaw(t.Context(), "f.csv", memory(text), gold.Reading{}, []string{"a", "b"}, nil, 4096)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for {
		if _, err := w.Next(t.Context()); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			break
		}
	}
	if rows, broken := w.Rows(); rows != int64(bytes.Count(text, []byte("\n"))-1) || broken != rows/2+1 {
		t.Errorf("%d rows, %d of them broken", rows, broken)
	}
}

// What CPython's csv and json modules read is what a Raw reads.
func TestRawIsWhatPythonReads(t *testing.T) {
	python := storetest.Python(t)
	values := []string{"", " ", "1.10", "a,b", "q\"q", "line\nbreak", "\"", "é😀", "null", "0", "\t", "a;b", "x\r\ny"}
	var want [][]string
	for i := range 500 {
		want = append(want, []string{fmt.Sprint(i), values[i%len(values)], values[(i*7+i/13)%len(values)]})
	}
	data, _ := json.Marshal(want)
	script := `
import csv, io, json, sys
rows = json.load(sys.stdin)
out = io.StringIO()
w = csv.writer(out, lineterminator="\n"); w.writerow(["a", "b", "c"]); w.writerows(rows)
text = out.getvalue()
reader = csv.reader(io.StringIO(text, newline=""))
read = [(reader.line_num, r) for r in reader]
lines = "\n".join(json.dumps({"c": r[2], "a": r[0], "b": r[1]}) for r in rows)
print(json.dumps({"csv": text, "json": lines, "rows": [r for _, r in read[1:]], "lines": [1 + read[i][0] for i in range(len(rows))]}))`
	run := exec.CommandContext(t.Context(), python, "-c", script)
	run.Stdin = bytes.NewReader(data)
	printed, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	var from struct {
		CSV, JSON string
		Rows      [][]string
		Lines     []int
	}
	if err := json.Unmarshal(printed, &from); err != nil {
		t.Fatal(err)
	}
	check := func(name, text string, lineOf func(int) int) {
		rows, _, err := rawRows(t, name, []byte(text), gold.Reading{}, "a", "b", "c")
		if err != nil || len(rows) != len(from.Rows) {
			t.Fatalf("%s: %d rows, %v", name, len(rows), err)
		}
		for i, row := range from.Rows {
			expected := strings.Join(row, "|") + fmt.Sprintf("|%d|∅", lineOf(i))
			if got := strings.ReplaceAll(rows[i], "∅|", "|"); got != expected && got != strings.Replace(expected, "∅", "", 1) {
				t.Errorf("%s: row %d is %q, Python has %q", name, i, rows[i], expected)
			}
		}
	}
	check("f.csv", from.CSV, func(i int) int { return from.Lines[i] })
	check("f.jsonl", from.JSON, func(i int) int { return i + 1 })
}
