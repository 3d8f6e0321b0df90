package query

import "fmt"

// Rewrite is one step on the way from a question to what the store is asked.
type Rewrite uint8

func (r Rewrite) String() string { return rewriteNames[r] }

// Reason says why a rewrite does not apply; the set is closed.
type Reason uint8

// String returns the name of the reason, as explanations and metrics have it.
func (r Reason) String() string { return reasons[r].name }

// Text is the reason for people.
func (r Reason) Text() string { return reasons[r].text }

// Outcome is the outcome of one rewrite.
type Outcome struct {
	Rewrite Rewrite
	Of      string // the dataset that is asked
	Dataset string // that answers, or doesn't, instead of Of; "": Of itself
	Reason  Reason // Applied: it was applied
	About   string // the field, group, measure or column that the reason is about; "": none
}

// Text is the reason for people, with what it is about.
func (o Outcome) Text() string {
	if o.About == "" {
		return o.Reason.Text()
	}
	return o.Reason.Text() + ": " + o.About
}

func (o Outcome) String() string {
	name := o.Rewrite.String()
	if o.Dataset != "" {
		name += " " + o.Dataset
	}
	return fmt.Sprintf("%s: %s", name, o.Text())
}

var reasons = [...]struct{ name, text string }{
	Applied: {"applied", "it applies"},

	NoLookup:       {"no_lookup", "the query names no field of another dataset"},
	NoOrigin:       {"no_origin", "the dataset has no origin that its rows could be recomputed from"},
	NoOriginFilter: {"no_origin_filter", "no filter is on a field of the origin"},
	Recorded:       {"recorded", "the release's record has the measures of all rows"},

	OtherRelease:     {"other_release", "the version belongs to another release"},
	NothingDerived:   {"nothing_derived", "no groups are derived from the dataset"},
	GroupsCut:        {"groups_cut", "the derived dataset keeps only its first groups"},
	Unpublished:      {"unpublished", "the derived dataset has no rows in the release"},
	NotSmaller:       {"not_smaller", "the derived dataset is not smaller than the answering one"},
	FilterMissing:    {"filter_missing", "the groups lack the field of a filter"},
	FilterCutsPeriod: {"filter_cuts_period", "a filter on a time splits a period of the groups"},
	LookupMissing:    {"lookup_missing", "the groups lack the field of a lookup"},
	GroupMissing:     {"group_missing", "the groups lack the field or grain of a group"},
	MeasureMissing:   {"measure_missing", "a measure can't be computed from those of the groups"},
	MeasureRounded:   {"measure_rounded", "a sum of doubles without a precision could differ, since its parts were rounded"},
	ColumnsDiffer:    {"columns_differ", "a column would have another type or precision"},

	NotCompared:   {"not_compared", "the query has no comparison"},
	NothingBefore: {"nothing_before", "the data don't cover the earlier time"},

	Whole: {"whole", "there is no limit and no cursor"},
}

var rewriteNames = [...]string{"resolve", "join", "recompute", "smallest", "compare", "page"}

// The rewrites, in the order in which they happen. Each has a file.
const (
	Resolve   Rewrite = iota // names become columns: scope.go
	Join                     // fields of other datasets are looked up: lookup.go
	Recompute                // rows are recomputed from those of their origin: recompute.go
	Smallest                 // the smallest derived dataset answers for its source: smallest.go
	Compare                  // measures of an earlier time stand beside: compare.go
	Page                     // a limit and a cursor cut the answer: page.go
)

// The reasons.
const (
	Applied Reason = iota // it applies

	NoLookup       // the query names no field of another dataset
	NoOrigin       // rows are not derived, or can't be recomputed
	NoOriginFilter // no filter is on a field of the origin
	Recorded       // the record of the release has the measures

	OtherRelease     // the version is not the release's
	NothingDerived   // no groups are derived from the dataset
	GroupsCut        // the derived dataset has only its first groups
	Unpublished      // the derived dataset has no rows in the release
	NotSmaller       // the derived dataset is not smaller than the answering one
	FilterMissing    // the groups lack the field of a filter
	FilterCutsPeriod // a filter on a time splits a period of the groups
	LookupMissing    // the groups lack the field of a lookup
	GroupMissing     // a group is by a field or a grain that the groups don't have
	MeasureMissing   // a measure can't be computed from those of the groups
	MeasureRounded   // sums of doubles that were rounded would not be the sum
	ColumnsDiffer    // a column would have another type or precision

	NotCompared   // the query has no comparison
	NothingBefore // the data don't cover the earlier time

	Whole // there is no limit and no cursor
)
