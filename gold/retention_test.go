package gold

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRetainedReleases(t *testing.T) {
	release := func(number int64, asOf string) Release {
		at, err := time.Parse(time.DateOnly, asOf)
		if err != nil {
			t.Fatal(err)
		}
		return Release{Number: number, AsOf: at}
	}
	marked, withdrawn := release(6, "2011-11-30"), release(8, "2011-12-20")
	marked.Pruned, withdrawn.Withdrawn = true, true
	releases := []Release{
		release(9, "2011-12-09"), withdrawn, release(7, "2011-12-05"), marked, release(5, "2011-11-29"),
		release(4, "2011-11-10"), release(3, "2011-09-30"), release(2, "2011-10-31"), release(1, "2011-08-31"),
	}
	for _, c := range []struct {
		name         string
		current      int64
		keep, months int
		want         []int64
	}{
		{"the newest", 9, 2, 0, []int64{8, 9}},
		{"the current one, however old", 1, 1, 0, []int64{1, 9}},
		{"the last of each month, by number, but none withdrawn or marked", 9, 1, 3, []int64{2, 5, 9}},
		{"more months than there are", 9, 1, 99, []int64{1, 2, 3, 5, 9}},
		{"none but the current one", 9, 0, 0, []int64{9}},
		{"more releases than there are", 9, 99, 0, []int64{1, 2, 3, 4, 5, 7, 8, 9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := slices.Sorted(maps.Keys(Prune{Keep: c.keep, Months: c.months}.Retained(c.current, releases)))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
