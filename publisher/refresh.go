package publisher

import (
	"context"
	"fmt"
	"time"

	"goldserve/gold"
)

// Refresh makes the BI database show the current release of a model, where that is due: it is what a publish left for later
// (see Config.BIEvery), or a run that was broken off left behind. The report is Refreshed, or Unchanged with RefreshDue where
// it is not due yet. Empty where the model has no release; Conflict where another publisher is at work.
func (p *Publisher) Refresh(ctx context.Context, model string) (*Report, error) {
	started := time.Now()
	report, err := p.behind(ctx, model)
	if err != nil || report.Outcome != Refreshed {
		return report, err
	}
	err = p.withLease(ctx, model, "publish", func(ctx context.Context, lease gold.Lease) (outcome, error) {
		// Another publisher may have been at work.
		report, err = p.behind(ctx, model)
		if err == nil && report.Outcome == Refreshed {
			report.Refreshed, err = p.refresh(ctx, lease, report.Release, false)
		}
		if err != nil {
			return outcome{}, err
		}
		return outcome{word: report.Outcome, release: report.Release.Number}, nil
	})
	if err != nil {
		return nil, err
	}
	report.Duration = time.Since(started)
	return report, nil
}

// behind says what a refresh of a model would come to now: Refreshed, or Unchanged.
func (p *Publisher) behind(ctx context.Context, model string) (*Report, error) {
	state, err := p.config.Store.State(ctx, model)
	if err != nil {
		return nil, err
	}
	if state.Current == nil {
		return nil, gold.Errorf(gold.Empty, gold.CodeNoRelease, "model %s has no release", model)
	}
	report := &Report{Outcome: Unchanged, Release: state.Current}
	if len(state.Stale) == 0 {
		return report, nil
	}
	if report.RefreshDue = p.config.refreshDue(state); report.RefreshDue.IsZero() {
		report.Outcome = Refreshed
	}
	return report, nil
}

// refresh makes the BI database show the release. Where it fails the release is served all the same, and the next
// publish refreshes again.
func (p *Publisher) refresh(ctx context.Context, lease gold.Lease, release *gold.Release, allowBreaking bool) ([]string, error) {
	p.notify(Refreshing)
	report, err := p.config.Store.Refresh(ctx, gold.Refresh{Lease: lease, Release: release, AllowBreaking: allowBreaking, Every: p.config.BIEvery})
	if err != nil {
		return nil, fmt.Errorf("release %d is served, but the BI database was not refreshed (the next publish tries again): %w", release.Number, err)
	}
	return report.Refreshed, nil
}
