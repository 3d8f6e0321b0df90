package diff

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// tables answers queries of versions in memory.
type tables struct {
	gold.Reader
	all []storetest.Table
}

func (m *tables) Rows(_ context.Context, q gold.Query) (gold.Rows, error) {
	rows, err := storetest.SelectRows(q, m.all...)
	if err != nil {
		return nil, err
	}
	b := gold.NewBatch(q.OutFields(), len(rows))
	for _, row := range rows {
		b.AppendRow(row...)
	}
	return gold.RowsOf(b, gold.Stats{}, nil), nil
}

// newTable returns a version of random rows, with few values, so that many are equal between two.
func newTable(id string, r *rand.Rand, keyed bool) storetest.Table {
	d := gold.Dataset{Name: "t", Key: []string{}, Fields: []gold.Field{
		{Name: "a", Kind: gold.Text},
		{Name: "b", Kind: gold.Int, Nullable: true},
		{Name: "x", Kind: gold.Double, Nullable: true},
		{Name: "w", Kind: gold.WideDecimal, Precision: 30},
		{Name: "email", Kind: gold.Text, Mask: gold.MaskHMAC},
	}}
	if keyed {
		d.Key = []string{"b", "a"}
	}
	seen := map[string]bool{}
	var rows [][]gold.Value
	for range r.IntN(60) {
		b, x := gold.NewInt(r.Int64N(4)), gold.NewDouble(float64(r.IntN(2)))
		if r.IntN(6) == 0 {
			b = gold.Value{}
		}
		if r.IntN(6) == 0 {
			x = gold.Value{}
		}
		row := []gold.Value{gold.NewText([]string{"", "é", "z", "zz"}[r.IntN(4)]), b, x, gold.NewWideDecimal(gold.Int128Of(r.Int64N(2))), gold.NewText(fmt.Sprint(r.Int()))}
		key := fmt.Sprint(row[0], row[1])
		if keyed && seen[key] {
			continue
		}
		seen[key] = true
		if !keyed {
			row = append(row, gold.NewInt(int64(len(rows))))
		}
		rows = append(rows, row)
	}
	return storetest.Table{Version: &gold.Version{ID: id, Location: id, Dataset: d, Rows: int64(len(rows))}, Rows: rows}
}

// byHand counts the differences of two tables over maps. The compared fields are the first four; the key the first two.
func byHand(before, after storetest.Table, keyed bool) Counts {
	text := func(row []gold.Value, n int) string { return fmt.Sprintf("%q", row[:n]) }
	var counts Counts
	if !keyed {
		surplus := map[string]int64{}
		for _, row := range before.Rows {
			surplus[text(row, 4)]++
		}
		for _, row := range after.Rows {
			surplus[text(row, 4)]--
		}
		for n := range maps.Values(surplus) {
			counts.Removed, counts.Added = counts.Removed+max(n, 0), counts.Added+max(-n, 0)
		}
		return counts
	}
	was := map[string]string{}
	for _, row := range before.Rows {
		was[text(row, 2)] = text(row, 4)
	}
	for _, row := range after.Rows {
		switch earlier, known := was[text(row, 2)]; {
		case !known:
			counts.Added++
		case earlier != text(row, 4):
			counts.Changed++
		}
		delete(was, text(row, 2))
	}
	counts.Removed = int64(len(was))
	return counts
}

// TestRandomVersions compares random versions with what maps say, by key and as multisets in several parts.
func TestRandomVersions(t *testing.T) {
	r := rand.New(rand.NewPCG(7, storetest.Seed(t)))
	for round := range 400 {
		keyed := round%2 == 0
		before, after := newTable("before", r, keyed), newTable("after", r, keyed)
		c := New(before.Version, after.Version)
		c.most = 1 + r.IntN(40)
		if got := gold.FieldNames(c.Fields); slices.Contains(got, "email") || len(got) != 4 || keyed != (len(c.Key) == 2) {
			t.Fatalf("compared: %v by %v", got, c.Key)
		}
		var listed Counts
		counts, err := c.Rows(t.Context(), &tables{all: []storetest.Table{before, after}}, func(row Row) error {
			listed.add(row.Kind)
			if keyed && row.Kind == Changed && (fmt.Sprint(row.Before[:2]) != fmt.Sprint(row.After[:2]) || fmt.Sprint(row.Before) == fmt.Sprint(row.After)) {
				t.Errorf("changed: %v, %v", row.Before, row.After)
			}
			return nil
		})
		if want := byHand(before, after, keyed); err != nil || counts != want || listed != want {
			t.Fatalf("round %d: %+v, listed %+v, %v; want %+v", round, counts, listed, err, want)
		}
	}
}

// TestOtherFields: fields that one version alone has, or holds as another type, are named and not compared.
func TestOtherFields(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	before, after := newTable("before", r, true), newTable("after", r, true)
	after.Version.Dataset.Fields = slices.Clone(after.Version.Dataset.Fields)
	after.Version.Dataset.Fields[2] = gold.Field{Name: "x", Kind: gold.Int}
	after.Version.Dataset.Fields[3].Name = "v"
	c := New(before.Version, after.Version)
	if fmt.Sprint(c.FieldsAdded, c.FieldsRemoved, c.FieldsRetyped, gold.FieldNames(c.Fields), c.Key) != "[v] [w] [x] [b a] [b a]" {
		t.Errorf("%+v", c)
	}
	after.Version.Dataset.Key = []string{"b"}
	if c := New(before.Version, after.Version); len(c.Key) != 0 {
		t.Errorf("versions of other keys are compared by %v", c.Key)
	}
}
