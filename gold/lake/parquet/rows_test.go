package parquet

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
)

func TestRowsMoveBetweenColumns(t *testing.T) {
	field := gold.Field{Name: "x", Kind: gold.Text}
	b := gold.NewBatch([]gold.Field{field}, 100)
	for i := range 100 {
		if i%3 == 0 {
			b.AppendRow(gold.Value{})
		} else {
			b.AppendRow(gold.NewText(string(rune('a' + i%26))))
		}
	}
	all := rowTexts(&b.Columns[0])
	for _, n := range []int{0, 1, 63, 64, 65, 100} {
		src, dst := &gold.NewBatch([]gold.Field{field}, 0).Columns[0], &gold.NewBatch([]gold.Field{field}, 0).Columns[0]
		appendRows(src, &b.Columns[0], 0, 100)
		moveRows(dst, src, n)
		if diff := cmp.Diff(all, append(rowTexts(dst), rowTexts(src)...)); diff != "" {
			t.Errorf("%d moved (-want +got):\n%s", n, diff)
		}
		cut := &gold.NewBatch([]gold.Field{field}, 0).Columns[0]
		appendRows(cut, &b.Columns[0], 0, 100)
		truncate(cut, n)
		if diff := cmp.Diff(all[:n], rowTexts(cut)); diff != "" {
			t.Errorf("cut to %d (-want +got):\n%s", n, diff)
		}
		for i := n; i < 64*len(cut.Nulls); i++ {
			if cut.IsNull(i) {
				t.Errorf("cut to %d: row %d is still null", n, i)
			}
		}
	}
}

func rowTexts(c *gold.Column) []string {
	all := []string{}
	for i := range c.Len() {
		all = append(all, c.Value(i).String())
	}
	return all
}

func TestNullsOfAPageMustBeAsManyAsItsHeaderSays(t *testing.T) {
	c := &cursor{column: &column{place: place{depth: 1, physical: format.Boolean}}}
	p := page{rows: 8, encoding: format.Plain, levels: []byte{3, 0b0000_1111}, data: []byte{0xff}}
	for nulls, ok := range map[int]bool{-1: true, 4: true, 3: false, 0: false} {
		p.nulls = nulls
		if err := c.decode(&p); (err == nil) != ok {
			t.Errorf("%d nulls: %v", nulls, err)
		}
	}
}
