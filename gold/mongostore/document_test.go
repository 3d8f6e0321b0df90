package mongostore

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

// everyKind is a dataset with a field of each kind, and a key of several.
func everyKind() gold.Dataset {
	return gold.Dataset{
		Model: "shop", Name: "kinds", Collection: "shop_kinds", Key: []string{"text", "int"},
		Fields: []gold.Field{
			{Name: "bool", Kind: gold.Bool, Nullable: true},
			{Name: "int", Kind: gold.Int},
			{Name: "double", Kind: gold.Double, Nullable: true},
			{Name: "decimal", Kind: gold.Decimal, Scale: 2, Nullable: true},
			{Name: "text", Kind: gold.Text},
			{Name: "date", Kind: gold.Date, Nullable: true},
			{Name: "time", Kind: gold.Time, Nullable: true},
		},
		BI: []gold.BIField{{Name: "day", From: "date"}},
	}
}

func TestDocumentsAreWhatTheDriverWrites(t *testing.T) {
	d := everyKind()
	e := newEncoder(&d)
	for _, c := range []struct {
		row  []gold.Value
		want bson.D
	}{
		{
			[]gold.Value{gold.NewBool(true), gold.NewInt(-7), gold.NewDouble(0.1), gold.NewDecimal(-1230), gold.NewText(`a "b",c`), gold.NewDate(-1), gold.NewTime(-1), gold.NewTime(-86_400_000)},
			bson.D{
				{Key: "_id", Value: `"a ""b"",c",-7`},
				{Key: "bool", Value: true},
				{Key: "int", Value: int64(-7)},
				{Key: "double", Value: 0.1},
				{Key: "decimal", Value: decimal128(t, "-12.30")},
				{Key: "text", Value: `a "b",c`},
				{Key: "date", Value: bson.DateTime(-86_400_000)},
				{Key: "time", Value: bson.DateTime(-1)},
				{Key: "day", Value: bson.DateTime(-86_400_000)},
			},
		},
		{
			[]gold.Value{{}, gold.NewInt(math.MinInt64), {}, {}, gold.NewText(""), {}, {}, {}},
			bson.D{
				{Key: "_id", Value: ",-9223372036854775808"},
				{Key: "bool", Value: nil},
				{Key: "int", Value: int64(math.MinInt64)},
				{Key: "double", Value: nil},
				{Key: "decimal", Value: nil},
				{Key: "text", Value: ""},
				{Key: "date", Value: nil},
				{Key: "time", Value: nil},
				{Key: "day", Value: nil},
			},
		},
	} {
		b := gold.NewBatch(d.Stored(), 1)
		b.AppendRow(c.row...)
		want, err := bson.Marshal(c.want)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(bson.Raw(want).String(), bson.Raw(e.appendRow(nil, b, 0)).String()); diff != "" {
			t.Errorf("document (-driver +ours):\n%s", diff)
		}
		if got := compositeKey(d.KeyFields(), []gold.Value{c.row[4], c.row[1]}); got != c.want[0].Value {
			t.Errorf("a query asks for _id %q, expected %q", got, c.want[0].Value)
		}

		dec := newDecoder(d.Fields, nil)
		if err := dec.add(want, &gold.Version{Dataset: d}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fmt.Sprint(c.row[:7]), fmt.Sprint(dec.batch.Row(0, nil))); diff != "" {
			t.Errorf("read back (-want +got):\n%s", diff)
		}
	}
}

func decimal128(t *testing.T, text string) bson.Decimal128 {
	t.Helper()
	d, err := bson.ParseDecimal128(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDecimals(t *testing.T) {
	for _, c := range []struct {
		text  string
		scale int
		want  int64
		fits  bool
	}{
		{"12.30", 2, 1230, true},
		{"12.3", 2, 1230, true},
		{"1E+3", 2, 100_000, true},
		{"0", 4, 0, true},
		{"0E+30", 2, 0, true},
		{"0E-30", 2, 0, true},
		{"-0.10", 1, -1, true},
		{"12.345", 2, 0, false},
		{"999999999999999999", 0, 999_999_999_999_999_999, true},
		{"-9223372036854775808", 0, math.MinInt64, true},
		{"9223372036854775808", 0, 0, false},
		{"1E+6000", 2, 0, false},
		{"1E-6000", 2, 0, false},
		{"NaN", 2, 0, false},
		{"Infinity", 2, 0, false},
	} {
		got, ok := unscaled(decimal128(t, c.text), c.scale)
		if got != c.want || ok != c.fits {
			t.Errorf("%s at scale %d is %d, %v, expected %d, %v", c.text, c.scale, got, ok, c.want, c.fits)
		}
	}
	for _, n := range []int64{0, 1, -1, 999_999_999_999_999_999, math.MaxInt64, math.MinInt64} {
		for scale := range 19 {
			want := string(gold.AppendDecimal(nil, n, scale))
			d := bson.NewDecimal128(decimalBits(n, scale))
			if back, ok := unscaled(d, scale); back != n || !ok {
				t.Errorf("%s reads back as %d, %v", want, back, ok)
			}
			if same := decimal128(t, want); same != d {
				t.Errorf("%d at scale %d is %s, expected %s", n, scale, d, same)
			}
		}
	}
}

func TestWideDecimals(t *testing.T) {
	for _, c := range []struct {
		text             string
		precision, scale int
		want             any // as the driver has it
	}{
		{"0", 19, 2, decimal128(t, "0.00")},
		{"-12.30", 19, 2, decimal128(t, "-12.30")},
		{"99999999999999999999999999999999.99", 34, 2, decimal128(t, "99999999999999999999999999999999.99")},
		{"-0.9999999999999999999999999999999999", 34, 34, decimal128(t, "-0.9999999999999999999999999999999999")},
		{"12.3", 35, 2, "0000000000000000000000000000000000012.30"},
		{"-12.3", 38, 2, "!999999999999999999999999999999999987.69"},
		{"99999999999999999999999999999999999999", 38, 0, "099999999999999999999999999999999999999"},
		// Filters may ask for what no field of 34 digits has: it lies beyond all that it has.
		{"1000000000000000000000000000000000000", 34, 1, decimal128(t, "Infinity")},
		{"-1000000000000000000000000000000000000", 34, 1, decimal128(t, "-Infinity")},
	} {
		f := gold.Field{Name: "w", Kind: gold.WideDecimal, Precision: c.precision, Scale: c.scale}
		v, err := f.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := bsonValue(v, &f); got != c.want {
			t.Errorf("%s is asked for as %v, want %v", c.text, got, c.want)
		}
		if !v.Int128().Fits(c.precision) {
			continue
		}
		column := gold.NewColumn(gold.WideDecimal, 1)
		column.Append(v)
		raw, err := bson.Marshal(bson.D{{Key: "w", Value: c.want}})
		if err != nil {
			t.Fatal(err)
		}
		if got := endDocument(appendElement(make([]byte, 4), []byte("w\x00"), &column, &f, 0), 0); !bytes.Equal(got, raw) {
			t.Errorf("%s is written as %x, want %x", c.text, got, raw)
		}
		back := gold.NewColumn(gold.WideDecimal, 1)
		if !appendValue(&back, &f, bson.Raw(raw).Lookup("w")) || back.Value(0) != v {
			t.Errorf("%s is read as %s", c.text, back.Value(0).Format(c.scale))
		}
	}
	f := gold.Field{Name: "w", Kind: gold.WideDecimal, Precision: 34, Scale: 2}
	for text, want := range map[string]string{"12.300": "12.30", "1.2E+3": "1200.00", "0E+10": "0.00", "1.234": "", "9E+6000": "", "NaN": ""} {
		column := gold.NewColumn(gold.WideDecimal, 1)
		raw, _ := bson.Marshal(bson.D{{Key: "w", Value: decimal128(t, text)}})
		ok := appendValue(&column, &f, bson.Raw(raw).Lookup("w"))
		if ok != (want != "") || ok && column.Value(0).Format(2) != want {
			t.Errorf("%s is read as %v, want %q", text, column, want)
		}
	}
}

func TestDamagedDocumentsAreErrors(t *testing.T) {
	d := everyKind()
	v := &gold.Version{Dataset: d, Location: "shop__kinds__000000000000__f1"}
	good := bson.D{{Key: "int", Value: int64(1)}, {Key: "text", Value: "x"}}
	for what, doc := range map[string]bson.D{
		"a field is missing":         good[:1],
		"a field has another type":   {{Key: "int", Value: "1"}, {Key: "text", Value: "x"}},
		"a number has another width": {{Key: "int", Value: 1.0}, {Key: "text", Value: "x"}},
	} {
		t.Run(what, func(t *testing.T) {
			raw, err := bson.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			dec := newDecoder([]gold.Field{*d.Field("int"), *d.Field("text")}, nil)
			wantError(t, "decode", dec.add(raw, v), gold.Internal, gold.CodeReleaseInconsistent)
		})
	}
	raw, err := bson.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	for n := range raw {
		dec := newDecoder([]gold.Field{*d.Field("int"), *d.Field("text")}, nil)
		if dec.add(raw[:n], v) == nil {
			t.Errorf("the first %d of %d bytes are read as a document", n, len(raw))
		}
	}
}

// folding returns every rune that has other cases, its neighbours, and all of ASCII.
func folding() []rune {
	var runes []rune
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if utf8.ValidRune(r) && (r < utf8.RuneSelf || unicode.SimpleFold(r) != r || r%4_099 == 0) {
			runes = append(runes, r)
		}
	}
	return runes
}

func TestFoldPatternsMeanFold(t *testing.T) {
	for _, r := range folding() {
		pattern, err := regexp.Compile("^(?s:" + foldPattern(string(r)) + ")$")
		if err != nil {
			t.Fatalf("%U: %v", r, err)
		}
		for _, other := range neighbours(r) {
			if got, want := pattern.MatchString(string(other)), gold.Fold(string(r)) == gold.Fold(string(other)); got != want {
				t.Errorf("the pattern of %U matches %U: %v, expected %v", r, other, got, want)
			}
		}
	}
}

// neighbours returns a rune and what might be taken for it.
func neighbours(r rune) []rune {
	near := []rune{r, r + 1, r - 1, r ^ 0x20, unicode.ToUpper(r), unicode.ToLower(r), unicode.ToTitle(r), 'i', 'I', 'ı', 'İ', 'ß', 'ẞ', 'k', 'K', 's', 'ſ', 'µ', 'μ', 'Ω', 'Ω'}
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		near = append(near, next)
	}
	var valid []rune
	for _, n := range near {
		if utf8.ValidRune(n) {
			valid = append(valid, n)
		}
	}
	return valid
}

func wantError(t testing.TB, what string, err error, kind gold.ErrorKind, code gold.Code) {
	t.Helper()
	if err == nil || gold.KindOf(err) != kind || gold.CodeOf(err) != code {
		t.Errorf("%s: error is %v (%s, %s), expected %s, %s", what, err, gold.KindOf(err), gold.CodeOf(err), kind, code)
	}
}

// TestDocumentsWithoutAKeyHaveTheirPositionAsIDAlone: nothing else of a document names it.
func TestDocumentsWithoutAKeyHaveTheirPositionAsIDAlone(t *testing.T) {
	d := gold.Dataset{Key: []string{}, Fields: []gold.Field{{Name: "text", Kind: gold.Text}}, BI: []gold.BIField{{Name: "day", From: "text"}}}
	b := gold.NewBatch(d.Stored(), 1)
	b.AppendRow(gold.NewText("a"), gold.NewInt(7), gold.NewTime(0))
	want, err := bson.Marshal(bson.D{{Key: "_id", Value: int64(7)}, {Key: "text", Value: "a"}, {Key: "day", Value: bson.DateTime(0)}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bson.Raw(want).String(), bson.Raw(newEncoder(&d).appendRow(nil, b, 0)).String()); diff != "" {
		t.Errorf("document (-driver +ours):\n%s", diff)
	}
	dec := newDecoder(d.RowFields(), nil)
	if err := dec.add(want, &gold.Version{Dataset: d}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(dec.batch.Row(0, nil)); got != "[a 7]" {
		t.Errorf("read back: %s, expected [a 7]", got)
	}
}
