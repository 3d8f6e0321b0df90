package infer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
)

// placed is a row of integers without a sign: a digest, as databases make them, and a number of few.
type placed struct {
	ID     uint64 `parquet:"order_id"`
	Pieces uint64 `parquet:"pieces"`
	Bytes  uint64 `parquet:"bytes"`
}

func TestIntegersWithoutASignAreDecimalsWhereOneIsBeyondInt64(t *testing.T) {
	folder := t.TempDir()
	inferred := func(rows []placed) string {
		writeRows(t, folder, "orders", rows)
		d := mustInfer(t, folder).dataset("orders")
		var lines []string
		for _, f := range d.Fields {
			lines = append(lines, strings.TrimSpace(d.property(f, "")))
		}
		if len(d.LeftOut) > 0 {
			t.Errorf("left out %v", d.LeftOut)
		}
		return strings.Join(lines, "\n")
	}
	const integers = `- {name: order_id, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1}
- {name: pieces, logicalType: integer, required: true}
- {name: bytes, logicalType: integer, required: true}`
	if got := inferred([]placed{{7, 1, 5}, {1<<63 - 1, 2, 5}}); got != integers {
		t.Errorf("properties\n%s\nwant\n%s", got, integers)
	}
	const decimals = `- {name: order_id, logicalType: number, physicalType: "DECIMAL(20,0)", required: true, primaryKey: true, primaryKeyPosition: 1}
- {name: pieces, logicalType: integer, required: true}
- {name: bytes, logicalType: number, physicalType: "DECIMAL(20,0)", required: true}`
	if got := inferred([]placed{{7, 1, 5}, {1<<64 - 1, 2, 1 << 63}}); got != decimals {
		t.Errorf("properties\n%s\nwant\n%s", got, decimals)
	}
}

// TestADecimalThatWasFoundStaysWide in files whose values would be integers, and becomes one where a later file has the first
// value beyond int64.
func TestADecimalThatWasFoundStaysWide(t *testing.T) {
	folder := t.TempDir()
	var r *gold.Release
	for i, c := range []struct {
		bytes     uint64
		kind      gold.Kind
		precision int
	}{{5, gold.Int, 0}, {1 << 63, gold.WideDecimal, 20}, {5, gold.WideDecimal, 20}, {1<<64 - 1, gold.WideDecimal, 20}} {
		writeRows(t, folder, "orders", []placed{{7, 1, 5}, {8, 2, c.bytes}})
		var n *Next
		n, r = inferNext(t, folder, r)
		d := n.Model.Dataset("orders")
		if f := d.Field("bytes"); f == nil || f.Kind != c.kind || f.Precision != c.precision {
			t.Errorf("inference %d: %+v, want %s of %d digits", i, f, c.kind, c.precision)
		}
		if len(d.Key) != 1 || d.Key[0] != "order_id" {
			t.Errorf("inference %d: key %v", i, d.Key)
		}
	}
}

// TestADecimalStaysWideWhileItsFilesAreGone: what is remembered of it can be read, and says as many digits as it had.
func TestADecimalStaysWideWhileItsFilesAreGone(t *testing.T) {
	type exact struct {
		ID    int64    `parquet:"id"`
		Small [16]byte `parquet:"small,decimal(20:38)"`
	}
	folder := t.TempDir()
	write := func() {
		writeRows(t, folder, "orders", []placed{{7, 1, 1 << 63}, {8, 2, 5}})
		writeRows(t, folder, "exact", []exact{{ID: 1}, {ID: 2, Small: [16]byte{15: 1}}})
	}
	write()
	writeRows(t, folder, "clients", clients(10))
	_, r := inferNext(t, folder, nil)
	for _, name := range []string{"orders", "exact"} {
		if err := os.Remove(filepath.Join(folder, name+".parquet")); err != nil {
			t.Fatal(err)
		}
	}
	_, r = inferNext(t, folder, r)
	write()
	n, _ := inferNext(t, folder, r)
	for _, want := range []struct {
		dataset, field   string
		precision, scale int
	}{{"orders", "bytes", 20, 0}, {"exact", "small", 38, 20}} {
		f := n.Model.Dataset(want.dataset).Field(want.field)
		if f == nil || f.Kind != gold.WideDecimal || f.Precision != want.precision || f.Scale != want.scale {
			t.Errorf("%s.%s is %+v, want a decimal of %d digits, %d after the point", want.dataset, want.field, f, want.precision, want.scale)
		}
	}
}
