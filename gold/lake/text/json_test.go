package text

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// people are the same rows in every form of JSON.
const people = `{"id": 1, "name": "caf\u00e9 \"q\" \ud83d\ude00\n", "money": 1.10, "at": "2011-12-08T12:12:00+02:00", "ok": true, "address": {"city": "Nice", "geo": {"lat": 43.70}}, "tags": ["a", null, {"b" : 1.0}]}
{"tags":[],"name":null,"address":null,"id":-7,"more":[{}]}

{"id":9007199254740993,"name":"","address":{"city":3},"ok":"false"}
`

func peopleSet() *gold.Dataset {
	return dataset(
		gold.Field{Name: "id", Kind: gold.Int}, gold.Field{Name: "name", Kind: gold.Text}, gold.Field{Name: "money", Kind: gold.Decimal, Scale: 3}, gold.Field{Name: "at", Kind: gold.Time},
		gold.Field{Name: "ok", Kind: gold.Bool}, gold.Field{Name: "city", PhysicalName: "address.city", Kind: gold.Text}, gold.Field{Name: "lat", PhysicalName: "address.geo.lat", Kind: gold.Double},
		gold.Field{Name: "tags", Kind: gold.Text}, gold.Field{Name: "address", Kind: gold.Text},
	)
}

var peopleRows = [][]string{
	{"1", "café \"q\" 😀\n", "1.100", "2011-12-08T10:12:00Z", "true", "Nice", "43.7", `["a",null,{"b":1.0}]`, `{"city":"Nice","geo":{"lat":43.70}}`},
	{"-7", "null", "null", "null", "null", "null", "null", "[]", "null"},
	{"9007199254740993", "", "null", "null", "false", "3", "null", "null", `{"city":3}`},
}

func TestObjectsAreRowsInEveryForm(t *testing.T) {
	listed := "[" + strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(people), "\n\n", "\n"), "\n", ",") + "]"
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(listed), "", "\t"); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"d.ndjson": []byte(people), "d.jsonl.gz": gzipped(t, []byte(people)), "d.json": []byte(listed), "lines.json": []byte(strings.ReplaceAll(people, "\n", "\r\n")),
		"pretty.json": pretty.Bytes(), "pretty.json.zst": zstandard(t, append([]byte("\xef\xbb\xbf\n "), pretty.Bytes()...)),
	} {
		got, err := rowsOf(t, name, content, gold.Reading{}, peopleSet(), 1)
		if diff := cmp.Diff(peopleRows, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	for _, empty := range []string{"", "\n", " [ ] ", "[]"} {
		if got, err := rowsOf(t, "d.json", []byte(empty), gold.Reading{}, peopleSet(), 1); err != nil || len(got) != 0 {
			t.Errorf("%q: %v, %v", empty, got, err)
		}
	}
}

func TestErrorsOfJSONSayWhere(t *testing.T) {
	d := dataset(gold.Field{Name: "id", Kind: gold.Int}, gold.Field{Name: "s", Kind: gold.Text})
	d.Key = []string{"id"}
	for name, c := range map[string]struct{ content, want string }{
		"a value":                    {"{\"id\":1,\"s\":\"é\"}\n{\"s\":\"é\",\"id\":\"x\"}\n", `d.json:2:16, column id, row 2: found "x", expected an integer`},
		"in an array":                {"[\n  {\"id\": 1, \"s\": \"\"},\n  {\n    \"id\": 1.5\n  }\n]", `d.json:4:11, column id, row 2: found "1.5", expected an integer, not a fraction`},
		"an object for a number":     {"{\"id\":{\"a\":1},\"s\":\"\"}\n", `d.json:1:7, column id, row 1: found "{\"a\":1}", expected an integer`},
		"a key without a value":      {"{\"id\":1,\"s\":\"\"}\n{\"s\":\"\"}\n", `column id, row 2: found no value in a key`},
		"a field that no object has": {"{\"id\":1,\"S1\":2}\n{\"ids\":1}\n", `d.json, column s: the file has no such column: it has id, S1, ids`},
		"no JSON":                    {"{\"id\":1,\"s\":2}\n{\"id\":01}\n", `d.json:2:8, row 2: it is not JSON: expected a comma or }, found '1': write one object per line, or an array of objects`},
		"an object over lines":       {"{\n\"id\":1}\n", `d.json:1:2: the line ends within an object: expected a key in quotes: write one object per line, or an array of objects`},
		"a list":                     {"{\"id\":1,\"s\":2}\n[1]\n", `d.json:2:1, row 2: it is not JSON: expected an object, such as {"id": 1}, found '['`},
		"two in a line":              {"{\"id\":1,\"s\":2} {\"id\":2}\n", `d.json:1:16: it is not JSON: expected the end, found '{'`},
		"an array that was cut":      {"[{\"id\":1,\"s\":2},\n{\"id\":", `d.json:2:7: it ends within the array of objects: it was cut`},
		"one without its bracket":    {"[{\"id\":1,\"s\":2}\n", `it ends within the array of objects`},
		"two arrays":                 {"[{\"id\":1,\"s\":2}]\n[]", `d.json:2:1: it goes on after the array of objects`},
		"a comma too many":           {"[{\"id\":1,\"s\":2},\n]", `d.json:2:1, row 2: it is not JSON: expected an object`},
		"a sign that is no UTF-8":    {"{\"id\":1,\"s\":\"\xff\"}\n", `d.json:1:14, column s, row 1: found "\xff", expected valid UTF-8: correct the file`},
		"very deep":                  {"{\"id\":1,\"s\":" + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + "}\n", `objects and lists lie more than 1000 deep within each other`},
		"a byte 0":                   {"{\"id\":1,\"s\":\"\x00\"}\n", `d.json:1:1: it holds a zero byte, which text does not have: if it is UTF-16, write it in UTF-8`},
		"an escape":                  {"{\"id\":1,\"s\":\"\\x\"}\n", `d.json:1:15: it is not JSON: expected an escaped character, found 'x'`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rowsOf(t, "d.json", []byte(c.content), gold.Reading{}, d, 1)
			if err == nil || !strings.Contains(err.Error(), c.want) || gold.KindOf(err) != gold.Invalid {
				t.Errorf("error %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestGroupsOfJSONAreTheFile reads files of several groups by several workers.
func TestGroupsOfJSONAreTheFile(t *testing.T) {
	for _, array := range []bool{false, true} {
		var b bytes.Buffer
		want := [][]string{}
		for i := range 60_000 {
			text := strings.Repeat("]},\"\n", i%40)
			want = append(want, []string{fmt.Sprint(i), text})
			object, err := json.Marshal(map[string]any{"id": i, "s": text, "other": []int{i}})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case array && i > 0:
				b.WriteString(",\n")
			case array:
				b.WriteByte('[')
			}
			b.Write(object)
			if !array {
				b.WriteByte('\n')
			}
		}
		if array {
			b.WriteByte(']')
		}
		f, err := Open(t.Context(), "d.json", memory(b.Bytes()), gold.Reading{}, texts("id", "s"), nil, nil)
		if err != nil || f.Groups() < 2 || f.Rows() != int64(len(want)) {
			t.Fatalf("%d rows in %d groups, %v", f.Rows(), f.Groups(), err)
		}
		if got, err := rowsOf(t, "d.json", b.Bytes(), gold.Reading{}, texts("id", "s"), 3); err != nil || !equalRows(got, want) {
			t.Error("other rows than were written", err)
		}
	}
}

func TestColumnsOfObjectsLieInThem(t *testing.T) {
	columns, err := Columns(t.Context(), "d.json", memory(people), gold.Reading{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	if diff := cmp.Diff([]string{"id", "name", "money", "at", "ok", "address.city", "address.geo.lat", "tags", "more"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestKeysAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&b, "{\"k%d\":1}\n", i)
	}
	_, err := rowsOf(t, "d.json", []byte(b.String()), gold.Reading{}, texts("absent"), 1)
	if err == nil || !strings.Contains(err.Error(), "it has more than 10000 different keys") {
		t.Error(err)
	}
	// What lies in an object has the object's name too.
	long := strings.Repeat("k", maxName-1)
	if columns, err := Columns(t.Context(), "d.json", memory(`{"`+long[1:]+`":{"a":1}}`), gold.Reading{}); err != nil || len(columns) != 1 {
		t.Errorf("%d columns: %v", len(columns), err)
	}
	for _, record := range []string{`{"` + long + `kk":1}`, `{"` + long + `":{"a":1}}`} {
		_, err := Columns(t.Context(), "d.json", memory(record), gold.Reading{})
		if err == nil || !strings.Contains(err.Error(), "the name of a key has 4097 bytes, those of the objects that it lies in included: at most 4096 are allowed") {
			t.Error(err)
		}
	}
}

// FuzzJSON holds the reader to the standard library's: both take the same lines, and read the same strings and numbers.
func FuzzJSON(f *testing.F) {
	for seed := range strings.SplitSeq(people, "\n") {
		f.Add([]byte(seed))
	}
	for _, seed := range []string{`{"id":1e5,"id":-0.5E+1}`, `{"a":"\ud800x","\u0061":[tru]}`, `{"name":{"a":[{"b":" \\\" "}]}} x`, `{"a":1,}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.ContainsAny(line, "\n\r\x00") || !utf8.Valid(line) || len(bytes.TrimSpace(line)) == 0 || bytes.TrimSpace(line)[0] == '[' || bytes.HasPrefix(line, utf8Mark[:]) {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		var want map[string]any
		wantErr := decoder.Decode(&want)
		if _, err := decoder.Token(); wantErr == nil && err != io.EOF {
			wantErr = fmt.Errorf("more: %w", err)
		}
		if wantErr == nil && want == nil {
			return // null, which is no object
		}
		o := newObjects(nil)
		err := o.read(line)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, and the standard library %v", line, err, wantErr)
		}
		if err != nil || len(want) == 0 {
			return
		}
		names := []string{}
		for name := range want {
			if !strings.Contains(name, ".") && name != "" {
				names = append(names, name)
			}
		}
		only := o.of(o.names, nil)
		if err := only.read(line); err != nil {
			t.Fatal(err)
		}
		r := Reader{objects: only}
		for _, name := range names {
			c := &only.cells[only.index[name]]
			got := string(r.text(line, c, gold.Text))
			switch w := want[name].(type) {
			case string:
				if got != w || !c.quoted {
					t.Fatalf("%q: %s is %q, want %q", line, name, got, w)
				}
			case json.Number:
				if got != string(w) {
					t.Fatalf("%q: %s is %q, want %q", line, name, got, w)
				}
			case nil:
				if got != "" || c.quoted {
					t.Fatalf("%q: %s is %q, want null", line, name, got)
				}
			case bool:
				if got != fmt.Sprint(w) {
					t.Fatalf("%q: %s is %q, want %t", line, name, got, w)
				}
			default:
				var again any
				decoder := json.NewDecoder(strings.NewReader(got))
				decoder.UseNumber()
				if err := decoder.Decode(&again); err != nil || cmp.Diff(w, again) != "" {
					t.Fatalf("%q: %s is %s, %v", line, name, got, err)
				}
			}
		}
	})
}
