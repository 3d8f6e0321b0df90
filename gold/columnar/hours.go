package columnar

import (
	"sort"

	"goldserve/gold"
)

// hours numbers the hours of a zone in the order of time, from 1.
type hours []steadyHours

// steadyHours are hours while the zone keeps its offset.
type steadyHours struct {
	from   int64 // the instant that the offset holds from
	first  int64 // the start of the first hour
	number int64 // of that hour
}

// hoursOf returns the hours from one instant to another, and their number; an error where their starts are out of order,
// because a zone changed its offset by an odd time in the middle of an hour.
func hoursOf(zone *gold.Zone, from, to int64) (h hours, n uint64, err error) {
	number, before := int64(0), int64(gold.MinTime-gold.MillisPerHour)
	for _, start := range zone.Changes(from, to) {
		at := max(start, from)
		_, since := gold.FloorDiv(zone.Local(at), gold.MillisPerHour)
		first := at - since
		if len(h) > 0 {
			last := &h[len(h)-1]
			hours := (at - 1 - last.first) / gold.MillisPerHour
			number, before = last.number+hours, last.first+hours*gold.MillisPerHour
		}
		switch {
		case first < before:
			return nil, 0, errMeaning
		case first > before:
			number++
		}
		h = append(h, steadyHours{at, first, number})
	}
	return h, h.of(to), nil
}

// of returns the number of the hour of an instant.
func (h hours) of(at int64) uint64 {
	s := &h[sort.Search(len(h)-1, func(i int) bool { return at < h[i+1].from })]
	return uint64(s.number + (at-s.first)/gold.MillisPerHour)
}

// start returns the start of an hour by its number.
func (h hours) start(number uint64) int64 {
	n := int64(number)
	s := &h[sort.Search(len(h)-1, func(i int) bool { return n < h[i+1].number })]
	return max(s.first+(n-s.number)*gold.MillisPerHour, gold.MinTime)
}
