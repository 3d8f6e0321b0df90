package publisher

import (
	"context"
	"fmt"

	"goldserve/gold"
)

// refresh makes the BI database show the release. Where it fails the release is served all the same, and the next
// publish refreshes again.
func (p *Publisher) refresh(ctx context.Context, lease gold.Lease, release *gold.Release, allowBreaking bool) ([]string, error) {
	p.notify(Refreshing)
	report, err := p.config.Store.Refresh(ctx, gold.Refresh{Lease: lease, Release: release, AllowBreaking: allowBreaking})
	if err != nil {
		return nil, fmt.Errorf("release %d is served, but the BI database was not refreshed (the next publish tries again): %w", release.Number, err)
	}
	return report.Refreshed, nil
}
