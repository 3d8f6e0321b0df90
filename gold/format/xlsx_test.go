package format

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"goldserve/gold"
)

func TestSheetsReadBack(t *testing.T) {
	b := extremes(append([]string{"a\x00b"}, hostileTexts...))
	book, err := excelize.OpenReader(bytes.NewReader(write(t, XLSX, Options{Fields: everyKind, About: about}, b)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	rows, err := book.GetRows("data", excelize.Options{RawCellValue: true})
	if err != nil || len(rows) != b.Rows+1 {
		t.Fatalf("%d rows, %v; want %d", len(rows), err, b.Rows+1)
	}
	for i := range b.Rows {
		for c := range everyKind {
			cell := ""
			if c < len(rows[i+1]) {
				cell = rows[i+1][c]
			}
			if want := inSheet(b, i, c); cell != want && !sameNumber(cell, want) {
				t.Errorf("row %d %s is %.60q, want %.60q", i, everyKind[c].Name, cell, want)
			}
		}
	}
}

// inSheet returns the raw value of a cell.
func inSheet(b *gold.Batch, i, c int) string {
	v := b.Columns[c].Value(i)
	switch {
	case v.IsNull():
		return ""
	case v.Kind() == gold.Bool && v.Bool():
		return "1"
	case v.Kind() == gold.Bool:
		return "0"
	case v.Kind() == gold.Date && v.Int() >= firstSheetDay:
		return strconv.FormatInt(v.Int()+25_569, 10)
	case v.Kind() == gold.Time && v.Int() >= firstSheetDay*gold.MillisPerDay:
		return strconv.FormatFloat(float64(v.Int())/gold.MillisPerDay+25_569, 'f', -1, 64)
	case v.Kind() == gold.Text:
		return strings.ReplaceAll(v.Text(), "\x00", "\uFFFD")
	default:
		return v.Format(everyKind[c].Scale)
	}
}

// sameNumber compares numbers to fifteen digits.
func sameNumber(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && strconv.FormatFloat(x, 'g', 15, 64) == strconv.FormatFloat(y, 'g', 15, 64)
}

func TestWhatNoSheetHoldsIsRefused(t *testing.T) {
	fields := []gold.Field{{Name: "t", Kind: gold.Text}}
	long := gold.NewBatch(fields, 1)
	long.AppendRow(gold.NewText(strings.Repeat("\U0001F600", 16_384)))
	w, err := New(io.Discard, XLSX, Options{Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(long); gold.CodeOf(err) != gold.CodeInvalidParameter {
		t.Errorf("a text of 32,768 units: %v", err)
	}
	if w, err = New(io.Discard, XLSX, Options{Fields: fields}); err != nil {
		t.Fatal(err)
	}
	short := gold.NewBatch(fields, gold.MaxBatch)
	for range gold.MaxBatch {
		short.AppendRow(gold.NewText(""))
	}
	for range 16 {
		if err == nil {
			err = w.Write(short)
		}
	}
	if gold.CodeOf(err) != gold.CodeInvalidParameter {
		t.Errorf("1,048,576 rows: %v", err)
	}
}

func FuzzSheetText(f *testing.F) {
	f.Add("a<b>&\r\n\x00_x0041_\xff")
	f.Fuzz(func(t *testing.T, text string) {
		var got struct {
			Text string `xml:",chardata"`
		}
		if err := xml.Unmarshal(append(appendXML([]byte("<t>"), []byte(text)), "</t>"...), &got); err != nil {
			t.Fatal(err)
		}
		var want strings.Builder
		for _, r := range text {
			if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\uFFFE' || r == '\uFFFF' {
				r = utf8.RuneError
			}
			want.WriteRune(r)
		}
		if back := strings.ReplaceAll(got.Text, "_x005F_", "_"); back != want.String() && !strings.Contains(text, "_x005F_") {
			t.Errorf("%q reads back as %q, want %q", text, back, want.String())
		}
	})
}
