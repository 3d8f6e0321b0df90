package format

import (
	"archive/zip"
	"bytes"
	"io"
	"math"
	"strings"
	"testing"

	"goldserve/gold"
)

// spans returns a batch of durations.
func spans() *gold.Batch {
	b := gold.NewBatch([]gold.Field{{Name: "id", Kind: gold.Int}, {Name: "wait", Kind: gold.Duration, Scale: gold.DurationScale, Nullable: true}}, 4)
	for i, micros := range []int64{5_400_000_000, -500_000, math.MaxInt64} {
		b.AppendRow(gold.NewInt(int64(i)), gold.NewIntegral(gold.Duration, micros))
	}
	b.AppendRow(gold.NewInt(3), gold.Value{})
	return b
}

func TestDurationsAreISO8601InTexts(t *testing.T) {
	b := spans()
	for f, want := range map[Format]string{
		NDJSON: `{"id":0,"wait":"PT1H30M"}` + "\n" + `{"id":1,"wait":"-PT0.5S"}` + "\n" + `{"id":2,"wait":"PT2562047788H54.775807S"}` + "\n" + `{"id":3,"wait":null}` + "\n",
		CSV:    "id,wait\r\n0,PT1H30M\r\n1,-PT0.5S\r\n2,PT2562047788H54.775807S\r\n3,\r\n",
	} {
		if got := string(write(t, f, Options{Fields: b.Fields, Dialect: Exact}, b)); got != want {
			t.Errorf("%s: %q, want %q", f, got, want)
		}
	}
	if got := string(AppendValue(nil, b.Columns[1].Value(0), &b.Fields[1])); got != `"PT1H30M"` {
		t.Errorf("one value is %s", got)
	}
}

func TestDurationsAreFractionsOfADayInSheets(t *testing.T) {
	b := spans()
	content := write(t, XLSX, Options{Fields: b.Fields}, b)
	book, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{"xl/worksheets/sheet1.xml": "><v>0.0625</v>", "xl/styles.xml": `formatCode="[h]:mm:ss"`}
	for _, f := range book.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if want := parts[f.Name]; want != "" && !strings.Contains(string(text), want) {
			t.Errorf("%s has no %s", f.Name, want)
		}
		delete(parts, f.Name)
	}
	if len(parts) > 0 {
		t.Errorf("the workbook lacks %v", parts)
	}
}
