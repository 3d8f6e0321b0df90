package publisher

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"time"

	"goldserve/gold"
)

// switchTo makes the run's versions the current release in one atomic write.
func (r *run) switchTo(ctx context.Context, lease gold.Lease) (*gold.Release, error) {
	model := r.request.Model
	release := &gold.Release{Model: model.Name, KPIs: model.KPIs, Facts: model.Facts, Calendar: model.Calendar, Title: model.Title, Locale: model.Locale, AsOfField: model.AsOf, Quality: r.quality, Integrity: r.integrity(), Unreached: r.request.Unreached, BIDatabase: r.biDatabase, Dashboard: r.dashboard, Inferred: r.request.Inferred, Lineage: r.lineage(), Pack: model.Pack}
	if r.config.Version != "" {
		release.Environment = &gold.Environment{Goldserve: r.config.Version, Platform: runtime.GOOS + "/" + runtime.GOARCH}
		if release.Lineage != nil {
			release.Environment.Engine = release.Lineage.Engine
		}
	}
	for _, it := range r.jobs {
		v := *it.version
		v.Dataset = *it.dataset
		if !it.kept {
			v.Origin = &it.origin // with the token of today
			var err error
			if v.Checked, err = rulesID(it.fields, it.rules); err != nil {
				return nil, err
			}
		}
		release.Versions = append(release.Versions, v)
	}
	slices.SortFunc(release.Versions, func(a, b gold.Version) int { return cmp.Compare(a.Dataset.Name, b.Dataset.Name) })
	release.AsOf = r.effectiveAsOf().UTC()
	var from int64
	if r.state.Current != nil {
		from = r.state.Current.Number
	}
	release.Seconds = time.Since(r.started).Round(time.Millisecond).Seconds()
	return r.config.Store.Publish(ctx, gold.Publication{Lease: lease, From: from, Release: release})
}
