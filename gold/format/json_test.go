package format

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"goldserve/gold"
)

func TestStringsAreWrittenAsEncodingJSONDoes(t *testing.T) {
	texts := []string{"", "Café", `a"b\c`, "</script><img>&", "\u2028\u2029", "\x00\x01\x1f\x7f", "a\tb\nc\rd\be\ff", "\xff\xfe", "é\xc3", "\u65e5\u672c\U0001F600", "\ufffd"}
	for _, text := range texts {
		checkString(t, text)
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("Tray, \"Breakfast\" <In> Bed\u2028")
	f.Add("\xc0\xaf\x00")
	f.Fuzz(checkString)
}

func checkString(t *testing.T, text string) {
	t.Helper()
	want, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := AppendString(nil, []byte(text)); string(got) != string(want) {
		t.Errorf("%q is written as %s, encoding/json writes %s", text, got, want)
	}
}

// shortest is of fields without a precision.
var shortest = number{digits: -1}

func TestDoublesAreWrittenAsEncodingJSONDoes(t *testing.T) {
	for _, f := range []float64{0, 1, -1, 0.1, 1e-6, 9.99e-7, 1e-9, 1e20, 1e21, 1.5e300, 5e-324, math.MaxFloat64, 1 << 53, 2182610.8900000001} {
		checkDouble(t, f)
		checkDouble(t, -f)
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := (number{digits: 2}).append(nil, f); string(got) != "null" {
			t.Errorf("%v is written as %s, want null", f, got)
		}
	}
}

func FuzzAppendNumber(f *testing.F) {
	f.Add(4969961.8100000005)
	f.Add(1e-7)
	f.Fuzz(checkDouble)
}

func checkDouble(t *testing.T, f float64) {
	t.Helper()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return
	}
	want, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if f != 0 || !math.Signbit(f) {
		if got := shortest.append(nil, f); string(got) != string(want) {
			t.Errorf("%v is written as %s, encoding/json writes %s", f, got, want)
		}
	}
	for digits := range 4 {
		checkPrecision(t, f, digits)
	}
}

// checkPrecision holds number.append against strconv: the decimal of that precision where it is near enough, else the
// number itself.
func checkPrecision(t *testing.T, f float64, digits int) {
	t.Helper()
	got := string(number{digits: digits}.append(nil, f))
	back, err := strconv.ParseFloat(got, 64)
	if err != nil {
		t.Fatalf("%v with %d digits is written as %s: %v", f, digits, got, err)
	}
	if back == f {
		return
	}
	if math.Abs(back-f) >= 1e-6 {
		t.Errorf("%v with %d digits is written as %s: moved by more than 1e-6", f, digits, got)
	}
	want := strconv.FormatFloat(f, 'f', digits, 64)
	if digits > 0 {
		want = strings.TrimSuffix(strings.TrimRight(want, "0"), ".")
	}
	if want == "-0" {
		want = "0"
	}
	if got != want {
		t.Errorf("%v with %d digits is written as %s, want %s", f, digits, got, want)
	}
}

func TestPrecisionFollowsMultipleOf(t *testing.T) {
	for _, c := range []struct {
		multipleOf, value float64
		want              string
	}{
		{0, 4969961.8100000005, "4969961.8100000005"},
		{0.01, 4969961.8100000005, "4969961.81"},
		{0.01, 3487.0400000000004, "3487.04"},
		{0.01, 6842.279999999999, "6842.28"},
		{0.01, 100.00000000001, "100"},
		{0.01, 0.004, "0.004"},
		{0.01, -0.00000001, "0"},
		{0.01, -12.3, "-12.3"},
		{0.01, 0.05, "0.05"},
		{0.01, 1e18, "1000000000000000000"},
		{0.01, 21.68697329541164, "21.68697329541164"},
		{1, 12.0000000001, "12"},
		{1, 120, "120"},
		{5, 15, "15"},
		{0.001, 1.2345, "1.2345"},
		{0.05, 1.1500000000000001, "1.15"},
	} {
		if got := string(numberOf(&gold.Field{MultipleOf: c.multipleOf}).append(nil, c.value)); got != c.want {
			t.Errorf("%v with multipleOf %v is written as %s, want %s", c.value, c.multipleOf, got, c.want)
		}
	}
}

func TestRowsHoldEveryKind(t *testing.T) {
	fields := []gold.Field{
		{Name: "id", Kind: gold.Int},
		{Name: "ok", Kind: gold.Bool},
		{Name: "ca", Kind: gold.Double, MultipleOf: 0.01},
		{Name: "prix", Kind: gold.Decimal, Scale: 2},
		{Name: "nom", Kind: gold.Text},
		{Name: "jour", Kind: gold.Date},
		{Name: "vu", Kind: gold.Time},
	}
	b := gold.NewBatch(fields, 2)
	b.AppendRow(gold.NewInt(math.MaxInt64), gold.NewBool(true), gold.NewDouble(1.1000000000000001), gold.NewDecimal(-5),
		gold.NewText("<é>"), gold.NewDate(-1), gold.NewTime(1323346320500))
	b.AppendRow(make([]gold.Value, len(fields))...)
	e := NewJSONEncoder(fields)
	for i, want := range []string{
		`{"id":9223372036854775807,"ok":true,"ca":1.1,"prix":-0.05,"nom":"\u003cé\u003e","jour":"1969-12-31","vu":"2011-12-08T12:12:00.500Z"}`,
		`{"id":null,"ok":null,"ca":null,"prix":null,"nom":null,"jour":null,"vu":null}`,
	} {
		if got := string(e.AppendRow(nil, b, i)); got != want {
			t.Errorf("row %d is %s\nwant %s", i, got, want)
		}
	}
	if allocs := testing.AllocsPerRun(100, func() { e.AppendRow(make([]byte, 0, 512)[:0], b, 0) }); allocs > 1 {
		t.Errorf("a row of every kind costs %v allocations", allocs)
	}
}

func TestExactNumbersAreWrittenInFullAndAsTextWhereTheContractSaysSo(t *testing.T) {
	big, _ := gold.ParseValue(gold.WideDecimal, 18, "99999999999999999999.999999999999999999")
	for _, text := range []bool{false, true} {
		fields := []gold.Field{{Name: "i", Kind: gold.Int}, {Name: "d", Kind: gold.Decimal, Scale: 2}, {Name: "w", Kind: gold.WideDecimal, Precision: 38, Scale: 18}}
		want := `{"i":9223372036854775807,"d":-0.05,"w":99999999999999999999.999999999999999999}`
		if text {
			for i := range fields {
				fields[i].Doc.Format = "text"
			}
			want = `{"i":"9223372036854775807","d":"-0.05","w":"99999999999999999999.999999999999999999"}`
		}
		b := gold.NewBatch(fields, 1)
		b.AppendRow(gold.NewInt(math.MaxInt64), gold.NewDecimal(-5), big)
		if got := string(NewJSONEncoder(fields).AppendRow(nil, b, 0)); got != want {
			t.Errorf("text %v: %s, want %s", text, got, want)
		}
		got := "{"
		for i := range fields {
			if i > 0 {
				got += ","
			}
			got += `"` + fields[i].Name + `":` + string(AppendValue(nil, b.Columns[i].Value(0), &fields[i]))
		}
		if got += "}"; got != want {
			t.Errorf("text %v: values %s, want %s", text, got, want)
		}
	}
}

func BenchmarkRows(b *testing.B) {
	fields := []gold.Field{{Name: "id_client", Kind: gold.Int}, {Name: "freq_12m", Kind: gold.Int}, {Name: "monetary_12m", Kind: gold.Double, MultipleOf: 0.01}, {Name: "prob", Kind: gold.Double}, {Name: "last_purchase", Kind: gold.Time}, {Name: "segment_label", Kind: gold.Text}}
	batch := gold.NewBatch(fields, 1000)
	for i := range 1000 {
		batch.AppendRow(gold.NewInt(int64(i)), gold.NewInt(int64(i*7)), gold.NewDouble(float64(i)*1.01), gold.NewDouble(1/float64(i+1)), gold.NewTime(1323346320000+int64(i)*1000), gold.NewText("A potentiel"))
	}
	e := NewJSONEncoder(fields)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = dst[:0]
		for i := range batch.Rows {
			dst = e.AppendRow(dst, batch, i)
		}
	}
	b.ReportMetric(float64(batch.Rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
