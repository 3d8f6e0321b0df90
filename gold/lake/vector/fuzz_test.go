package vector

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
)

// FuzzVector decodes any bytes as a vector: in bounded memory, and never to rows beyond what was checked.
func FuzzVector(f *testing.F) {
	f.Add(vectorOf(f, 1, 2, 3, 70_000))
	f.Add(vectorOf(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := Decode(data)
		if err != nil {
			return
		}
		if n := rows.GetCardinality(); n > 0 && uint64(rows.Maximum()) < n-1 {
			t.Errorf("%d rows up to %d", n, rows.Maximum())
		}
		again, n := rows.Clone(), 0
		for it := again.Iterator(); it.HasNext() && n < 1000; n++ {
			if !rows.Contains(it.Next()) {
				t.Error("a row that it does not contain")
			}
		}
	})
}

// vectorOf returns a vector of rows.
func vectorOf(tb testing.TB, rows ...uint32) []byte {
	tb.Helper()
	data := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(nil, bitmapMagic), 1)
	bitmap := &bytes.Buffer{}
	if _, err := roaring.BitmapOf(rows...).WriteTo(bitmap); err != nil {
		tb.Fatal(err)
	}
	return append(binary.LittleEndian.AppendUint32(data, 0), bitmap.Bytes()...)
}
