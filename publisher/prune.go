package publisher

import (
	"context"

	"goldserve/gold"
)

// Prune drops what nobody needs any more: orphans, and releases past the retention that Config names, in two steps with
// the grace between them. Conflict where another publisher is at work. Dry says what would be done.
func (p *Publisher) Prune(ctx context.Context, model string, dry bool) (*gold.PruneReport, error) {
	if err := p.published(ctx, model); err != nil {
		return nil, err
	}
	var report *gold.PruneReport
	err := p.withLease(ctx, model, "prune", func(ctx context.Context, lease gold.Lease) (outcome, error) {
		var err error
		report, err = p.config.Store.Prune(ctx, p.retention(lease, dry))
		return outcome{word: pruned}, err
	})
	return report, err
}

// retention is the pruning that Config names.
func (p *Publisher) retention(lease gold.Lease, dry bool) gold.Prune {
	r := p.config.Retention
	return gold.Prune{Lease: lease, Keep: r.Keep, Months: r.Months, Grace: r.Grace, DryRun: dry}
}

// retain prunes after a publish. The release is served already: what can't be pruned now is by the next run.
func (p *Publisher) retain(ctx context.Context, lease gold.Lease) {
	report, err := p.config.Store.Prune(ctx, p.retention(lease, false))
	switch {
	case err != nil:
		p.config.Logger.Warn("old releases not pruned: the next publish tries again", "model", lease.Model, "error", err)
	case len(report.Marked)+len(report.Dropped) > 0:
		p.config.Logger.Info("old releases pruned", "model", lease.Model, "marked", report.Marked, "dropped", report.Dropped)
	}
}
