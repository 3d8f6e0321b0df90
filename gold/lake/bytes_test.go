package lake

import (
	"testing"

	"goldserve/gold"
)

// bytesText is the rows of the files in testdata/bytes with bytes in base64, as Python writes it.
const bytesText = `1 AP/+ AAECAw== a
2  /////w== b
3 cGxhaW4gdGV4dA== YWJjZA== é
4 null null null
5 YWI= CgoKCg== `

func TestBytesAreBase64WhereTheContractSaysSo(t *testing.T) {
	for _, writer := range []string{"pyarrow", "polars", "duckdb"} {
		d := dataset(writer, "id:i raw:t? fixed:t? text:t?")
		for i := range d.Fields[1:] {
			d.Fields[1+i].Base64 = true // which says nothing about a column of text
		}
		if got := readTexts(t, "testdata/bytes", d); got != bytesText {
			t.Errorf("%s: rows\n%s\nwant\n%s", writer, got, bytesText)
		}
	}
	const advice = "a field with logicalType: string and physicalType: BINARY holds bytes as base64"
	wantError(t, openTable(t, "testdata/bytes", Spec{Dataset: dataset("pyarrow", "id:i fixed:t?")}), gold.Invalid, gold.CodeSchemaType,
		"column fixed: it holds bytes of a fixed length, and the contract expects text: "+advice)
	_, _, err := readRows(mustTable(t, "testdata/bytes", Spec{Dataset: dataset("pyarrow", "id:i raw:t?")}), Read{})
	wantError(t, err, gold.Invalid, gold.CodeValueType, `row 1: found "\x00\xff\xfe", expected valid UTF-8 (`+advice+")")
}
