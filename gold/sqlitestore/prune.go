package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"math"
	"slices"
	"time"

	"goldserve/gold"
)

// DropOrphans drops the tables of versions that ended runs did not seal. A dry run only reads, and needs no lease.
func (s *Store) DropOrphans(ctx context.Context, l gold.Lease, dryRun bool) ([]string, error) {
	doing := "drop orphans of model " + l.Model
	fence := l.Fence
	if dryRun && fence == 0 {
		fence = math.MaxInt64
	}
	var found []string
	find := func(c *conn) (err error) {
		found, err = orphans(ctx, c, l.Model, fence)
		return err
	}
	if dryRun {
		err := s.read(ctx, doing, find)
		if errors.Is(err, errNothing) {
			err = nil
		}
		return found, err
	}
	err := s.write(ctx, l, doing, func(c *conn) error {
		if err := find(c); err != nil {
			return err
		}
		for _, location := range found {
			if err := transaction(ctx, c, func(c *conn) error { return discard(ctx, c, location) }); err != nil {
				return err
			}
		}
		return reclaim(ctx, c, len(found))
	})
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		s.checkpoint(ctx)
	}
	return found, nil
}

// Prune marks releases past their retention, and drops those that were marked a grace ago. A dry run only reads, and
// needs no lease.
func (s *Store) Prune(ctx context.Context, p gold.Prune) (*gold.PruneReport, error) {
	doing := "prune model " + p.Lease.Model
	if p.DryRun {
		var report *gold.PruneReport
		err := s.read(ctx, doing, func(c *conn) error {
			return snapshot(ctx, c, func() (err error) {
				report, _, err = planPrune(ctx, c, p)
				return err
			})
		})
		if errors.Is(err, errNothing) {
			return &gold.PruneReport{}, nil
		}
		return report, err
	}
	var report *gold.PruneReport
	err := s.write(ctx, p.Lease, doing, func(c *conn) (err error) {
		var tables []string
		if report, tables, err = planPrune(ctx, c, p); err != nil {
			return err
		}
		if err := markReleases(ctx, c, p.Lease.Model, report); err != nil {
			return err
		}
		if err := dropVersions(ctx, c, tables); err != nil {
			return err
		}
		if err := retire(ctx, c, p.Lease.Model, now().Add(-p.Grace)); err != nil || len(report.Dropped) == 0 {
			return err
		}
		return s.shrink(ctx, c, p.Lease.Model, report.Dropped)
	})
	if err != nil {
		return nil, err
	}
	if len(report.Dropped) > 0 {
		s.checkpoint(ctx)
	}
	return report, nil
}

// kept is a release whose versions still exist.
type kept struct {
	gold.Release
	pruned time.Time // zero: not marked
}

// planPrune returns the report of what is to be done, and the tables that are no longer needed.
func planPrune(ctx context.Context, c *conn, p gold.Prune) (*gold.PruneReport, []string, error) {
	model := p.Lease.Model
	report := &gold.PruneReport{}
	current, err := c.number(ctx, `SELECT current FROM _goldserve_pointers WHERE model = ?`, model)
	if err != nil {
		return nil, nil, err
	}
	releases, err := keptReleases(ctx, c, model)
	if err != nil {
		return nil, nil, err
	}
	moment := now()
	all := make([]gold.Release, len(releases))
	for i, r := range releases {
		all[i] = r.Release
	}
	report.Why, err = p.Expired(current, moment, all, func(r *gold.Release) (map[string]int64, error) { return sizes(ctx, c, model, r.Number, !p.DryRun) })
	if err != nil {
		return nil, nil, err
	}
	for _, r := range releases {
		if report.Why[r.Number] != "" {
			r.Pruned, r.pruned = true, moment
			report.Marked = append(report.Marked, r.Number)
		}
		switch {
		case !r.Pruned:
		case moment.Before(r.pruned.Add(p.Grace)):
			report.Waiting = append(report.Waiting, r.Number)
		default:
			report.Dropped = append(report.Dropped, r.Number)
		}
	}
	locations, err := neededLocations(ctx, c, model, report.Dropped)
	if err != nil {
		return nil, nil, err
	}
	needed := map[string]bool{}
	for location := range locations {
		needed[tableOf(location)] = true
	}
	tables, err := unneeded(ctx, c, model, needed, moment.Add(-p.Grace))
	if err == nil {
		report.Shared, err = sharedDatasets(ctx, c, model, report.Dropped, needed)
	}
	return report, tables, err
}

// keptReleases reads the releases whose versions still exist, newest first.
func keptReleases(ctx context.Context, c *conn, model string) ([]kept, error) {
	var all []kept
	err := c.each(ctx, `SELECT number, as_of, withdrawn, pruned_at, published_at FROM _goldserve_releases WHERE model = ? AND dropped_at IS NULL ORDER BY number DESC`, []any{model}, func(row []driver.Value) error {
		r := kept{Release: gold.Release{
			Number: integer(row[0]), AsOf: time.UnixMilli(integer(row[1])).UTC(), Withdrawn: integer(row[2]) != 0, Pruned: row[3] != nil,
			PublishedAt: time.UnixMilli(integer(row[4])).UTC(),
		}}
		if r.Pruned {
			r.pruned = time.UnixMilli(integer(row[3]))
		}
		all = append(all, r)
		return nil
	})
	return all, err
}

// sizes returns the bytes of the tables and indexes of a release's versions by the table's name. To count them, every page is
// read, so with keep they are written beside the seals, and read from there later: a table that was appended to since is then
// as large as it was.
func sizes(ctx context.Context, c *conn, model string, number int64, keep bool) (map[string]int64, error) {
	found := map[string]int64{}
	var unknown []string
	err := c.each(ctx, `SELECT v.location, json_extract(v.seal, '$.stored') FROM _goldserve_contents h JOIN _goldserve_versions v ON v.location = h.location
		WHERE h.model = ? AND h.number = ?`, []any{model, number}, func(row []driver.Value) error {
		if location := text(row[0]); row[1] != nil {
			found[tableOf(location)] = integer(row[1])
		} else {
			unknown = append(unknown, location)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, location := range unknown {
		size, err := c.number(ctx, `SELECT coalesce(sum(d.pgsize), 0) FROM sqlite_schema s JOIN dbstat d ON d.name = s.name AND d.aggregate = TRUE WHERE s.tbl_name = ?`, tableOf(location))
		if err != nil {
			return nil, err
		}
		found[tableOf(location)] = size
		if !keep {
			continue
		}
		if err := c.exec(ctx, `UPDATE _goldserve_versions SET seal = json_set(seal, '$.stored', ?) WHERE location = ?`, size, location); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// unneeded returns the tables of sealed versions that only releases to be dropped use, and those that no release uses and
// all of whose versions were sealed before a time: until then, what a failed attempt left can be reused.
func unneeded(ctx context.Context, c *conn, model string, needed map[string]bool, before time.Time) ([]string, error) {
	var tables []string
	recent := map[string]bool{}
	err := c.each(ctx, `SELECT location, sealed_at FROM _goldserve_versions WHERE model = ? AND sealed_at IS NOT NULL AND dropped_at IS NULL ORDER BY location`, []any{model}, func(row []driver.Value) error {
		table := tableOf(text(row[0]))
		recent[table] = recent[table] || integer(row[1]) > before.UnixMilli()
		if !needed[table] && !slices.Contains(tables, table) {
			tables = append(tables, table)
		}
		return nil
	})
	return slices.DeleteFunc(tables, func(table string) bool { return recent[table] }), err
}

// neededLocations returns the locations of the releases that stay. It starts with the releases, which are few: there are many
// contents.
func neededLocations(ctx context.Context, c *conn, model string, dropped []int64) (map[string]bool, error) {
	b := &builder{}
	b.write(`SELECT h.location FROM _goldserve_releases r CROSS JOIN _goldserve_contents h ON h.model = r.model AND h.number = r.number WHERE r.model = `)
	b.param(model)
	b.write(` AND r.dropped_at IS NULL AND r.number NOT IN (`)
	b.list(len(dropped), func(i int) { b.param(dropped[i]) })
	b.write(`)`)
	locations, err := c.texts(ctx, b.String(), b.values()...)
	needed := map[string]bool{}
	for _, location := range locations {
		needed[location] = true
	}
	return needed, err
}

// values returns the parameters written so far.
func (b *builder) values() []any {
	args := make([]any, len(b.args))
	for i, a := range b.args {
		args[i] = a.Value
	}
	return args
}

// sharedDatasets returns the datasets of releases to be dropped whose tables other releases use too.
func sharedDatasets(ctx context.Context, c *conn, model string, dropped []int64, needed map[string]bool) ([]string, error) {
	if len(dropped) == 0 {
		return nil, nil
	}
	b := &builder{}
	b.write(`SELECT dataset, location FROM _goldserve_contents WHERE model = `)
	b.param(model)
	b.write(` AND number IN (`)
	b.list(len(dropped), func(i int) { b.param(dropped[i]) })
	b.write(`) ORDER BY dataset`)
	var shared []string
	err := c.each(ctx, b.String(), b.values(), func(row []driver.Value) error {
		if name := text(row[0]); needed[tableOf(text(row[1]))] && !slices.Contains(shared, name) {
			shared = append(shared, name)
		}
		return nil
	})
	return shared, err
}

// markReleases marks releases as pruned, in one transaction. From then on they are answered 410.
func markReleases(ctx context.Context, c *conn, model string, report *gold.PruneReport) error {
	if len(report.Marked)+len(report.Dropped) == 0 {
		return nil
	}
	return transaction(ctx, c, func(c *conn) error {
		moment := now().UnixMilli()
		for _, number := range report.Marked {
			if err := c.exec(ctx, `UPDATE _goldserve_releases SET pruned_at = ? WHERE model = ? AND number = ?`, moment, model, number); err != nil {
				return err
			}
		}
		for _, number := range report.Dropped {
			if err := c.exec(ctx, `UPDATE _goldserve_releases SET dropped_at = ? WHERE model = ? AND number = ?`, moment, model, number); err != nil {
				return err
			}
		}
		return nil
	})
}

// retire forgets the seals of prefixes that no release has and that were sealed before a time. Their tables stay, as longer ones
// need them, and so does the seal of the longest, which may be extended.
func retire(ctx context.Context, c *conn, model string, before time.Time) error {
	needed, err := neededLocations(ctx, c, model, nil)
	if err != nil {
		return err
	}
	var all, found []string
	err = c.each(ctx, `SELECT location, sealed_at FROM _goldserve_versions WHERE model = ? AND sealed_at IS NOT NULL AND dropped_at IS NULL`, []any{model}, func(row []driver.Value) error {
		location := text(row[0])
		all = append(all, location)
		if _, segment := gold.SplitLocation(location); segment >= 0 && !needed[location] && integer(row[1]) <= before.UnixMilli() {
			found = append(found, location)
		}
		return nil
	})
	if err != nil {
		return err
	}
	last := gold.LastSegments(slices.Values(all))
	return transaction(ctx, c, func(c *conn) error {
		for _, location := range found {
			if table, segment := gold.SplitLocation(location); segment == last[table] {
				continue
			}
			if err := c.exec(ctx, `UPDATE _goldserve_versions SET dropped_at = ?, seal = NULL WHERE location = ?`, now().UnixMilli(), location); err != nil {
				return err
			}
		}
		return nil
	})
}

// dropVersions drops tables of sealed versions, each in a separate transaction. Their records stay.
func dropVersions(ctx context.Context, c *conn, tables []string) error {
	for _, table := range tables {
		err := transaction(ctx, c, func(c *conn) error {
			if err := c.exec(ctx, "DROP TABLE IF EXISTS "+quote(table)); err != nil {
				return err
			}
			return c.exec(ctx, `UPDATE _goldserve_versions SET dropped_at = ?2, seal = NULL WHERE `+ofTable, table, now().UnixMilli())
		})
		if err != nil {
			return err
		}
	}
	return reclaim(ctx, c, len(tables))
}
