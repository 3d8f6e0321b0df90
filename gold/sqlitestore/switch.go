package sqlitestore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
)

// Publish records a new release and makes it current.
func (s *Store) Publish(ctx context.Context, p gold.Publication) (*gold.Release, error) {
	model := p.Lease.Model
	return s.flip(ctx, p.Lease, p.From, "publish a release of model "+model, func(c *conn, last int64) (*gold.Release, error) {
		return insertRelease(ctx, c, model, last+1, p.Release)
	})
}

// RollBack makes an earlier release current again.
func (s *Store) RollBack(ctx context.Context, r gold.Rollback) (*gold.Release, error) {
	model := r.Lease.Model
	return s.flip(ctx, r.Lease, r.From, "roll model "+model+" back", func(c *conn, _ int64) (*gold.Release, error) {
		return s.withdraw(ctx, c, model, r.To)
	})
}

// flip makes the release that choose returns current, in one transaction: pointer, record, marks, views and the indexes
// of shared versions change together. It is on the disk when flip returns. choose gets the highest number ever used.
func (s *Store) flip(ctx context.Context, l gold.Lease, from int64, doing string, choose func(c *conn, last int64) (*gold.Release, error)) (*gold.Release, error) {
	var r *gold.Release
	err := s.write(ctx, l, doing, func(c *conn) error {
		if err := c.exec(ctx, "PRAGMA synchronous = FULL"); err != nil {
			return err
		}
		err := transaction(ctx, c, func(c *conn) error {
			last, err := switchable(ctx, c, l, from)
			if err != nil {
				return err
			}
			if r, err = choose(c, last); err != nil {
				return err
			}
			return point(ctx, c, l.Model, r)
		})
		return errors.Join(err, c.exec(context.WithoutCancel(ctx), "PRAGMA synchronous = NORMAL"))
	})
	if err != nil {
		return nil, err
	}
	s.checkpoint(ctx)
	return r, nil
}

// switchable returns the highest number ever used for a release, or Conflict if the lease was lost or the current
// number isn't from.
func switchable(ctx context.Context, c *conn, l gold.Lease, from int64) (last int64, err error) {
	pointer, err := c.first(ctx, `SELECT current, last FROM _goldserve_pointers WHERE model = ? AND fence = ?`, l.Model, l.Fence)
	if err != nil {
		return 0, err
	}
	if pointer == nil {
		return 0, lostLease(l)
	}
	if current := integer(pointer[0]); current != from {
		return 0, conflict("release %d of model %s is current, not %d as when this run began; run it again", current, l.Model, from)
	}
	return integer(pointer[1]), nil
}

// point moves a model's pointer to a release.
func point(ctx context.Context, c *conn, model string, r *gold.Release) error {
	err := c.exec(ctx, `UPDATE _goldserve_pointers SET current = ?, last = max(last, ?) WHERE model = ?`, r.Number, r.Number, model)
	if err != nil {
		return err
	}
	// Here rather than after the switch: if a run died between the two, the release would lack an index, and the next
	// run would find nothing to do.
	for i := range r.Versions {
		if err := reconcileIndexes(ctx, c, &r.Versions[i]); err != nil {
			return err
		}
	}
	return show(ctx, c, r)
}

// reconcileIndexes creates the indexes of a version's contract and drops the others.
func reconcileIndexes(ctx context.Context, c *conn, v *gold.Version) error {
	table := tableOf(v.Location)
	have, err := c.texts(ctx, `SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL`, table)
	if err != nil {
		return err
	}
	names := []string{indexName(table, keyIndex(&v.Dataset)), segmentIndex(table)}
	made := false
	for _, index := range wantedIndexes(&v.Dataset) {
		name := indexName(table, index)
		names = append(names, name)
		if slices.Contains(have, name) {
			continue
		}
		if err := c.exec(ctx, createIndex(table, &v.Dataset, index, v.Segmented())); err != nil {
			return err
		}
		made = true
	}
	for _, name := range have {
		if slices.Contains(names, name) {
			continue
		}
		if err := c.exec(ctx, "DROP INDEX "+quote(name)); err != nil {
			return err
		}
	}
	if made {
		return c.exec(ctx, "PRAGMA analysis_limit = 1000; ANALYZE "+quote(table))
	}
	return nil
}

// insertRelease records a new release. Its times have milliseconds, as in every store.
func insertRelease(ctx context.Context, c *conn, model string, number int64, plan *gold.Release) (*gold.Release, error) {
	r := *plan
	r.Model, r.Number, r.PublishedAt, r.Withdrawn, r.Pruned = model, number, now(), false, false
	r.Requires = plan.Needs()
	r.AsOf = r.AsOf.UTC().Truncate(time.Millisecond)
	if r.AsOf.IsZero() {
		r.AsOf = r.PublishedAt
	}
	r.Versions = slices.Clone(plan.Versions)
	slices.SortFunc(r.Versions, func(a, b gold.Version) int { return strings.Compare(a.Dataset.Name, b.Dataset.Name) })
	record, contracts, err := gold.EncodeRelease(&r)
	if err != nil {
		return nil, malformed("record of release %d of model %s: %w", number, model, err)
	}
	for hash, contract := range contracts {
		if err := c.exec(ctx, `INSERT OR IGNORE INTO _goldserve_contracts VALUES (?, ?)`, hash, contract); err != nil {
			return nil, err
		}
	}
	err = c.exec(ctx, `INSERT INTO _goldserve_releases (model, number, as_of, published_at, record) VALUES (?, ?, ?, ?, ?)`,
		model, number, r.AsOf.UnixMilli(), r.PublishedAt.UnixMilli(), record)
	if err != nil {
		return nil, err
	}
	if err := insertKeys(ctx, c, releaseKey{model, number}, r.Keys()); err != nil {
		return nil, err
	}
	for i := range r.Versions {
		if err := insertContent(ctx, c, &r, &r.Versions[i]); err != nil {
			return nil, err
		}
	}
	return &r, nil
}

// insertContent records that a release uses a version, which must be sealed.
func insertContent(ctx context.Context, c *conn, r *gold.Release, v *gold.Version) error {
	sealed, err := c.number(ctx, `SELECT count(*) FROM _goldserve_versions WHERE location = ? AND model = ? AND dataset = ? AND id = ? AND sealed_at IS NOT NULL AND dropped_at IS NULL`,
		v.Location, r.Model, v.Dataset.Name, v.ID)
	if err != nil {
		return err
	}
	if sealed == 0 {
		return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "dataset %s: version %s is not sealed; run it again", v.Dataset.Name, v.Location)
	}
	return c.exec(ctx, `INSERT INTO _goldserve_contents VALUES (?, ?, ?, ?)`, r.Model, r.Number, v.Dataset.Name, v.Location)
}

// withdraw marks every release above one as withdrawn and that one as not withdrawn; those below are unchanged.
func (s *Store) withdraw(ctx context.Context, c *conn, model string, to int64) (*gold.Release, error) {
	if _, err := s.resolveNumber(ctx, c, model, to); err != nil {
		return nil, err
	}
	lost, err := c.texts(ctx, `SELECT h.dataset FROM _goldserve_contents h WHERE h.model = ? AND h.number = ?
		AND NOT EXISTS (SELECT 1 FROM _goldserve_versions v WHERE v.location = h.location AND v.sealed_at IS NOT NULL AND v.dropped_at IS NULL)`, model, to)
	if err != nil {
		return nil, err
	}
	if len(lost) > 0 {
		return nil, gold.Errorf(gold.Gone, gold.CodeReleasePruned, "release %d of model %s has lost its rows of %s, which were loaded again for a later one; roll back to that", to, model, strings.Join(lost, ", "))
	}
	if err := c.exec(ctx, `UPDATE _goldserve_releases SET withdrawn = number > ?1 WHERE model = ?2 AND number >= ?1`, to, model); err != nil {
		return nil, err
	}
	return s.resolveNumber(ctx, c, model, to)
}

func (s *Store) resolveNumber(ctx context.Context, c *conn, model string, number int64) (*gold.Release, error) {
	if number == 0 {
		return nil, malformed("a rollback of model %s names no release", model)
	}
	r, err := s.resolve(ctx, c, gold.Selector{Model: model, Number: number})
	if err != nil {
		return nil, err
	}
	return r, r.Understood()
}
