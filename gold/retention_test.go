package gold

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestExpiredReleases(t *testing.T) {
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
			got := stay(t, Prune{Keep: c.keep, Months: c.months}, c.current, time.Time{}, releases)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// stay returns the numbers of the releases that don't expire, in order. Each release takes 100 bytes of its own, and as much
// that it shares with the one of the next number if its own is even.
func stay(t *testing.T, p Prune, current int64, now time.Time, releases []Release) []int64 {
	t.Helper()
	gone, err := p.Expired(current, now, releases, func(r *Release) (map[string]int64, error) {
		return map[string]int64{fmt.Sprint("own ", r.Number): 100, fmt.Sprint("shared ", r.Number/2): 100}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int64
	for _, r := range releases {
		if why, over := gone[r.Number]; !r.Pruned && !over {
			numbers = append(numbers, r.Number)
		} else if over == (why == "") {
			t.Errorf("release %d goes: %v, because %q", r.Number, over, why)
		}
	}
	slices.Sort(numbers)
	return numbers
}

func TestReleasesExpireByAgeAndBytes(t *testing.T) {
	at := func(clock string) time.Time {
		moment, err := time.Parse("02 15:04", clock)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	var releases []Release // newest first, all of one month
	for i, clock := range []string{"10 12:40", "10 12:10", "10 11:59", "10 11:00", "09 13:30", "09 12:45", "09 12:35", "08 09:00"} {
		releases = append(releases, Release{Number: int64(8 - i), PublishedAt: at(clock), AsOf: at("10 00:00")})
	}
	withdrawn := slices.Clone(releases)
	withdrawn[2].Withdrawn = true
	now := at("10 12:42")
	for _, c := range []struct {
		name     string
		prune    Prune
		current  int64
		releases []Release
		want     []int64
	}{
		{"the last of each hour, for a day", Prune{Keep: 1, KeepFor: 24 * time.Hour}, 8, releases, []int64{3, 4, 6, 8}},
		{"of each hour by the clock in UTC", Prune{Keep: 0, KeepFor: 2 * time.Hour}, 8, releases, []int64{6, 8}},
		{"the last of an hour that was not withdrawn", Prune{Keep: 1, KeepFor: 24 * time.Hour}, 8, withdrawn, []int64{3, 4, 5, 8}},
		{"of each half hour", Prune{KeepFor: 24 * time.Hour, Every: 30 * time.Minute}, 8, releases, []int64{3, 4, 5, 6, 7, 8}},
		{"beside the newest", Prune{Keep: 2, KeepFor: 24 * time.Hour}, 8, releases, []int64{3, 4, 6, 7, 8}},
		{"beside the months", Prune{Months: 1, KeepFor: 40 * time.Minute}, 2, releases, []int64{2, 8}},
		{"none for a time of 0", Prune{Keep: 1}, 8, releases, []int64{8}},
		// 8 takes 200; 7 and 6 200 and 100 more, as they share; 5 and 4 the same.
		{"the oldest go for bytes", Prune{Keep: 8, KeepBytes: 500}, 8, releases, []int64{6, 7, 8}},
		{"up to the last byte", Prune{Keep: 8, KeepBytes: 499}, 8, releases, []int64{7, 8}},
		{"the current one stays however large", Prune{Keep: 8, KeepBytes: 1}, 8, releases, []int64{8}},
		{"the current one's bytes come first", Prune{Keep: 8, KeepBytes: 400}, 1, releases, []int64{1, 8}},
		{"also those of months", Prune{Months: 1, Keep: 1, KeepBytes: 250}, 8, releases, []int64{8}},
		{"only what stays counts", Prune{Keep: 1, KeepFor: 24 * time.Hour, KeepBytes: 600}, 8, releases, []int64{4, 6, 8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, stay(t, c.prune, c.current, now, c.releases)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	broken := errors.New("no size")
	if _, err := (Prune{Keep: 8, KeepBytes: 500}).Expired(8, now, releases, func(*Release) (map[string]int64, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("a size that can't be had: %v", err)
	}
}

func TestWhyReleasesExpire(t *testing.T) {
	now := time.Date(2011, 12, 10, 12, 0, 0, 0, time.UTC)
	releases := []Release{
		{Number: 3, PublishedAt: now, AsOf: now},
		{Number: 2, PublishedAt: now.Add(-90 * time.Second), AsOf: now, Withdrawn: true},
		{Number: 1, PublishedAt: now.Add(-48 * time.Hour), AsOf: now.AddDate(0, -1, 0)},
		{Number: 0, PublishedAt: now.Add(-49 * time.Hour), AsOf: now},
	}
	got, err := Prune{Keep: 1, Months: 12, KeepFor: 36 * time.Hour, KeepBytes: 1}.Expired(3, now, releases, func(*Release) (map[string]int64, error) { return map[string]int64{"a": 2}, nil })
	want := map[int64]string{
		2: "not one of the newest 1, not the last one of its hour, not the last one of a month",
		1: "newer releases already fill the size limit",
		0: "not one of the newest 1, published more than 36h ago, not the last one of a month",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got := (Prune{KeepFor: time.Hour, Every: 5 * time.Minute}).why(&releases[1], now); got != "not the current one, not the last one of its 5m" {
		t.Errorf("%q", got)
	}
}

// TestRetentionProperties: whatever the releases and the retention, the current one stays, and so do the last ones of the
// months where there is room; who keeps more keeps all that who keeps less does; and a prune later keeps the same whether one
// has been in between or not.
func TestRetentionProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 8))
	for range 2000 {
		now := time.Date(2011, 12, 10, random.IntN(24), random.IntN(60), 0, 0, time.UTC)
		at := now.Add(-time.Duration(random.IntN(200)) * time.Hour)
		var releases []Release
		for n := int64(1); n <= int64(1+random.IntN(40)); n++ {
			releases = append(releases, Release{Number: n, PublishedAt: at, AsOf: at.AddDate(0, random.IntN(3)-1, 0), Withdrawn: random.IntN(10) == 0})
			at = at.Add(time.Duration(random.IntN(300)) * time.Minute)
		}
		slices.Reverse(releases)
		now = now.Add(max(0, releases[0].PublishedAt.Sub(now)))
		current := releases[random.IntN(len(releases))].Number
		p := Prune{Keep: random.IntN(5), Months: random.IntN(4), KeepFor: time.Duration(random.IntN(100)) * time.Hour, Every: time.Duration(random.IntN(3)) * time.Hour}
		kept := set(stay(t, p, current, now, releases))
		if !kept[current] {
			t.Fatalf("%+v: the current release %d goes", p, current)
		}
		for _, n := range stay(t, Prune{Months: p.Months}, current, now, releases) {
			if !kept[n] {
				t.Fatalf("%+v: release %d of a month goes", p, n)
			}
		}
		more := p
		more.Keep += random.IntN(3)
		more.Months += random.IntN(3)
		more.KeepFor += time.Duration(random.IntN(50)) * time.Hour
		contains(t, "who keeps more", set(stay(t, more, current, now, releases)), kept)
		small, large := p, p
		small.KeepBytes = 1 + random.Int64N(3000)
		large.KeepBytes = small.KeepBytes + random.Int64N(1000)
		within := set(stay(t, small, current, now, releases))
		contains(t, "more bytes", set(stay(t, large, current, now, releases)), within)
		contains(t, "no limit", kept, within)

		// Earlier, when the newest ones were not there yet.
		before := slices.Clone(releases[random.IntN(len(releases)):])
		then := before[0].PublishedAt
		early := set(stay(t, p, before[0].Number, then, before))
		later := slices.Clone(releases)
		for i := range later {
			later[i].Pruned = later[i].Number <= before[0].Number && !early[later[i].Number]
		}
		if p.Months == 0 && !later[len(releases)-int(current)].Pruned {
			if diff := cmp.Diff(slices.Sorted(maps.Keys(kept)), stay(t, p, current, now, later)); diff != "" {
				t.Fatalf("%+v: a prune in between changes what a later one keeps (-without +with):\n%s", p, diff)
			}
		}
	}
}

func set(numbers []int64) map[int64]bool {
	all := map[int64]bool{}
	for _, n := range numbers {
		all[n] = true
	}
	return all
}

func contains(t *testing.T, what string, all, some map[int64]bool) {
	t.Helper()
	for n := range some {
		if !all[n] {
			t.Fatalf("%s: release %d goes that stays otherwise", what, n)
		}
	}
}
