package format

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"goldserve/gold"
)

// everyKind are fields of every kind, with what their contract says of them.
var everyKind = []gold.Field{
	{Name: "id", Kind: gold.Int, Doc: gold.Doc{Format: "integer"}},
	{Name: "ok", Kind: gold.Bool, Nullable: true},
	{Name: "ca", Kind: gold.Double, MultipleOf: 0.01, Nullable: true, Doc: gold.Doc{Format: "money", Unit: "EUR", Label: map[string]string{"en": "Revenue"}, Description: map[string]string{"en": "Sum of all amounts."}}},
	{Name: "taux", Kind: gold.Double, Nullable: true, Doc: gold.Doc{Format: "percent"}},
	{Name: "prix", Kind: gold.Decimal, Scale: 2, Nullable: true},
	{Name: "nom", Kind: gold.Text, Nullable: true},
	{Name: "jour", Kind: gold.Date, Nullable: true},
	{Name: "vu", Kind: gold.Time, Nullable: true},
	{Name: "total", Kind: gold.WideDecimal, Precision: 38, Scale: 18, Nullable: true},
}

// hostileTexts are what breaks writers and readers of text formats.
var hostileTexts = []string{
	"", " ", "plain", "Café", "a,b;c", `say "no"`, "two\nlines", "two\r\nlines", "\r", "\t", "'", `"`, `""`, "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
	"=HYPERLINK(\"http://x\",\"y\")", "\u2028\u2029", "\U0001F600", "</t></is>", "<&>", "_x0041_", "NULL", "NaN", "007", "1,5", "2011-12-08", "\uFEFFmark", "é\u0301", strings.Repeat("x", 32_767),
}

// extremes returns batches with the smallest and largest values of every kind, nulls and hostile texts.
func extremes(texts []string) *gold.Batch {
	b := gold.NewBatch(everyKind, 64)
	days := []int64{gold.MinDate, -25_509, -25_508, -1, 0, 15_316, gold.MaxDate}
	times := []int64{gold.MinTime, -1, 0, 1_323_346_320_000, 1_323_346_320_500, gold.MaxTime}
	doubles := []float64{0, 1, -1, 0.1, -12.345, 4969961.8100000005, 1e-9, 1e21, 5e-324, math.MaxFloat64, -math.MaxFloat64, 1 << 53}
	totals := []string{"0", "23.529411764705882353", "-0.5", "99999999999999999999.999999999999999999", "-99999999999999999999.999999999999999999", "123456789012345"}
	ints := []int64{0, 1, -1, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MinInt64}
	for i := range max(len(texts), len(doubles)) {
		b.AppendRow(gold.NewInt(ints[i%len(ints)]), gold.NewBool(i%2 == 0), gold.NewDouble(doubles[i%len(doubles)]), gold.NewDouble(doubles[(i+3)%len(doubles)]),
			gold.NewDecimal([]int64{0, -5, 123_456, 999_999_999_999_999_999, -999_999_999_999_999_999}[i%5]), gold.NewText(texts[i%len(texts)]),
			gold.NewDate(days[i%len(days)]), gold.NewTime(times[i%len(times)]), wide(totals[i%len(totals)]))
	}
	nulls := make([]gold.Value, len(everyKind))
	nulls[0] = gold.NewInt(7)
	b.AppendRow(nulls...)
	return b
}

// wide reads a value of total.
func wide(text string) gold.Value {
	v, err := gold.ParseValue(gold.WideDecimal, 18, text)
	if err != nil {
		panic(err)
	}
	return v
}

// write returns what batches are in a format.
func write(t testing.TB, f Format, o Options, batches ...*gold.Batch) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := New(&out, f, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var about = []Note{{"url", "/datasets/x/rows?release=12"}, {"release", "retail/12"}, {"as_of", "2011-12-09T12:50:00Z"}}

func TestTheSameBatchesGiveTheSameBytes(t *testing.T) {
	for _, f := range All() {
		o := Options{Fields: everyKind, About: about}
		first := write(t, f, o, extremes(hostileTexts), extremes(hostileTexts))
		for range 3 {
			if again := write(t, f, o, extremes(hostileTexts), extremes(hostileTexts)); !bytes.Equal(first, again) {
				t.Errorf("%s: the second file differs from the first", f)
			}
		}
	}
}

func TestABinaryFormatIsNoText(t *testing.T) {
	for _, f := range All() {
		if text := utf8.Valid(write(t, f, Options{Fields: everyKind}, extremes(hostileTexts))); text == f.Binary() {
			t.Errorf("%s is valid text: %v, and binary: %v", f, text, f.Binary())
		}
	}
}

func TestOnlyTheRowsAndFieldsAskedForAreWritten(t *testing.T) {
	whole := extremes(hostileTexts)
	cut := *whole
	cut.Rows = 9
	fields := everyKind[:6]
	short := gold.NewBatch(fields, 9)
	for i := range 9 {
		short.AppendRow(whole.Row(i, nil)[:6]...)
	}
	for _, f := range All() {
		o := Options{Fields: fields}
		if got, want := write(t, f, o, &cut), write(t, f, o, short); !bytes.Equal(got, want) {
			t.Errorf("%s: 9 rows of 6 fields of a larger batch differ from a batch of just these", f)
		}
	}
}

func TestAnEmptyBatchAddsNothing(t *testing.T) {
	for _, f := range All() {
		o := Options{Fields: everyKind}
		empty := write(t, f, o, gold.NewBatch(everyKind, 0))
		if f != Arrow && !bytes.Equal(empty, write(t, f, o)) { // Arrow has a record batch without rows
			t.Errorf("%s: an empty batch changes the file", f)
		}
	}
}

func TestNamesAndMediaTypesAreDistinct(t *testing.T) {
	seen := map[string]Format{}
	for _, f := range All() {
		if got, ok := Parse(f.String()); !ok || got != f {
			t.Errorf("Parse(%s) gives %s, %v", f, got, ok)
		}
		for _, m := range f.MediaTypes() {
			if other, taken := seen[m]; taken {
				t.Errorf("%s is %s and %s", m, f, other)
			}
			seen[m] = f
		}
	}
	if _, ok := Parse("xml"); ok {
		t.Error("xml is a format")
	}
}

// failing fails from its n-th byte on.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

var errBroken = json.Unmarshal([]byte("{"), new(int))

func TestABrokenPipeIsAnError(t *testing.T) {
	for _, f := range All() {
		w, err := New(&failing{left: 300}, f, Options{Fields: everyKind})
		if err == nil {
			err = w.Write(extremes(hostileTexts))
		}
		if err == nil {
			err = w.Close()
		}
		if err == nil {
			t.Errorf("%s: what can't be written is no error", f)
		}
	}
}
