package sqlitestore

import (
	"context"
	"log/slog"
	"math"
	"slices"

	"goldserve/gold"
)

// vacuum returns free pages to the disk, in steps of 32 MB, so that the write-ahead log stays small and a deadline
// rolls back only the last step. A file that another program created without auto_vacuum keeps its pages.
func vacuum(ctx context.Context, c *conn) error {
	for before := int64(math.MaxInt64); ; {
		free, err := c.number(ctx, "PRAGMA freelist_count")
		if err != nil || free == 0 || free >= before {
			return err
		}
		before = free
		if err := c.exec(ctx, "PRAGMA incremental_vacuum(4096)"); err != nil {
			return err
		}
	}
}

// checkpoint writes the log into the file and empties it. Readers of an earlier state may prevent this: then the log
// shrinks after a later switch.
func (s *Store) checkpoint(ctx context.Context) {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	if s.writer.c == nil || s.writer.loading {
		return
	}
	err := s.writer.c.exec(ctx, "PRAGMA busy_timeout = 1000; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = 10000")
	if err != nil {
		s.log.DebugContext(ctx, "checkpoint of the SQLite file put off", slog.String("file", s.path), slog.Any("error", err))
	}
}

// reclaim returns the pages of dropped tables to the disk.
func reclaim(ctx context.Context, c *conn, dropped int) error {
	if dropped == 0 {
		return nil
	}
	return vacuum(ctx, c)
}

// lastSegment returns the last segment of a table that a sealed version has; -1: there is no sealed version, or it has no
// segments.
func lastSegment(ctx context.Context, c *conn, table string) (last int64, sealed bool, err error) {
	locations, err := c.texts(ctx, `SELECT location FROM _goldserve_versions WHERE `+ofTable+` AND sealed_at IS NOT NULL AND dropped_at IS NULL`, table)
	if last, sealed = gold.LastSegments(slices.Values(locations))[table]; !sealed {
		last = -1
	}
	return last, sealed, err
}

// discard drops what only an unsealed version has: its table, or the rows of it behind those of sealed ones, and its record.
func discard(ctx context.Context, c *conn, location string) error {
	table := tableOf(location)
	last, sealed, err := lastSegment(ctx, c, table)
	switch {
	case err != nil:
		return err
	case sealed:
		err = c.exec(ctx, "DELETE FROM "+quote(table)+" WHERE "+appended(last))
	default:
		err = c.exec(ctx, "DROP TABLE IF EXISTS "+quote(table))
	}
	if err != nil {
		return err
	}
	return forget(ctx, c, location)
}

// forget drops the record of an unsealed version, unless a release had it.
func forget(ctx context.Context, c *conn, location string) error {
	err := c.exec(ctx, `UPDATE _goldserve_versions SET dropped_at = ?2 WHERE location = ?1 AND location IN (SELECT location FROM _goldserve_contents)`, location, now().UnixMilli())
	if err != nil {
		return err
	}
	return c.exec(ctx, `DELETE FROM _goldserve_versions WHERE location = ? AND dropped_at IS NULL`, location)
}
