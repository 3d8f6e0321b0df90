package gold

import (
	"slices"
	"strings"
)

// Retained returns the numbers of the releases to keep, given a model's releases, newest first: the current one, the
// newest Keep, and by as_of the last one of each of the newest Months. Pruned releases don't count; withdrawn ones
// don't count for months.
func (p Prune) Retained(current int64, releases []Release) map[int64]bool {
	retained := map[int64]bool{current: true}
	last := map[string]int64{}
	keep := p.Keep
	for _, r := range releases {
		if r.Pruned {
			continue
		}
		if keep > 0 {
			retained[r.Number] = true
			keep--
		}
		if month := MonthPeriod.At(r.Calendar.Zone().DayOf(r.AsOf.UnixMilli())).Text(); !r.Withdrawn && last[month] == 0 {
			last[month] = r.Number
		}
	}
	months := make([]string, 0, len(last))
	for month := range last {
		months = append(months, month)
	}
	slices.SortFunc(months, func(a, b string) int { return strings.Compare(b, a) })
	for _, month := range months[:min(p.Months, len(months))] {
		retained[last[month]] = true
	}
	return retained
}
