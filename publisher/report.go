package publisher

import (
	"time"

	"goldserve/gold"
)

// Outcome says how a publish ended.
type Outcome string

// The outcomes.
const (
	Published Outcome = "published"
	Refreshed Outcome = "refreshed" // the release was current already, the BI database was behind
	Unchanged Outcome = "unchanged" // nothing to do, nothing written
	Planned   Outcome = "planned"   // a dry run with something to do
	Refused   Outcome = "refused"   // no release was made, although the rules were evaluated: mostly by one of severity error
)

// Report says what a publish did, or with DryRun would do.
type Report struct {
	Outcome   Outcome
	Release   *gold.Release // nil where Outcome is Planned or Refused
	Refreshed []string      // BI collections that were written
	// RefreshDue is when BI collections that were left behind are to be refreshed, by the clock of this machine: see
	// Config.BIEvery and Publisher.Refresh. Zero: none were.
	RefreshDue time.Time
	Loaded     []string          // datasets that were loaded
	Reused     []string          // datasets whose version was already there
	Kept       []string          // datasets without a file, or derived from one, that keep their version: see Request.Partial
	Plan       *Plan             // of a dry run: what was decided, and why
	Rows       int64             // loaded
	Quality    []gold.RuleResult // of all datasets; nil where no rule had to be evaluated
	Judged     Judged            // the datasets that Quality is about
	Duration   time.Duration
}

// Judged counts the datasets whose rules have results.
type Judged struct{ Datasets, Derived int }

func (j *Judged) add(it *job) {
	j.Datasets++
	if it.dataset.Derive != nil {
		j.Derived++
	}
}

// report says what the plan would do.
func (pl *plan) report(outcome Outcome, release *gold.Release) *Report {
	r := &Report{Outcome: outcome, Release: release, Duration: time.Since(pl.started)}
	if pl.request.DryRun {
		r.Plan = pl.exported()
	}
	for _, d := range pl.decisions {
		switch d.action {
		case Keep:
			r.Kept = append(r.Kept, d.name())
		case Reuse:
			r.Reused = append(r.Reused, d.name())
		case Load, Derive:
			r.Loaded = append(r.Loaded, d.name())
		}
	}
	return r
}

// unchangedReport says that there is nothing to do. It warns of files of other kinds, as no run does.
func (pl *plan) unchangedReport() *Report {
	for _, i := range pl.list {
		pl.publisher.config.warn(i.otherFiles())
	}
	report := pl.report(Unchanged, pl.state.Current)
	if len(pl.state.Stale) > 0 {
		report.RefreshDue = pl.publisher.config.refreshDue(pl.state)
	}
	return report
}

// Plan says what a publish would do, in the order in which it would.
type Plan struct {
	Current  int64         `json:"current"`        // the number of the release that is served; 0: none
	Next     int64         `json:"next,omitempty"` // the number of the release that would be published; 0: none would be
	Why      []Why         `json:"why"`            // of the release as a whole, besides its datasets
	Datasets []DatasetPlan `json:"datasets"`       // sources before what is derived from them
	Removed  []string      `json:"removed"`        // datasets of the current release that the next one would not have
	Stale    []string      `json:"stale"`          // BI collections that do not show the current release
}

// DatasetPlan says what a publish would do about one dataset, and what would change against the current release.
type DatasetPlan struct {
	Dataset    string   `json:"dataset"`
	Action     Action   `json:"action"`
	Why        []Why    `json:"why"`
	RowsBefore *int64   `json:"rows_before"` // nil: the current release does not have it
	Rows       *int64   `json:"rows"`        // nil: only deriving them will tell
	Schema     []Change `json:"schema"`      // of its fields
	BI         []Change `json:"bi"`          // of the fields that only the BI database has
	// Collection is its name in the BI database, and CollectionBefore that of the current release; empty: none.
	Collection       string `json:"collection,omitempty"`
	CollectionBefore string `json:"collection_before,omitempty"`
}

// exported returns the plan for people and programs.
func (pl *plan) exported() *Plan {
	out := &Plan{Why: listed(pl.why), Datasets: []DatasetPlan{}, Removed: listed(pl.removed()), Stale: listed(pl.state.Stale)}
	if pl.state.Current != nil {
		out.Current = pl.state.Current.Number
	}
	if !pl.sameRelease() {
		out.Next = pl.state.Last + 1
	}
	for _, d := range pl.decisions {
		dp := DatasetPlan{Dataset: d.name(), Action: d.action, Why: d.why, Collection: d.dataset.Collection, Schema: []Change{}, BI: []Change{}}
		if rows, known := d.rows(); known {
			dp.Rows = &rows
		}
		if before := pl.before(d); before != nil {
			dp.RowsBefore, dp.CollectionBefore = &before.Rows, before.Dataset.Collection
			dp.Schema = listed(fieldChanges(before.Dataset.Fields, d.dataset.Fields))
			dp.BI = listed(fieldChanges(before.Dataset.BIFields(), d.dataset.BIFields()))
		}
		out.Datasets = append(out.Datasets, dp)
	}
	return out
}

// listed returns a list that JSON writes as [] where it is empty.
func listed[T any](list []T) []T { return append([]T{}, list...) }
