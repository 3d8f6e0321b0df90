package publisher

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// noting notes what it is given.
type noting struct {
	names []string
	got   []string
}

func (n *noting) columns() []string { return n.names }

func (n *noting) add(_ int, b *gold.Batch, first int64) error {
	text := fmt.Sprintf("%d rows from %d:", b.Rows, first)
	for i, f := range b.Fields {
		text += " " + f.Name + "=" + b.Columns[i].Value(0).Format(f.Scale)
	}
	n.got = append(n.got, text)
	return nil
}

func TestConsumersAreGivenTheColumnsThatTheyDeclare(t *testing.T) {
	d := shop()
	rows := gold.NewBatch(d.Fields, 1)
	rows.AppendRow(gold.NewInt(7), gold.NewText("2011-12-08"), gold.NewText("a@example.com"))
	turned, none, again := &noting{names: []string{"email", "id"}}, &noting{}, &noting{names: []string{"id"}}
	consumers := []consumer{turned, none, again}
	if diff := cmp.Diff([]string{"email", "id"}, needed(&d, declared(consumers))); diff != "" {
		t.Error("what is read:", diff)
	}
	if diff := cmp.Diff([]string{"id"}, needed(&d, declared([]consumer{none}))); diff != "" {
		t.Error("what is read for the number of rows alone:", diff)
	}
	if err := (&run{Publisher: New(Config{})}).stream(t.Context(), &job{decision: &decision{input: &input{}, dataset: &d}, rows: rows}, consumers...); err != nil {
		t.Fatal(err)
	}
	got := [][]string{turned.got, none.got, again.got}
	want := [][]string{{"1 rows from 1: email=a@example.com id=7"}, {"1 rows from 1:"}, {"1 rows from 1: id=7"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
