package publisher

import (
	"context"
	"sync/atomic"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/quality"
)

// run carries a plan out, and holds how far it is.
type run struct {
	*plan
	*Publisher
	jobs    []*job // of the decisions, in their order
	rollups []*rollup
	loaded  []string
	rows    int64             // loaded
	blocked bool              // a rule of severity error failed: there will be no release
	quality []gold.RuleResult // once all rules are evaluated
	judged  Judged            // the datasets of them
}

// job is what became of one decision so far.
type job struct {
	*decision
	source    *job              // what it is derived from; nil: a file
	lookups   lookups           // what the source's rows look up for it
	version   *gold.Version     // nil: to be made
	rows      *gold.Batch       // of a derived dataset, once it is computed
	results   []gold.RuleResult // of its rules; nil: to be checked
	overruled []lake.Overruled  // columns of files whose folder says otherwise
	coerced   []lake.Coerced    // values that did not fit their casts, and became null
	checked   int64             // rows that were checked
	checker   *quality.Checker  // what became of them
	added     *quality.Checker  // what became of those that are appended; nil: the rows are not appended to others
}

// rollup is a comparison being made. As a consumer it groups the origin's rows, with one accumulator for each worker.
type rollup struct {
	item, origin *job
	lookups      lookups
	groups       *grouping
	failed       atomic.Pointer[gold.Error] // why it can't be compared
	result       *gold.RuleResult           // nil: to be compared
}

// newRun begins with what the plan knows.
func newRun(pl *plan) *run {
	r := &run{plan: pl, Publisher: pl.publisher}
	of := map[*decision]*job{}
	for _, d := range pl.decisions {
		j := &job{decision: d, results: d.ruleResults, source: of[pl.sourceOf(d)], lookups: newLookups(d.joins, of)}
		if d.known != nil {
			v := *d.known
			j.version = &v
		}
		of[d] = j
		r.jobs = append(r.jobs, j)
	}
	for _, c := range pl.comparisons {
		r.rollups = append(r.rollups, &rollup{item: of[c.item], origin: of[c.origin], lookups: newLookups(c.joins, of), result: c.result})
	}
	return r
}

// size returns the number of the job's rows, and false where it is not known yet.
func (j *job) size() (int64, bool) {
	switch {
	case j.version != nil:
		return j.version.Rows, true
	case j.table != nil:
		return j.table.Rows(), true
	case j.rows != nil:
		return int64(j.rows.Rows), true
	default:
		return 0, false
	}
}

// stored reports whether the store has the job's version; otherwise it was only checked, or there is none yet.
func (j *job) stored() bool { return j.version != nil && j.version.Location != "" }

// version returns that of a dataset as far as it is made, or nil.
func (r *run) version(dataset string) *gold.Version {
	for _, j := range r.jobs {
		if j.name() == dataset {
			return j.version
		}
	}
	return nil
}

// effectiveAsOf is the release's as_of, else the time of publication by the store's clock.
func (r *run) effectiveAsOf() time.Time {
	if asOf, known := r.asOf(r.version); known {
		return asOf
	}
	return r.state.Now
}

// report says what the run did.
func (r *run) report(outcome Outcome, release *gold.Release) *Report {
	report := r.plan.report(outcome, release)
	report.Loaded, report.Rows, report.Quality, report.Judged = r.loaded, r.rows, r.quality, r.judged
	return report
}

// refuseWithdrawn refuses rows that a rollback withdrew, now that all are known: other files may hold them, as another codec
// writes them, and another storage format names them anew.
func (r *run) refuseWithdrawn(ctx context.Context) error {
	if r.request.Again {
		return nil
	}
	made := &gold.Release{}
	for _, j := range r.jobs {
		v := *j.version
		v.Dataset = *j.dataset
		made.Versions = append(made.Versions, v)
	}
	return r.refuseRows(ctx, made)
}
