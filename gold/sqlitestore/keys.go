package sqlitestore

import (
	"context"
	"database/sql/driver"
	"encoding/json"

	"goldserve/gold"
)

// findable makes the releases of a file found by their keys.
func findable(ctx context.Context, c *conn) error {
	type record struct {
		releaseKey
		text string
	}
	for last := int64(0); ; {
		var some []record
		err := c.each(ctx, `SELECT rowid, model, number, record FROM _goldserve_releases WHERE rowid > ? ORDER BY rowid LIMIT 100`, []any{last}, func(row []driver.Value) error {
			last = integer(row[0])
			some = append(some, record{releaseKey{text(row[1]), integer(row[2])}, text(row[3])})
			return nil
		})
		if err != nil || len(some) == 0 {
			return err
		}
		for _, r := range some {
			release := &gold.Release{}
			if err := json.Unmarshal([]byte(r.text), release); err != nil {
				return unreadable("the record of a release of model "+r.model, err)
			}
			if err := insertKeys(ctx, c, r.releaseKey, release.Keys()); err != nil {
				return err
			}
		}
	}
}

// insertKeys records the keys by which a release is found.
func insertKeys(ctx context.Context, c *conn, r releaseKey, keys []string) error {
	for _, key := range keys {
		if err := c.exec(ctx, `INSERT OR IGNORE INTO _goldserve_keys VALUES (?, ?, ?)`, r.model, key, r.number); err != nil {
			return err
		}
	}
	return nil
}
