package publisher

import (
	"context"

	"goldserve/gold"
)

// refuseWithdrawn refuses content that a rollback withdrew, so that a scheduled run doesn't undo the rollback. Where the store
// has all versions already, their rows are known: other files may hold them.
func (pl *plan) refuseWithdrawn(ctx context.Context) error {
	planned, rows := &gold.Release{}, true
	for _, d := range pl.decisions {
		v := gold.Version{Dataset: *d.dataset, ID: d.id}
		if rows = rows && d.known != nil; rows {
			v.Digest, v.Rows = d.known.Digest, d.known.Rows
		}
		planned.Versions = append(planned.Versions, v)
	}
	// The newest one decides.
	found, err := pl.publisher.config.Store.Releases(ctx, gold.ReleaseQuery{Model: pl.request.Model.Name, Key: planned.VersionsKey(), Limit: 1})
	if err != nil {
		return err
	}
	if err := pl.withdrawn(found, pl.sameVersions); err != nil || !rows {
		return err
	}
	return pl.refuseRows(ctx, planned)
}

// withdrawn refuses what is the same as a release that a rollback withdrew. The newest one that is the same decides.
func (pl *plan) withdrawn(releases []gold.Release, same func(*gold.Release) bool) error {
	for i := range releases {
		r := &releases[i]
		switch {
		case !same(r):
		case !r.Withdrawn:
			return nil
		case pl.request.Hold:
			return gold.Errorf(gold.Invalid, gold.CodeHeldByRollback,
				"the lake holds the content of release %d, which a rollback withdrew: it is published once it differs, or once somebody publishes it again", r.Number)
		default:
			return gold.Errorf(gold.Invalid, gold.CodeReleaseWithdrawn,
				"this content is release %d's, which a rollback withdrew: publish other files", r.Number)
		}
	}
	return nil
}

// refuseRows refuses a release whose rows, by their digests, and contracts are those of one that a rollback withdrew.
func (pl *plan) refuseRows(ctx context.Context, made *gold.Release) error {
	key := made.RowsKey()
	if key == "" {
		return nil
	}
	found, err := pl.publisher.config.Store.Releases(ctx, gold.ReleaseQuery{Model: pl.request.Model.Name, Key: key, Limit: sameRowsLooked})
	if err != nil {
		return err
	}
	return pl.withdrawn(found, func(release *gold.Release) bool { return sameRows(made, release) })
}

// sameRowsLooked bounds the releases of the same rows whose contracts are compared.
const sameRowsLooked = 100

// sameRows reports whether a release has exactly the rows and contracts of one that is made.
func sameRows(made, release *gold.Release) bool {
	if len(release.Versions) != len(made.Versions) {
		return false
	}
	for i := range made.Versions {
		of := &made.Versions[i]
		v := release.Version(of.Dataset.Name)
		if v == nil || v.Digest != of.Digest || v.Rows != of.Rows || !sameContract(&v.Dataset, &of.Dataset) {
			return false
		}
	}
	return true
}
