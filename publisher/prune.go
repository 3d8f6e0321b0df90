package publisher

import (
	"context"

	"goldserve/gold"
)

// PruneReport says what a prune did, or would do.
type PruneReport struct {
	Orphans []string // locations of versions that were dropped because nobody sealed them
	gold.PruneReport
}

// Prune drops orphans, and releases past the retention that Config names, in two steps with the grace between them.
// Conflict where another publisher is at work. dry says what would be done.
func (p *Publisher) Prune(ctx context.Context, model string, dry bool) (*PruneReport, error) {
	if err := p.published(ctx, model); err != nil {
		return nil, err
	}
	var report *PruneReport
	err := p.withLease(ctx, model, "prune", func(ctx context.Context, lease gold.Lease) (outcome, error) {
		var err error
		report, err = p.prune(ctx, lease, dry)
		if dry {
			return outcome{word: Unchanged}, err
		}
		return outcome{word: pruned}, err
	})
	return report, err
}

// prune is Prune under a lease.
func (p *Publisher) prune(ctx context.Context, lease gold.Lease, dry bool) (*PruneReport, error) {
	orphans, err := p.config.Store.DropOrphans(ctx, lease, dry)
	if err != nil {
		return nil, err
	}
	r := p.config.Retention
	releases, err := p.config.Store.Prune(ctx, gold.Prune{
		Lease: lease, Keep: r.Keep, Months: r.Months, KeepFor: r.For, Every: r.Every, KeepBytes: r.Bytes, Grace: r.Grace, DryRun: dry,
	})
	if err != nil {
		return nil, err
	}
	return &PruneReport{Orphans: orphans, PruneReport: *releases}, nil
}

// retain prunes after a publish. The release is served already: what can't be pruned now is by the next run.
func (p *Publisher) retain(ctx context.Context, lease gold.Lease) {
	report, err := p.prune(ctx, lease, false)
	switch {
	case err != nil:
		p.config.Logger.Warn("old releases not pruned: the next publish tries again", "model", lease.Model, "error", err)
	case len(report.Marked)+len(report.Dropped) > 0:
		p.config.Logger.Info("old releases pruned", "model", lease.Model, "marked", report.Marked, "dropped", report.Dropped)
	}
}
