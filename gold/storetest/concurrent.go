package storetest

import (
	"fmt"
	"sync"
	"testing"

	"goldserve/gold"
)

// concurrent checks that readers, on one handle and on several, see each release whole while others are published.
func concurrent(t *testing.T, h Harness) {
	const last = 5
	s := fresh(t, h)
	publishPair(t, s, 1)
	handles := []gold.Store{s, s.again(t)}
	var wg sync.WaitGroup
	for r := range 4 {
		wg.Go(func() {
			for number := int64(0); number < last; {
				next, err := readPair(t, handles[r%2])
				if err != nil || next < number {
					t.Errorf("after release %d: release %d, %v", number, next, err)
					return
				}
				number = next
			}
		})
	}
	for n := 2; n <= last && !t.Failed(); n++ {
		publishPair(t, s, n)
	}
	wg.Wait()
}

// publishPair publishes two datasets that both say the release's number in every row.
func publishPair(t *testing.T, s gold.Store, number int) {
	t.Helper()
	fields := []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "release", Kind: gold.Int}}
	a, b := newTable("left", fields, 1), newTable("right", fields, 1)
	for i := range 600 {
		a.rows = append(a.rows, row(i, number))
		b.rows = append(b.rows, row(i, number))
	}
	if r := publish(t, s, instant("2011-12-09"), a, b); r.Number != int64(number) {
		t.Errorf("release %d, expected %d", r.Number, number)
	}
}

// readPair reads both datasets of the current release and returns its number.
func readPair(t *testing.T, s gold.Reader) (int64, error) {
	r, err := s.Resolve(t.Context(), gold.Selector{Model: model})
	if err != nil {
		return 0, err
	}
	for _, name := range []string{"left", "right"} {
		rows, err := tryRows(t.Context(), s, everything(r.Version(name)))
		if err != nil {
			return 0, err
		}
		if len(rows) != 600 {
			return 0, fmt.Errorf("%s has %d rows", name, len(rows))
		}
		for i, got := range rows {
			if got[0].Int() != int64(i) || got[1].Int() != r.Number {
				return 0, fmt.Errorf("row %d of %s is %s in release %d", i, name, showRow(got), r.Number)
			}
		}
	}
	return r.Number, nil
}
