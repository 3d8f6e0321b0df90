package lake

import (
	"slices"
	"testing"

	"goldserve/gold"
)

// The values are what pyarrow reads of each file.
func TestIntegersWithoutASignAreDecimalsOf20Digits(t *testing.T) {
	const want = `0 18446744073709551615 1
9223372036854775807 null 2
9223372036854775808 9223372036854775808 null
18446744073709551615 1 9223372036854775807
5 10000000000000000000 5`
	for _, writer := range []string{"pyarrow", "pyarrow_v2", "polars", "duckdb"} {
		d := named(writer, "id:i", "n:i?", "small:i?")
		wantError(t, readError(t, d), gold.Invalid, gold.CodeValueRange, "column id, row 3: found 9223372036854775808, expected an integer up to 9223372036854775807")
		for i := range d.Fields[:2] {
			d.Fields[i].Kind, d.Fields[i].Precision = gold.WideDecimal, UnsignedDigits
		}
		if got := readTexts(t, "testdata/unsigned", d); got != want {
			t.Errorf("%s: rows\n%s\nwant\n%s", writer, got, want)
		}
		d.Fields[1].Precision--
		wantError(t, readError(t, d), gold.Invalid, gold.CodeValueRange, "column n, row 1: found 18446744073709551615")
		columns, err := mustOpen(t, "testdata/unsigned").Columns(t.Context(), Spec{Source: writer})
		if err != nil || len(columns) != 3 || slices.ContainsFunc(columns, func(c Column) bool { return !c.Unsigned || c.Field.Kind != gold.Int }) {
			t.Errorf("%s: columns %+v, %v", writer, columns, err)
		}
	}
}

func readError(t *testing.T, d gold.Dataset) error {
	t.Helper()
	_, _, err := readRows(mustTable(t, "testdata/unsigned", Spec{Dataset: d}), Read{})
	return err
}
