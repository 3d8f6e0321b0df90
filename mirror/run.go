package mirror

import (
	"context"
	"fmt"
	"time"

	"goldserve/gold"
)

// Request asks for a mirror of a release.
type Request struct {
	Reader    gold.Reader
	Release   *gold.Release
	Datasets  []string   // none: all that BI tools see
	Relations []Relation // of the contracts, besides those that the release's lookups follow
	Target    Target
	// Progress is told of each table that is loaded, and of its rows so far; nil: nobody is.
	Progress func(dataset string, rows, of int64)
}

// Outcome says how a run ended.
type Outcome string

// The outcomes.
const (
	Mirrored  Outcome = "mirrored"
	Unchanged Outcome = "unchanged" // the schema showed the release already: nothing was written
)

// Report says what a run did.
type Report struct {
	Outcome   Outcome
	Release   *gold.Release
	Loaded    []string // datasets whose tables were loaded
	Unchanged []string
	Dropped   []string // tables
	LeftOut   []string // foreign keys, and why
	Rows      int64    // loaded
	Duration  time.Duration
}

// Run makes a schema show a release, or finds that it does. Errors besides those of Target: NotFound unknown_dataset; Invalid
// mirror_taken, mirror_refused.
func Run(ctx context.Context, r Request) (*Report, error) {
	started := time.Now()
	p, err := newPlan(r.Release, r.Datasets, r.Relations)
	if err != nil {
		return nil, err
	}
	var problems []gold.Problem
	for _, t := range p.tables {
		problems = append(problems, r.Target.Check(t)...)
	}
	if len(problems) > 0 {
		return nil, gold.InvalidAll(problems)
	}
	state, err := r.Target.State(ctx)
	if err != nil {
		return nil, err
	}
	change, err := p.decide(state)
	if err != nil {
		return nil, err
	}
	if change != nil || len(state.Leftovers) > 0 {
		rows := func(ctx context.Context, t *Table) (gold.Rows, error) { return openRows(ctx, &r, t) }
		decide := func(s *State) (*Change, error) {
			change, err = p.decide(s)
			return change, err
		}
		left, err := r.Target.Write(ctx, decide, rows)
		if err != nil {
			return nil, err
		}
		if change != nil {
			change.Lines = change.Without(left)
			return p.report(Mirrored, change, change.Lines, started), nil
		}
		if state, err = r.Target.State(ctx); err != nil { // another run was first
			return nil, err
		}
	}
	return p.report(Unchanged, &Change{}, state.Lines, started), nil
}

func (p *plan) report(outcome Outcome, c *Change, lines []Line, started time.Time) *Report {
	report := &Report{Outcome: outcome, Release: p.release, Dropped: c.Drop, Duration: time.Since(started)}
	loaded := map[string]bool{}
	for _, t := range c.Load {
		loaded[t.Dataset] = true
		report.Loaded = append(report.Loaded, t.Dataset)
		report.Rows += t.version.Rows
	}
	for _, t := range p.tables {
		if !loaded[t.Dataset] {
			report.Unchanged = append(report.Unchanged, t.Dataset)
		}
		for _, l := range lines {
			if l.Model == p.release.Model && l.Dataset == t.Dataset && l.LeftOut != "" {
				report.LeftOut = append(report.LeftOut, t.Name+": "+l.LeftOut)
			}
		}
	}
	return report
}

// Shown returns the release that a schema shows of a model: its lowest number, where the tables show several; 0: none.
func Shown(ctx context.Context, t Target, model string) (int64, error) {
	state, err := t.State(ctx)
	if err != nil {
		return 0, err
	}
	number := int64(0)
	for _, l := range state.linesOf(model) {
		if number == 0 || l.Release < number {
			number = l.Release
		}
	}
	return number, nil
}

// RangeError is the error of a value that a database can't hold. row counts from 1, in the order of the store.
func RangeError(t *Table, row int64, c *Column, key string, why string) error {
	where := fmt.Sprintf("row %d", row)
	if key != "" {
		where += " (" + key + ")"
	}
	p := gold.Problem{Field: c.Name, Code: gold.CodeValueRange}
	return gold.Invalidf(p, "dataset %s, %s: %s", t.Dataset, where, why)
}
