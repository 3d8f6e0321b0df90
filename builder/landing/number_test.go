package landing

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

func TestNumbersOfSlices(t *testing.T) {
	b := newBench(t)
	s := source("users", "id whole")
	s.Files, s.Slice = []string{"month_*/users.csv"}, &gold.RawSlice{Name: "month_{n}"}
	for _, name := range []string{"month_000/users.csv", "month_2/users.csv", "month_0011/users.csv"} {
		b.write(name, "id\n1\n")
	}
	landed, found, _, err := b.land(s)
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]int64{}
	for i, f := range found[0].Files {
		numbers[f.Name] = f.Number
		if landed[0].Files[i].Number != f.Number || !landed[0].Numbered {
			t.Errorf("%s is landed with the number %d", f.Name, landed[0].Files[i].Number)
		}
	}
	if diff := cmp.Diff(map[string]int64{"month_000/users.csv": 0, "month_2/users.csv": 2, "month_0011/users.csv": 11}, numbers); diff != "" {
		t.Error(diff)
	}
	other := s
	other.Slice = &gold.RawSlice{Name: "mont{n}"}
	if _, err := b.lander.Find(t.Context(), []gold.RawSource{other}); err == nil || !strings.Contains(err.Error(), "month_000/users.csv: its path has no number") {
		t.Errorf("without a number: %v", err)
	}
	b.write("month_xy/users.csv", "id\n1\n")
	if _, err := b.lander.Find(t.Context(), []gold.RawSource{s}); err == nil || !strings.Contains(err.Error(), "month_xy/users.csv") {
		t.Errorf("without digits: %v", err)
	}
}
