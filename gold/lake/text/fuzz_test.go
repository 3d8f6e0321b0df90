package text

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"goldserve/gold"
)

// FuzzCSV holds the reader to the standard library's: both read the same. The standard library drops the CR before a line break in
// quotes, so that texts with CR are left out.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "a,b\n\"x\ny\",\"\"\"\"\n\n,\n", "a\n\n", "a,b\n5\" pipe,2\n\"a\"b,c\n", "a,b\n\"open,\n", "\"a\n\",b\n1,2"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if bytes.ContainsAny(content, "\r\x00") || !utf8.Valid(content) || bytes.HasPrefix(content, utf8Mark[:]) {
			return
		}
		r := csv.NewReader(bytes.NewReader(content))
		want, wantErr := r.ReadAll()
		names, err := headerOf(t, content)
		if err != nil {
			if wantErr == nil && len(want) > 0 {
				t.Fatalf("refused %q, which the standard library reads as %q: %v", content, want, err)
			}
			return
		}
		if len(slices.Compact(slices.Sorted(slices.Values(names)))) < len(names) || slices.Contains(names, "") {
			return // no contract can name its columns
		}
		for i := range names {
			if len(names[i]) > 0 && slices.ContainsFunc(names[i+1:], func(o string) bool { return bytes.EqualFold([]byte(o), []byte(names[i])) }) {
				return
			}
		}
		got, err := rowsOf(t, "d.csv", content, gold.Reading{Null: []string{"\x00"}}, texts(names...), 1)
		switch {
		case err != nil && wantErr == nil:
			t.Fatalf("refused %q, which the standard library reads as %q: %v", content, want, err)
		case err != nil:
			return
		case wantErr != nil:
			t.Fatalf("read %q as %q, and the standard library refuses it: %v", content, got, wantErr)
		}
		if len(names) == 1 { // whose empty lines are rows
			got = slices.DeleteFunc(got, func(row []string) bool { return row[0] == "null" })
			want = slices.DeleteFunc(want, func(row []string) bool { return row[0] == "null" })
		}
		if len(want) != len(got)+1 {
			t.Fatalf("%q has %d rows, want %d: %q, %q", content, len(got), len(want)-1, got, want)
		}
		for i, row := range got {
			for c, text := range row {
				if w := want[i+1][c]; text != w && (text != "null" || w != "") {
					t.Fatalf("%q: row %d is %q, want %q", content, i+1, row, want[i+1])
				}
			}
		}
	})
}

// headerOf returns the names of the columns of a file.
func headerOf(t *testing.T, content []byte) ([]string, error) {
	columns, err := Columns(t.Context(), "d.csv", memory(content), gold.Reading{})
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names, err
}

// FuzzRaw holds each line of JSON to the standard library's word, whatever its neighbours are, and each CSV file to rows in the order of
// their lines.
func FuzzRaw(f *testing.F) {
	for _, seed := range []string{"{\"a\":1.10,\"b\":[1]}\n{\"a\":\n{\"b\":\"\\ud83d\"}", "a,b\n1,2\n\"x,3\n4\n\"5\"\"\",\"\n6\",\n", "a;b\n\xe9;2\r\n\n3;4", "{}\r\n\n{\"a\":1}x\n{\"a\":-}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		rows, _, err := rawRows(t, "f.csv", content, gold.Reading{}, "a", "b")
		if _, known := errors.AsType[*gold.Error](err); err != nil && !known {
			t.Fatal(err)
		}
		last := 1
		for _, row := range rows {
			parts := strings.Split(row, "|")
			line, _ := strconv.Atoi(parts[len(parts)-2])
			if line <= last && !bytes.ContainsAny(content, "|") {
				t.Fatalf("%q: line %d after line %d", content, line, last)
			}
			last = line
		}
		first := bytes.TrimLeft(content, " \t\r\n")
		if bytes.HasPrefix(first, []byte("[")) || bytes.ContainsAny(content, "\x00|") || !utf8.Valid(content) || bytes.HasPrefix(content, utf8Mark[:]) {
			return
		}
		rows, _, err = rawRows(t, "f.jsonl", content, gold.Reading{}, "a", "b")
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.SplitSeq(content, []byte("\n")) {
			if line = bytes.TrimSuffix(line, []byte("\r")); len(line) == 0 {
				continue
			}
			if len(rows) == 0 {
				t.Fatalf("%q has too few rows", content)
			}
			sound := json.Valid(line) && bytes.HasPrefix(bytes.TrimLeft(line, " \t\r"), []byte("{"))
			if broken := strings.HasSuffix(rows[0], NotJSON); broken == sound {
				t.Fatalf("%q is read as %q", line, rows[0])
			}
			rows = rows[1:]
		}
		if len(rows) > 0 {
			t.Fatalf("%q has rows too many: %q", content, rows)
		}
	})
}
