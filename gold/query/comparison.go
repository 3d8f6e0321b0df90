package query

import "goldserve/gold"

// Comparison is how an answer is compared with an earlier time. Of an aggregate: each period of a time group with the one
// before or that of a year before; without a time group the span of the filters with the one before or that of a year
// before. Of key figures: those of the dataset that the model's asOf names, over the span of the filters or the last
// complete month, with the span before or that of a year before.
type Comparison struct {
	Compare string
	Line    *Timeline
	Group   int // the time group; -1: there is none
	unit    gold.PeriodUnit
	Asked   Asked
	Rest    []gold.Predicate // the filters that are not by time
}

// Compared are the two spans of a comparison.
type Compared struct{ Now, Before Span }

// earlier are the measures of an earlier time, to be joined to the groups of an answer. The zero value joins nothing.
type earlier struct {
	comparison *Comparison
	step       step
	data       Span
	now        Span // what of the asked time has data
	before     Span // before it was cut to the data
	covered    bool // data covers it, or some of its periods
	groups     map[groupKey][]gold.Value
	none       []gold.Value // the measures over no rows
	columns    []gold.Field // of the measures
	first      int          // the index of the first measure among the answer's columns
}

// partials finds the periods of an answer that the data don't cover to their end.
type partials struct {
	last map[int]lastPeriod // by group
	seen []string
}

// lastPeriod is the period that the data end in.
type lastPeriod struct {
	unit gold.PeriodUnit
	at   int64
}

// groupKey is the values of a group, to find it among others.
type groupKey [MaxGroups]gold.Value
