package publisher

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"goldserve/gold"
)

// decision says what a publish does about one dataset, and why. It is never changed once the plan is made.
type decision struct {
	*input
	action      Action
	why         []Why
	kept        bool          // it keeps the current release's version, contract and results
	dataset     *gold.Dataset // the contract that it is published with
	joins       []join        // of a derived one: by which the rows of its source look fields up
	id          string        // of its version
	shape       string        // what of the contract shapes rows
	origin      gold.Origin   // of a version that is made
	measures    []gold.Measure
	appends     *appending        // where it is made of another one; nil: of its rows alone
	parts       []gold.Part       // of its source, where it can be appended to
	known       *gold.Version     // that the store has; nil: to be made
	ruleResults []gold.RuleResult // of its rules, in the current release; nil: to be checked
}

// appending says that a version is made of one that the store has: its rows are those of that one, and those of some files
// besides.
type appending struct {
	to    *gold.Version // as it was sealed
	files []int         // the places of the others in the table
	rows  int64         // of those
	rules []bool        // of each of the dataset's rules: whether it holds for all rows where it holds for those
}

// comparison is that of a dataset that says it aggregates another with the groups of that one. It is never changed.
type comparison struct {
	item, origin *decision
	looked       []gold.LookedUp  // groups that the origin looks up
	joins        []join           // by which it does
	result       *gold.RuleResult // of the current release, which compared the same rows; nil: to be compared
}

// rows returns the number of the dataset's rows, and false where only deriving them will tell.
func (d *decision) rows() (int64, bool) {
	switch {
	case d.known != nil: // of the same files, which may be closed
		return d.known.Rows, true
	case d.table != nil:
		return d.table.Rows(), true
	default:
		return 0, false
	}
}

// hasRows reports whether a dataset will have rows.
func (d *decision) hasRows() bool { return d.absent == nil || d.kept }

// missing returns the measures that a version does not know yet.
func missing(v *gold.Version, measures []gold.Measure) []gold.Measure {
	var missing []gold.Measure
	for _, m := range measures {
		if _, known := v.Measures[m.String()]; !known {
			missing = append(missing, m)
		}
	}
	return missing
}

// plan is what a publish would do. Making it only reads, and it is never changed: a run holds what became of it.
type plan struct {
	*inputs
	state       *gold.State
	decisions   []*decision // sources before what is derived from them
	comparisons []*comparison
	dashboard   []byte         // the layout of the page, as a release records it
	biDatabase  string         // that will show the release; "": the store's own
	restated    []gold.Problem // raw files of frozen history that aren't as the current release knows them
	why         []Why          // of the release as a whole, besides its datasets
}

// source names what a dataset's rows come from: its files, or all versions that it is derived from.
func (pl *plan) source(ctx context.Context, d *decision) (string, error) {
	if d.from == nil {
		return d.fingerprint(ctx)
	}
	of := pl.reads(d)
	ids := []string{of[0].id}
	for _, in := range of[1:] {
		ids = append(ids, fmt.Sprintf("looked up in %q %s", in.name(), in.id))
	}
	return strings.Join(ids, "\n"), nil
}

// reads returns the decisions of the datasets that one is derived from: its source, then those that it looks fields up in;
// none where it is a file.
func (pl *plan) reads(d *decision) []*decision {
	var of []*decision
	for _, i := range d.reads() {
		of = append(of, pl.decision(i.name()))
	}
	return of
}

// sourceOf returns the decision of the dataset that one is derived from; nil: it is a file.
func (pl *plan) sourceOf(d *decision) *decision {
	if d.from == nil {
		return nil
	}
	return pl.decision(d.from.name())
}

// decision returns that of a dataset, or nil.
func (pl *plan) decision(dataset string) *decision {
	for _, d := range pl.decisions {
		if d.name() == dataset {
			return d
		}
	}
	return nil
}

// before returns the current release's version of a dataset, or nil.
func (pl *plan) before(d *decision) *gold.Version {
	if pl.state.Current == nil {
		return nil
	}
	return pl.state.Current.Version(d.name())
}

// sameVersions reports whether a release has exactly the plan's versions.
func (pl *plan) sameVersions(r *gold.Release) bool {
	if len(r.Versions) != len(pl.decisions) {
		return false
	}
	for _, d := range pl.decisions {
		if v := r.Version(d.name()); v == nil || v.ID != d.id {
			return false
		}
	}
	return true
}

// sameRelease reports whether the current release is what the plan would publish.
func (pl *plan) sameRelease() bool {
	return len(pl.why) == 0 && !slices.ContainsFunc(pl.decisions, func(d *decision) bool {
		return slices.ContainsFunc(d.why, func(w Why) bool { return w.Reason.changes() })
	})
}

// done reports whether there is nothing to do now.
func (pl *plan) done() bool { return pl.sameRelease() && (len(pl.state.Stale) == 0 || pl.later()) }

// later reports whether a refresh of the BI database is left for later. Where a field may change its type it is not: who
// refreshes later was not told so.
func (pl *plan) later() bool {
	return !pl.request.AllowBreaking && !pl.publisher.config.refreshDue(pl.state).IsZero()
}

// integrity says whether the files of the release are those of a manifest. What is kept without a file is so where the
// current release is.
func (pl *plan) integrity() string {
	kept := slices.ContainsFunc(pl.decisions, func(d *decision) bool { return d.kept && d.from == nil })
	if pl.request.Manifest == nil || kept && (pl.state.Current == nil || pl.state.Current.Integrity != gold.Verified) {
		return gold.Unverified
	}
	return gold.Verified
}

// sameContract compares contracts as the store keeps them: absent and empty are the same.
func sameContract(a, b *gold.Dataset) bool {
	kept, err := json.Marshal(b)
	if err != nil {
		return false
	}
	var c gold.Dataset
	if json.Unmarshal(kept, &c) != nil {
		return false
	}
	return reflect.DeepEqual(a, &c)
}

// knownVersion returns the version of a dataset as far as the plan knows it.
func (pl *plan) knownVersion(dataset string) *gold.Version {
	if d := pl.decision(dataset); d != nil {
		return d.known
	}
	return nil
}
