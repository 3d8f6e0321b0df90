package vector

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
)

// TestRowsHaveOneForm: what a writer made of runs or of single rows is the same set, of the same bytes.
func TestRowsHaveOneForm(t *testing.T) {
	single := roaring.New()
	for row := range uint32(100) {
		single.Add(row)
	}
	runs := single.Clone()
	runs.RunOptimize()
	var forms [2][]byte
	for i, rows := range []*roaring.Bitmap{single, runs} {
		stored := binary.LittleEndian.AppendUint32(nil, bitmapMagic)
		stored = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(stored, 1), 0)
		part, err := rows.ToBytes()
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := Decode(append(stored, part...))
		if err != nil || !decoded.Equals(rows) {
			t.Fatalf("%v, want %v, error %v", decoded, rows, err)
		}
		if forms[i], err = decoded.ToBytes(); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(forms[0], forms[1]) {
		t.Errorf("%x, and %x", forms[0], forms[1])
	}
}
