package format

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"goldserve/gold"
)

func TestNDJSONIsALineForEachRow(t *testing.T) {
	b := extremes(append(hostileTexts, "\x00", "\xff\xfe", strings.Repeat("é\n", 1<<19)))
	out := write(t, NDJSON, Options{Fields: everyKind}, b)
	lines := bufio.NewReader(bytes.NewReader(out))
	for i := range b.Rows {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		var row struct {
			ID   int64    `json:"id"`
			CA   *float64 `json:"ca"`
			Taux *float64 `json:"taux"`
			Nom  *string  `json:"nom"`
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatalf("line %d: %v", i, err)
		}
		if row.ID != b.Columns[0].Ints[i] {
			t.Errorf("line %d has id %d, want %d", i, row.ID, b.Columns[0].Ints[i])
		}
		if c := &b.Columns[3]; (row.Taux == nil) != c.IsNull(i) || row.Taux != nil && *row.Taux != c.Floats[i] {
			t.Errorf("line %d has taux %v, want %v", i, row.Taux, c.Value(i))
		}
		if c := &b.Columns[5]; (row.Nom == nil) != c.IsNull(i) || row.Nom != nil && *row.Nom != strings.ToValidUTF8(string(c.Text(i)), "\uFFFD\uFFFD") && *row.Nom != string(c.Text(i)) {
			t.Errorf("line %d has nom %.40q, want %.40q", i, *row.Nom, c.Text(i))
		}
	}
	if _, err := lines.ReadByte(); err != io.EOF {
		t.Error("there is more after the last row")
	}
	if out := write(t, NDJSON, Options{Fields: everyKind}); len(out) != 0 {
		t.Errorf("no rows are %q", out)
	}
}

func TestJSONIsAnArrayOfObjects(t *testing.T) {
	for _, batches := range [][]*gold.Batch{nil, {extremes(hostileTexts)}, {extremes(hostileTexts), extremes(hostileTexts)}} {
		want := 0
		for _, b := range batches {
			want += b.Rows
		}
		var rows []map[string]any
		if err := json.Unmarshal(write(t, JSON, Options{Fields: everyKind}, batches...), &rows); err != nil || len(rows) != want {
			t.Errorf("%d rows, %v; want %d", len(rows), err, want)
		}
	}
}

func TestDialects(t *testing.T) { // H52
	b := gold.NewBatch(everyKind, 4)
	b.AppendRow(gold.NewInt(-1), gold.NewBool(true), gold.NewDouble(-1234.5), gold.NewDouble(math.Inf(1)), gold.NewDecimal(-5), gold.NewText("=1;2,3"), gold.NewDate(15316), gold.NewTime(1323346320000), wide("-1.5"))
	b.AppendRow(gold.NewInt(2), gold.Value{}, gold.Value{}, gold.NewDouble(1.5e-9), gold.Value{}, gold.NewText(""), gold.NewDate(15316), gold.NewTime(1323346320500), gold.Value{})
	for _, c := range []struct {
		dialect Dialect
		want    string
	}{
		{Safe, "id,ok,ca,taux,prix,nom,jour,vu,total\r\n-1,true,-1234.5,,-0.05,\"'=1;2,3\",2011-12-08,2011-12-08T12:12:00Z,-1.500000000000000000\r\n2,,,1.5e-9,,\"\",2011-12-08,2011-12-08T12:12:00.500Z,\r\n"},
		{Exact, "id,ok,ca,taux,prix,nom,jour,vu,total\r\n-1,true,-1234.5,,-0.05,\"=1;2,3\",2011-12-08,2011-12-08T12:12:00Z,-1.500000000000000000\r\n2,,,1.5e-9,,\"\",2011-12-08,2011-12-08T12:12:00.500Z,\r\n"},
		{Excel, "\uFEFFid,ok,ca,taux,prix,nom,jour,vu,total\r\n-1,true,-1234.5,,-0.05,\"'=1;2,3\",2011-12-08,2011-12-08 12:12:00,-1.500000000000000000\r\n2,,,1.5e-9,,\"\",2011-12-08,2011-12-08 12:12:00.500,\r\n"},
		{ExcelFR, "\uFEFFid;ok;ca;taux;prix;nom;jour;vu;total\r\n-1;true;-1234,5;;-0,05;\"'=1;2,3\";2011-12-08;2011-12-08 12:12:00;-1,500000000000000000\r\n2;;;1,5e-9;;\"\";2011-12-08;2011-12-08 12:12:00.500;\r\n"},
	} {
		if got := string(write(t, CSV, Options{Fields: everyKind, Dialect: c.dialect}, b)); got != c.want {
			t.Errorf("%s gives\n%q\nwant\n%q", c.dialect, got, c.want)
		}
		if d, ok := ParseDialect(c.dialect.String()); !ok || d != c.dialect {
			t.Errorf("ParseDialect(%s) gives %s, %v", c.dialect, d, ok)
		}
	}
	if _, ok := ParseDialect("french"); ok {
		t.Error("french is a dialect")
	}
}

func TestANullInTheOnlyColumnIsALine(t *testing.T) {
	fields := []gold.Field{{Name: "nom", Kind: gold.Text, Nullable: true}}
	b := gold.NewBatch(fields, 2)
	b.AppendRow(gold.Value{})
	b.AppendRow(gold.NewText("x"))
	if got := string(write(t, CSV, Options{Fields: fields, Dialect: Exact}, b)); got != "nom\r\n\"\"\r\nx\r\n" {
		t.Errorf("got %q", got)
	}
}

var twoTexts = []gold.Field{{Name: "a", Kind: gold.Text, Nullable: true}, {Name: "b", Kind: gold.Text, Nullable: true}}

func checkCSV(t *testing.T, a, b string) {
	t.Helper()
	batch := gold.NewBatch(twoTexts, 1)
	batch.AppendRow(gold.NewText(a), gold.NewText(b))
	for d := Safe; d <= ExcelFR; d++ {
		out := bytes.TrimPrefix(write(t, CSV, Options{Fields: twoTexts, Dialect: d}, batch), []byte(byteOrderMark))
		r := csv.NewReader(bytes.NewReader(out))
		if d == ExcelFR {
			r.Comma = ';'
		}
		records, err := r.ReadAll()
		if err != nil || len(records) != 2 {
			t.Fatalf("%s: %q, %q are %q: %v", d, a, b, out, err)
		}
		for i, text := range []string{a, b} {
			want := strings.ReplaceAll(text, "\r\n", "\n") // encoding/csv reads them so
			got := records[1][i]
			if d != Exact && text != "" && formula(text[0]) {
				want = strings.ReplaceAll("'"+text, "\r\n", "\n")
			}
			if got != want {
				t.Errorf("%s: %q reads back as %q, want %q", d, text, got, want)
			}
			if d != Exact && got != "" && formula(got[0]) {
				t.Errorf("%s: %q is a formula", d, got)
			}
		}
	}
}

func TestCSVReadsBack(t *testing.T) {
	for _, text := range append(hostileTexts, "\x00", "\xff", strings.Repeat("\",\n", 1<<18)) {
		checkCSV(t, text, "b")
		checkCSV(t, "a", text)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("=a\"b", "\r\n;,")
	f.Fuzz(checkCSV)
}

func FuzzNDJSON(f *testing.F) {
	f.Add("a\u2028", int64(-1), 0.1, int64(1))
	f.Fuzz(func(t *testing.T, text string, n int64, d float64, at int64) {
		fields := []gold.Field{{Name: "t", Kind: gold.Text}, {Name: "n", Kind: gold.Int}, {Name: "d", Kind: gold.Double, Nullable: true}, {Name: "at", Kind: gold.Time}}
		at %= gold.MaxTime
		if at < gold.MinTime {
			at = gold.MinTime
		}
		b := gold.NewBatch(fields, 1)
		b.AppendRow(gold.NewText(text), gold.NewInt(n), gold.NewDouble(d), gold.NewTime(at))
		if math.IsInf(d, 0) || math.IsNaN(d) {
			d = 0
		}
		out := write(t, NDJSON, Options{Fields: fields}, b)
		type row struct {
			T  string  `json:"t"`
			N  int64   `json:"n"`
			D  float64 `json:"d"`
			At string  `json:"at"`
		}
		var got row
		if err := json.Unmarshal(out, &got); err != nil || bytes.Count(out, []byte("\n")) != 1 {
			t.Fatalf("%q: %v", out, err)
		}
		var back string
		quoted, err := json.Marshal(text)
		if err != nil || json.Unmarshal(quoted, &back) != nil {
			t.Fatal(err)
		}
		if want := (row{back, n, d, gold.NewTime(at).Time().Format("2006-01-02T15:04:05.999Z")}); !reflect.DeepEqual(got.T+got.At[:19], want.T+want.At[:19]) || got.N != n || got.D != d {
			t.Errorf("%q reads back as %+v, want %+v", out, got, want)
		}
	})
}
