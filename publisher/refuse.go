package publisher

import (
	"context"
	"slices"

	"goldserve/gold"
)

// ContractsWrittenError returns the Invalid contracts_written error of a release that inferred contracts would replace.
func ContractsWrittenError(r *gold.Release) error {
	return gold.Errorf(gold.Invalid, gold.CodeContractsWritten,
		"release %d of model %s has contracts that were written: those that are inferred from the files never replace them; publish the model with its contracts, or give what is inferred another name",
		r.Number, r.Model)
}

// refuse returns why the plan can't be carried out, as far as that is known before anything is loaded.
func (pl *plan) refuse(ctx context.Context) error {
	if current := pl.state.Current; current != nil && current.Inferred == nil && pl.request.Inferred != nil {
		return ContractsWrittenError(current)
	}
	if err := pl.refuseTaken(); err != nil {
		return err
	}
	if err := pl.refuseBreaking(); err != nil {
		return err
	}
	if err := pl.refuseHistory(); err != nil {
		return err
	}
	if pl.sameRelease() {
		return nil
	}
	if !pl.request.Again {
		if err := pl.refuseWithdrawn(ctx); err != nil {
			return err
		}
	}
	return pl.refuseShrunk()
}

// refuseHistory refuses a lake that is made of another history than the current release, unless it is to be rewritten.
func (pl *plan) refuseHistory() error {
	if len(pl.restated) == 0 || pl.request.Restate || pl.build == nil && pl.sameRelease() {
		return nil
	}
	return gold.InvalidAll(pl.restated)
}

// refuseTaken refuses names in the BI database that something else has. A collection that goldserve did not make is
// replaced where a contract chose its name, as those of a program that goldserve replaces are, never for a dataset that
// merely has the same name.
func (pl *plan) refuseTaken() error {
	if shown := pl.state.Current; shown == nil && pl.biDatabase != "" || shown != nil && shown.BIDatabase != pl.biDatabase {
		return nil // the state is that of another BI database: the store refuses at the switch or the refresh
	}
	taken := pl.state.Taken
	if why := taken[gold.ReleaseCollection]; why != "" {
		return gold.Errorf(gold.Invalid, gold.CodeBITargetTaken, "%s, where people read which release they see, can't be written: it is %s; rename it, or give another store", gold.ReleaseCollection, why)
	}
	for _, d := range pl.decisions {
		c := d.dataset.Collection
		why := taken[c]
		if why == "" && c == d.name() && slices.Contains(pl.state.Foreign, c) {
			why = "a collection that goldserve did not make"
		}
		if c != "" && why != "" {
			return gold.Errorf(gold.Invalid, gold.CodeBITargetTaken,
				"collection %s of dataset %s can't be written: it is %s; rename it, or give the contract another collection, or collection: none",
				c, d.name(), why)
		}
	}
	return nil
}

// refuseShrunk refuses datasets that lose many rows, as far as their number is known before anything is loaded. What is
// derived from one of them is not named.
func (pl *plan) refuseShrunk() error {
	var problems []error
	named := map[*input]bool{}
	for _, d := range pl.decisions {
		rows, known := d.rows()
		if slices.ContainsFunc(d.reads(), func(of *input) bool { return named[of] }) {
			named[d.input] = true
		} else if err := pl.shrunk(d, rows); known && err != nil {
			named[d.input] = true
			problems = append(problems, err)
		}
	}
	return joined(problems)
}

// shrunk refuses a dataset that would lose at least half of the rows that are served, or all: more often a lake that is
// half written than the truth.
func (pl *plan) shrunk(d *decision, rows int64) error {
	before := pl.before(d)
	if pl.request.AllowShrink || before == nil || before.Rows == 0 || before.Rows-rows < rows {
		return nil
	}
	p := gold.Problem{Code: gold.CodeDatasetShrank}
	if d.table != nil {
		p.File = d.table.File()
	}
	return gold.Invalidf(p, "dataset %s would shrink from %s to %d: correct the lake, or allow it if that is meant",
		d.name(), gold.Counted(before.Rows, "row"), rows)
}

// refuseBreaking refuses a field of the BI database that would change its type: saved questions would break.
func (pl *plan) refuseBreaking() error {
	if pl.request.AllowBreaking {
		return nil
	}
	var problems []error
	for _, d := range pl.decisions {
		before := pl.before(d)
		if before == nil || d.dataset.Collection == "" || before.Dataset.Collection != d.dataset.Collection {
			continue
		}
		for _, c := range d.dataset.Breaking(before.Dataset.Shown()) {
			problems = append(problems, gold.Invalidf(gold.Problem{Code: gold.CodeBreakingChange, Field: c.Field},
				"%s of collection %s would change from %s to %s, which breaks saved questions: rename the field, or allow the change",
				c.Field, d.dataset.Collection, c.From, c.To))
		}
	}
	return joined(problems)
}
