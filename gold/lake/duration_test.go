package lake

import (
	"testing"

	"goldserve/gold"
)

// spans makes a dataset of an id and durations, with each field of another kind named.
func spans(name string, fields ...string) gold.Dataset {
	d := named(name, append([]string{"id:i"}, fields...)...)
	for i := range d.Fields[1:] {
		if f := &d.Fields[1+i]; f.Kind == gold.Null {
			f.Kind, f.Scale = gold.Duration, gold.DurationScale
		}
	}
	return d
}

func TestDurationsAreReadInTheirUnit(t *testing.T) {
	for writer, c := range map[string]struct {
		fields []string
		want   string
	}{
		"pyarrow": {[]string{"s:?", "ms:?", "us:?", "ns:?"}, `1 PT1H30M PT1H30M PT1H30M PT1H30M
2 PT48H1S PT48H1S PT48H1S PT48H1S
3 -PT1S -PT0.001S -PT0.000001S -PT0.000001S
4 null null null null
5 PT0S PT0S PT0S PT0S`},
		"pandas": {[]string{"ms:?", "us:?", "ns:?"}, `1 PT1H30M PT1H30M PT1H30M
2 PT48H1S PT48H1S PT48H1S
3 -PT0.001S -PT0.000001S -PT0.000001S
4 null null null
5 PT0S PT0S PT0S`},
		"polars": {[]string{"us:?", "ns:?"}, `1 PT1H30M PT1H30M
2 PT48H1S PT48H1S
3 -PT0.000001S -PT0.000001S
4 null null
5 PT0S PT0S`},
		"duckdb": {[]string{"iso:?"}, "1 PT1H30M\n2 -PT0.5S"},
	} {
		if got := readTexts(t, "testdata/durations", spans(writer, c.fields...)); got != c.want {
			t.Errorf("%s: rows\n%s\nwant\n%s", writer, got, c.want)
		}
	}
	const texts = `1 PT1H30M ["PT1H30M",null] {"a":"PT1H30M"}
2 PT48H1S [] {}
3 -PT0.000000001S ["-PT0.000000001S"] {"b":"-PT1S"}
4 null null null
5 PT0S ["PT0S"] {}`
	if got := readTexts(t, "testdata/durations", spans("pyarrow", "ns:t?", "list:t?", "map:t?")); got != texts {
		t.Errorf("rows\n%s\nwant\n%s", got, texts)
	}
	_, report, err := readRows(mustTable(t, "testdata/durations", Spec{Dataset: spans("pyarrow", "ns:?")}), Read{})
	if err != nil || report.Lossy["ns"] != 1 { // a nanosecond
		t.Errorf("lossy %v, %v", report.Lossy, err)
	}
}

func TestDurationsThatHaveNoLengthAreRefused(t *testing.T) {
	wantError(t, openTable(t, "testdata/durations", Spec{Dataset: spans("duckdb", "wait:?")}), gold.Invalid, gold.CodeSchemaType,
		"column wait: it holds intervals of months, days and milliseconds, which have no fixed length, and the contract expects durations: write them as a number of a unit")
	wantError(t, openTable(t, "testdata/durations", Spec{Dataset: spans("pyarrow", "id2:?=id")}), gold.Invalid, gold.CodeSchemaType,
		"column id (field id2): it holds 64-bit integers, and the contract expects durations")
	columns, err := mustOpen(t, "testdata/durations").Columns(t.Context(), Spec{Source: "duckdb"})
	if err != nil || columns[1].Refused != "intervals of months, days and milliseconds, which have no fixed length, which no field can hold" {
		t.Errorf("columns %+v, %v", columns, err)
	}
	columns, err = mustOpen(t, "testdata/durations").Columns(t.Context(), Spec{Source: "polars"})
	if err != nil || columns[1].Field.Kind != gold.Duration || columns[1].Field.Scale != gold.DurationScale {
		t.Errorf("columns %+v, %v", columns, err)
	}
}
