package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"

	"goldserve/gold"
)

// stubsAtOnce is how many stubs one run leaves at most, besides those of what it drops itself: a store of before there were any
// gets them without a run that takes long.
const stubsAtOnce = 500

// shrink leaves a stub of the releases whose rows were dropped, besides the newest gold.WholeRecords of them and those that are
// withdrawn, and forgets their versions and what they are found by. dropped are those that were dropped now.
func (s *Store) shrink(ctx context.Context, c *conn, model string, dropped []int64) error {
	newest, err := c.first(ctx, `SELECT number FROM _goldserve_releases WHERE model = ? AND dropped_at IS NOT NULL ORDER BY number DESC LIMIT 1 OFFSET ?`, model, int64(gold.WholeRecords))
	if err != nil || newest == nil {
		return err
	}
	// The others below it are stubs down to the first, and so are those that were dropped late, as the last ones of their hours.
	below := integer(newest[0])
	numbers := slices.DeleteFunc(slices.Clone(dropped), func(n int64) bool { return n > below })
	err = c.each(ctx, `SELECT number, json_extract(record, '$.summary') IS NULL FROM _goldserve_releases
		WHERE model = ? AND number <= ? AND dropped_at IS NOT NULL AND withdrawn = 0 ORDER BY number DESC`, []any{model, below}, func(row []driver.Value) error {
		switch number, whole := integer(row[0]), integer(row[1]) != 0; {
		case slices.Contains(dropped, number):
		case whole:
			numbers = append(numbers, number)
		default:
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err != nil || len(numbers) == 0 {
		return err
	}
	// From the lowest up, so that those below the last stub stay stubs; the lowest are those that were dropped late.
	slices.Sort(numbers)
	numbers = numbers[:min(stubsAtOnce+len(dropped), len(numbers))]
	return transaction(ctx, c, func(c *conn) error {
		for _, number := range numbers {
			if err := s.stub(ctx, c, model, number); err != nil {
				return err
			}
		}
		return nil
	})
}

// stub leaves a stub of a release, unless it is withdrawn.
func (s *Store) stub(ctx context.Context, c *conn, model string, number int64) error {
	row, err := c.first(ctx, `SELECT record, rowid, as_of, published_at, pruned_at, dropped_at FROM _goldserve_releases WHERE model = ? AND number = ? AND withdrawn = 0`, model, number)
	if err != nil || row == nil {
		return err
	}
	r, err := s.decode(ctx, c, text(row[0]))
	if err == nil {
		err = r.Understood()
	}
	if err != nil {
		return err
	}
	record, _, err := gold.EncodeRelease(r.Stub())
	if err != nil {
		return malformed("record of release %d of model %s: %w", number, model, err)
	}
	// An update would leave it on its page, which the whole records filled; a new row shares one with other stubs.
	if err := c.exec(ctx, `DELETE FROM _goldserve_releases WHERE rowid = ?`, row[1]); err != nil {
		return err
	}
	err = c.exec(ctx, `INSERT INTO _goldserve_releases (rowid, model, number, as_of, published_at, pruned_at, dropped_at, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		row[1], model, number, row[2], row[3], row[4], row[5], record)
	if err != nil {
		return err
	}
	// An older release of the same content goes with it: the newest one decides what the content is taken for.
	for _, key := range r.Keys() {
		if err := c.exec(ctx, `DELETE FROM _goldserve_keys WHERE model = ? AND key = ? AND number <= ?`, model, key, number); err != nil {
			return err
		}
	}
	err = c.exec(ctx, `DELETE FROM _goldserve_versions WHERE dropped_at IS NOT NULL AND location IN (SELECT location FROM _goldserve_contents WHERE model = ? AND number = ?)`, model, number)
	if err != nil {
		return err
	}
	return c.exec(ctx, `DELETE FROM _goldserve_contents WHERE model = ? AND number = ?`, model, number)
}
