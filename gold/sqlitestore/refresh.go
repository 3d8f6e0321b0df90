package sqlitestore

import (
	"context"
	"slices"
	"time"

	"goldserve/gold"
)

// Refresh makes the indexes of the release's versions those of its contracts. The views flipped with the switch: every
// collection is unchanged.
func (s *Store) Refresh(ctx context.Context, r gold.Refresh) (*gold.RefreshReport, error) {
	start := time.Now()
	report := &gold.RefreshReport{}
	err := s.write(ctx, r.Lease, "make the indexes of model "+r.Lease.Model, func(c *conn) error {
		for i := range r.Release.Versions {
			v := &r.Release.Versions[i]
			if v.Dataset.Collection != "" {
				report.Unchanged = append(report.Unchanged, v.Dataset.Collection)
			}
			if err := reconcileIndexes(ctx, c, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	report.Duration = time.Since(start)
	return report, nil
}

// reconcileIndexes makes what a version's contract has and drops what it has no more.
func reconcileIndexes(ctx context.Context, c *conn, v *gold.Version) error {
	have, err := c.texts(ctx, `SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL`, v.Location)
	if err != nil {
		return err
	}
	names := []string{indexName(v.Location, keyIndex(&v.Dataset))}
	made := false
	for _, index := range wantedIndexes(&v.Dataset) {
		name := indexName(v.Location, index)
		names = append(names, name)
		if slices.Contains(have, name) {
			continue
		}
		if err := c.exec(ctx, createIndex(v.Location, index, false)); err != nil {
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
		return c.exec(ctx, "PRAGMA analysis_limit = 1000; ANALYZE "+quote(v.Location))
	}
	return nil
}
