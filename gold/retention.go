package gold

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Expired decides which of a model's releases go, given those whose rows are still there, newest first: it returns why, by
// number. These stay: the current one; the newest Keep; by as_of the last one of each of the newest Months; and the last one
// published in each Every, of those younger than KeepFor. Of these, the oldest go until the rest takes at most KeepBytes; the
// current one stays even then. Releases that are marked as pruned already are neither counted nor returned; withdrawn ones are
// never the last of a month or an Every.
//
// size returns the bytes of a release's versions by location, as releases share them; it is called only for KeepBytes.
func (p Prune) Expired(current int64, now time.Time, releases []Release, size func(*Release) (map[string]int64, error)) (map[int64]string, error) {
	retained := map[int64]bool{current: true}
	months, times := map[string]int64{}, map[time.Time]int64{}
	keep := p.Keep
	for _, r := range releases {
		if r.Pruned {
			continue
		}
		if keep > 0 {
			retained[r.Number] = true
			keep--
		}
		if r.Withdrawn {
			continue
		}
		if month := MonthPeriod.At(r.Calendar.Zone().DayOf(r.AsOf.UnixMilli())).Text(); months[month] == 0 {
			months[month] = r.Number
		}
		if at := r.PublishedAt.UTC().Truncate(p.every()); p.young(&r, now) && times[at] == 0 {
			times[at] = r.Number
			retained[r.Number] = true
		}
	}
	newest := slices.SortedFunc(maps.Keys(months), func(a, b string) int { return strings.Compare(b, a) })
	for _, month := range newest[:min(p.Months, len(newest))] {
		retained[months[month]] = true
	}
	gone := map[int64]string{}
	for i := range releases {
		if r := &releases[i]; !r.Pruned && !retained[r.Number] {
			gone[r.Number] = p.why(r, now)
		}
	}
	if p.KeepBytes <= 0 {
		return gone, nil
	}
	return gone, p.fit(current, releases, gone, size)
}

// fit adds to gone the oldest of the releases that stay, until the others take at most KeepBytes.
func (p Prune) fit(current int64, releases []Release, gone map[int64]string, size func(*Release) (map[string]int64, error)) error {
	counted, total := map[string]bool{}, int64(0)
	add := func(r *Release) error {
		sizes, err := size(r)
		for location, bytes := range sizes {
			if !counted[location] {
				counted[location] = true
				total += bytes
			}
		}
		return err
	}
	if i := slices.IndexFunc(releases, func(r Release) bool { return r.Number == current }); i >= 0 {
		if err := add(&releases[i]); err != nil {
			return err
		}
	}
	full := total > p.KeepBytes
	for i := range releases {
		r := &releases[i]
		if r.Pruned || r.Number == current || gone[r.Number] != "" {
			continue
		}
		if !full {
			if err := add(r); err != nil {
				return err
			}
			full = total > p.KeepBytes
		}
		if full {
			gone[r.Number] = "newer releases already fill the size limit"
		}
	}
	return nil
}

// every is the time of which the last release stays.
func (p Prune) every() time.Duration { return cmp.Or(p.Every, time.Hour) }

// young reports whether a release was published less than KeepFor ago.
func (p Prune) young(r *Release, now time.Time) bool { return now.Sub(r.PublishedAt) < p.KeepFor }

// why says by which rules a release goes that none retains.
func (p Prune) why(r *Release, now time.Time) string {
	why := []string{fmt.Sprintf("not one of the newest %d", p.Keep)}
	if p.Keep == 0 {
		why[0] = "not the current one"
	}
	switch {
	case p.KeepFor <= 0:
	case p.young(r, now):
		unit := "hour"
		if p.every() != time.Hour {
			unit = span(p.every())
		}
		why = append(why, "not the last one of its "+unit)
	default:
		why = append(why, "published more than "+span(p.KeepFor)+" ago")
	}
	if p.Months > 0 {
		why = append(why, "not the last one of a month")
	}
	return strings.Join(why, ", ")
}

// span writes a time for people: 24h, 90s, 1h30m.
func span(d time.Duration) string {
	text := d.String()
	if d%time.Minute == 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
