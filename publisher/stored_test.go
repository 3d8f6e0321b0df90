package publisher

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

func rowsOf(b *gold.Batch) [][]string {
	var rows [][]string
	for i := range b.Rows {
		var row []string
		for c, v := range b.Row(i, nil) {
			row = append(row, v.Format(b.Fields[c].Scale))
		}
		rows = append(rows, row)
	}
	return rows
}

func TestStoredRowsAreMaskedAndHaveBIDates(t *testing.T) {
	d := shop()
	d.Fields[2].Mask = gold.MaskInitials
	d.BI = []gold.BIField{{Name: "day_date", From: "day"}}
	in := gold.NewBatch(d.Fields, 3)
	in.AppendRow(gold.NewInt(1), gold.NewText("2011-12-08"), gold.NewText("jean  de la Fontaine"))
	in.AppendRow(gold.NewInt(2), gold.NewText("2011-12"), gold.Value{})
	in.AppendRow(gold.NewInt(3), gold.NewText("soon"), gold.NewText("élodie"))
	s := newStorer(&d, nil)
	want := [][]string{
		{"1", "2011-12-08", "J. D. L. F.", "2011-12-08T00:00:00Z"},
		{"2", "2011-12", "null", "2011-12-01T00:00:00Z"},
		{"3", "soon", "É.", "null"},
	}
	for range 2 { // the second time from reused memory
		if diff := cmp.Diff(want, rowsOf(s.store(in, 0))); diff != "" {
			t.Error(diff)
		}
	}
	if got := string(in.Columns[2].Text(0)); got != "jean  de la Fontaine" {
		t.Errorf("the caller's batch was changed: %q", got)
	}
}

func TestKeyedMasksAgreeOnSpellingsAndNotBetweenFields(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	mask := func(field, text string, key []byte) string {
		d := shop()
		d.Fields[2].Name, d.Fields[2].Mask = field, gold.MaskHMAC
		in := gold.NewBatch(d.Fields, 1)
		in.AppendRow(gold.NewInt(1), gold.NewText(""), gold.NewText(text))
		return rowsOf(newStorer(&d, key).store(in, 0))[0][2]
	}
	a := mask("email", "Ann@Example.com ", key)
	if len(a) != 32 || a != mask("email", "ann@example.com", key) {
		t.Errorf("spellings of one address: %s", a)
	}
	for _, other := range []string{mask("email", "bob@example.com", key), mask("mail", "ann@example.com", key), mask("email", "ann@example.com", slices.Repeat([]byte("x"), 32))} {
		if other == a {
			t.Error("another text, field or key gives the same mask")
		}
	}
}

func TestChunksOfABatchAreTheBatch(t *testing.T) {
	fields := []gold.Field{{Name: "n", Kind: gold.Int, Nullable: true}, {Name: "d", Kind: gold.Double}, {Name: "t", Kind: gold.Text, Nullable: true}}
	whole := gold.NewBatch(fields, 0)
	for i := range int64(2*chunkRows + 77) {
		row := []gold.Value{gold.NewInt(i), gold.NewDouble(float64(i) / 3), gold.NewText(gold.NewInt(i * i).String())}
		if i%5 == 0 {
			row[0] = gold.Value{}
		}
		if i > chunkRows && i%7 == 0 {
			row[2] = gold.Value{}
		}
		whole.AppendRow(row...)
	}
	var rows [][]string
	if err := chunks(whole, func(b *gold.Batch) error {
		rows = append(rows, rowsOf(b)...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rowsOf(whole), rows); diff != "" {
		t.Error(diff)
	}
}
