package publisher

import (
	"cmp"
	"context"
	"slices"
	"time"

	"goldserve/gold"
)

// switchTo makes the plan's versions the current release in one atomic write.
func (p *Publisher) switchTo(ctx context.Context, pl *plan, lease gold.Lease) (*gold.Release, error) {
	model := pl.request.Model
	release := &gold.Release{Model: model.Name, KPIs: model.KPIs, Facts: model.Facts, Quality: pl.quality, Integrity: pl.integrity()}
	for _, it := range pl.items {
		v := *it.version
		v.Dataset = *it.dataset
		if !it.kept {
			var err error
			if v.Checked, err = rulesID(it.rules); err != nil {
				return nil, err
			}
		}
		release.Versions = append(release.Versions, v)
	}
	slices.SortFunc(release.Versions, func(a, b gold.Version) int { return cmp.Compare(a.Dataset.Name, b.Dataset.Name) })
	release.AsOf = pl.effectiveAsOf().UTC()
	var from int64
	if pl.state.Current != nil {
		from = pl.state.Current.Number
	}
	release.Seconds = time.Since(pl.started).Round(time.Millisecond).Seconds()
	return p.config.Store.Publish(ctx, gold.Publication{Lease: lease, From: from, Release: release})
}
