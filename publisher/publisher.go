package publisher

import (
	"context"
	"errors"

	"goldserve/gold"
)

// Publish makes a release of the lake's files, or does nothing where the store already serves them. Errors: Invalid
// for contracts, files or values; Conflict where another publisher is at work; Unavailable for the lake or store. The
// report comes with the error too once the rules were evaluated, and where the release is served and the BI database, or the mirror, is
// behind.
func (p *Publisher) Publish(ctx context.Context, r Request) (*Report, error) {
	planner := &planner{Publisher: p, request: r}
	defer planner.close()
	pl, err := planner.plan(ctx)
	if gold.CodeOf(err) == gold.CodeHeldByRollback && !r.DryRun {
		err = p.hold(ctx, r.Model.Name, err)
	}
	if err != nil {
		return nil, err
	}
	for _, i := range pl.list {
		if i.absent != nil {
			p.config.Logger.Warn("file missing: its dataset keeps the current rows", "dataset", i.name(), "problem", i.absent.Message)
		}
	}
	if pl.done() && r.DryRun {
		return pl.unchangedReport(), nil
	}
	if pl.done() {
		return pl.unchangedReport(), p.mirror(ctx, pl.state.Current)
	}
	if r.DryRun {
		return pl.report(Planned, nil), nil
	}
	var report *Report
	var judged *run
	err = p.withLease(ctx, r.Model.Name, "publish", func(ctx context.Context, lease gold.Lease) (outcome, error) {
		var word Outcome
		var release *gold.Release
		var err error
		for again := true; again; {
			// Another publisher may have been at work between the plan and the lease.
			var pl *plan
			if pl, err = planner.plan(ctx); err != nil {
				return outcome{}, err
			}
			if pl.done() {
				report = pl.unchangedReport()
				return outcome{word: Unchanged, release: pl.state.Current.Number}, p.mirror(ctx, pl.state.Current)
			}
			judged = newRun(pl)
			word, release, err = judged.execute(ctx, lease)
			if again, err = planner.moved(ctx, err); err != nil {
				return outcome{}, err
			}
		}
		report = judged.report(word, release)
		if judged.later() {
			report.RefreshDue = p.config.refreshDue(judged.state)
		} else {
			report.Refreshed, err = p.refresh(ctx, lease, release, r.AllowBreaking)
		}
		if err == nil {
			p.retain(ctx, lease)
		}
		return outcome{word: word, release: release.Number}, errors.Join(err, p.mirror(ctx, release))
	})
	if err != nil && report == nil && judged != nil && judged.quality != nil && gold.CodeOf(err) != gold.CodeSourceChanged {
		report = judged.report(Refused, nil)
	}
	return report, err
}

// execute loads what is missing and switches; where only the BI database is behind, it switches nothing.
func (r *run) execute(ctx context.Context, lease gold.Lease) (Outcome, *gold.Release, error) {
	if _, err := r.config.Store.DropOrphans(ctx, lease, false); err != nil {
		return "", nil, err
	}
	if r.sameRelease() {
		return Refreshed, r.state.Current, nil
	}
	if err := r.load(ctx, lease); err != nil {
		return "", nil, err
	}
	if err := r.refuseWithdrawn(ctx); err != nil {
		return "", nil, err
	}
	if err := r.unchanged(ctx); err != nil {
		return "", nil, err
	}
	r.notify(Switching)
	release, err := r.switchTo(ctx, lease)
	return Published, release, err
}

// Rollback makes an earlier release current again, withdraws those above it, and refreshes the BI database.
// NotFound and Gone speak of the number.
func (p *Publisher) Rollback(ctx context.Context, model string, to int64) (*gold.Release, error) {
	if err := p.published(ctx, model); err != nil {
		return nil, err
	}
	var release *gold.Release
	err := p.withLease(ctx, model, "rollback", func(ctx context.Context, lease gold.Lease) (outcome, error) {
		state, err := p.config.Store.State(ctx, model)
		if err != nil {
			return outcome{}, err
		}
		if state.Current == nil {
			return outcome{}, gold.Errorf(gold.Empty, gold.CodeNoRelease, "model %s has no release to roll back to", model)
		}
		release = state.Current
		if to != state.Current.Number {
			if release, err = p.config.Store.RollBack(ctx, gold.Rollback{Lease: lease, From: state.Current.Number, To: to}); err != nil {
				return outcome{}, err
			}
		}
		_, err = p.refresh(ctx, lease, release, true)
		return outcome{word: rolledBack, release: release.Number}, errors.Join(err, p.mirror(ctx, release))
	})
	return release, err
}
