package sqlitestore

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
)

// marks are the columns of a release that are always read.
const marks = "r.number, r.published_at, r.withdrawn, r.pruned_at, r.as_of"

// answering is the condition that a release r can be found by as_of: not withdrawn, not pruned.
const answering = " AND r.withdrawn = 0 AND r.pruned_at IS NULL AND r.dropped_at IS NULL"

// Resolve returns the release that a selector names. The current one costs a row of one small table.
func (s *Store) Resolve(ctx context.Context, sel gold.Selector) (*gold.Release, error) {
	var r *gold.Release
	err := s.read(ctx, "read the releases of model "+sel.Model, func(c *conn) (err error) {
		if r, err = s.resolve(ctx, c, sel); err != nil {
			return err
		}
		if err = r.Understood(); err != nil && sel.Number == 0 && sel.AsOf.IsZero() {
			r, err = s.standIn(ctx, c, r, err)
		}
		return err
	})
	switch {
	case errors.Is(err, errNothing):
		return nil, gold.NoRelease(sel.Model)
	case err != nil:
		return nil, err
	}
	return r, nil
}

// standIn returns the newest release that can be served instead of the current one, which this program can't read; err
// if there is none.
func (s *Store) standIn(ctx context.Context, c *conn, current *gold.Release, err error) (*gold.Release, error) {
	var rows [][]driver.Value
	failure := c.each(ctx, `SELECT `+marks+` FROM _goldserve_releases r WHERE r.model = ? AND r.number < ?`+answering+` ORDER BY r.number DESC`, []any{current.Model, current.Number}, func(row []driver.Value) error {
		rows = append(rows, slices.Clone(row))
		return nil
	})
	if failure != nil {
		return nil, failure
	}
	for _, row := range rows {
		r, failure := s.release(ctx, c, current.Model, row)
		if failure != nil {
			return nil, failure
		}
		if r.Understood() == nil {
			behind := *r
			behind.Behind = current.Number
			return &behind, nil
		}
	}
	return nil, err
}

func (s *Store) resolve(ctx context.Context, c *conn, sel gold.Selector) (*gold.Release, error) {
	var row []driver.Value
	var err error
	switch {
	case sel.Number != 0:
		row, err = c.first(ctx, `SELECT `+marks+` FROM _goldserve_releases r WHERE r.model = ? AND r.number = ?`, sel.Model, sel.Number)
	case !sel.AsOf.IsZero():
		row, err = c.first(ctx, `SELECT `+marks+` FROM _goldserve_releases r WHERE r.model = ? AND r.as_of <= ?`+answering+` ORDER BY r.number DESC LIMIT 1`, sel.Model, sel.AsOf.UnixMilli())
	default:
		row, err = c.first(ctx, `SELECT `+marks+` FROM _goldserve_pointers p JOIN _goldserve_releases r ON r.model = p.model AND r.number = p.current
			WHERE p.model = ?`, sel.Model)
	}
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, s.notFound(ctx, c, sel)
	}
	if row[3] != nil {
		return nil, gold.PrunedRelease(sel.Model, sel.Number)
	}
	return s.release(ctx, c, sel.Model, row)
}

// notFound returns the error of a selector without a release.
func (s *Store) notFound(ctx context.Context, c *conn, sel gold.Selector) error {
	row, err := c.first(ctx, `SELECT r.number, r.as_of FROM _goldserve_releases r WHERE r.model = ?`+answering+` ORDER BY r.as_of, r.number LIMIT 1`, sel.Model)
	if err != nil {
		return err
	}
	last, err := c.number(ctx, `SELECT last FROM _goldserve_pointers WHERE model = ?`, sel.Model)
	switch {
	case err != nil:
		return err
	case last == 0, sel.Number == 0 && sel.AsOf.IsZero():
		return gold.NoRelease(sel.Model) // the first release may have been published since the pointer was read
	case sel.Number != 0:
		return gold.UnknownRelease(sel.Model, sel.Number, last)
	case row == nil:
		return gold.NoReleaseAsOf(sel.Model, sel.AsOf, 0, time.Time{})
	default:
		return gold.NoReleaseAsOf(sel.Model, sel.AsOf, integer(row[0]), time.UnixMilli(integer(row[1])))
	}
}

// release returns the release of a row of marks, from the cache if only its marks can have changed.
func (s *Store) release(ctx context.Context, c *conn, model string, row []driver.Value) (*gold.Release, error) {
	number, published := integer(row[0]), time.UnixMilli(integer(row[1])).UTC()
	withdrawn, pruned := integer(row[2]) != 0, row[3] != nil
	key := releaseKey{model, number}
	s.cache.mu.Lock()
	r := s.cache.releases[key]
	s.cache.mu.Unlock()
	if r != nil && r.PublishedAt.Equal(published) {
		if r.Withdrawn == withdrawn && r.Pruned == pruned {
			return r, nil
		}
		marked := *r
		r = &marked
	} else {
		record, err := c.first(ctx, `SELECT record FROM _goldserve_releases WHERE model = ? AND number = ?`, model, number)
		if err != nil {
			return nil, err
		}
		if record == nil {
			return nil, errors.New("a release vanished while it was read")
		}
		if r, err = s.decode(ctx, c, text(record[0])); err != nil {
			return nil, unreadable("the record of a release of model "+model, err)
		}
		if r.Understood() != nil {
			r.Model, r.Number, r.PublishedAt, r.AsOf = model, number, published, time.UnixMilli(integer(row[4])).UTC()
		}
	}
	r.Withdrawn, r.Pruned = withdrawn, pruned
	s.cache.keep(key, r)
	return r, nil
}

// decode returns the release of a record.
func (s *Store) decode(ctx context.Context, c *conn, record string) (*gold.Release, error) {
	return s.cache.contracts.Decode(record, func(hashes []string) (map[string]string, error) {
		contracts := map[string]string{}
		for _, hash := range hashes {
			found, err := c.texts(ctx, `SELECT contract FROM _goldserve_contracts WHERE hash = ?`, hash)
			if err != nil {
				return nil, err
			}
			if len(found) == 0 {
				return nil, fmt.Errorf("contract %s is missing", hash)
			}
			contracts[hash] = found[0]
		}
		return contracts, nil
	})
}

// Releases lists the releases of a model, newest first.
func (s *Store) Releases(ctx context.Context, q gold.ReleaseQuery) ([]gold.Release, error) {
	var list []gold.Release
	err := s.read(ctx, "list the releases of model "+q.Model, func(c *conn) error {
		list = nil
		before := q.Before
		if before <= 0 {
			before = math.MaxInt64
		}
		query, args, filter, err := selected(ctx, c, q)
		if err != nil {
			return err
		}
		err = c.each(ctx, query, append(args, before), func(row []driver.Value) error {
			r, err := s.release(ctx, c, q.Model, row)
			if err == nil && (filter == nil || filter(r)) {
				list = append(list, *r)
			}
			if err == nil && q.Limit > 0 && len(list) == q.Limit {
				return errEnough
			}
			return err
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	})
	if errors.Is(err, errNothing) {
		return nil, nil
	}
	return list, err
}

// errEnough ends a visit of releases once there are as many as were asked for.
var errEnough = errors.New("enough releases")

// selected returns the statement that reads the releases of a query below a number, which is its last argument, newest first
// without sorting, and what else they have to pass. A file of layout 1 can't be asked for a key: all its releases are looked at.
func selected(ctx context.Context, c *conn, q gold.ReleaseQuery) (query string, args []any, filter func(*gold.Release) bool, err error) {
	format := int64(2)
	if q.Key != "" {
		if format, err = storedFormat(ctx, c); err != nil {
			return "", nil, nil, err
		}
	}
	from, number, args := ` FROM _goldserve_releases r WHERE r.model = ?`, "r.number", []any{q.Model}
	switch {
	case q.Key != "" && format < 2:
		filter = func(r *gold.Release) bool { return slices.Contains(r.Keys(), q.Key) }
	case q.Key != "":
		from = ` FROM _goldserve_keys k CROSS JOIN _goldserve_releases r ON r.model = k.model AND r.number = k.number WHERE k.model = ? AND k.key = ?`
		number, args = "k.number", append(args, q.Key)
	}
	if q.Kept {
		from += answering
	}
	return `SELECT ` + marks + from + ` AND ` + number + ` < ? ORDER BY ` + number + ` DESC`, args, filter, nil
}

// Models implements gold.Lister.
func (s *Store) Models(ctx context.Context) (names []string, err error) {
	err = s.read(ctx, "list the models", func(c *conn) error {
		names, err = c.texts(ctx, `SELECT model FROM _goldserve_pointers WHERE current > 0 ORDER BY model`)
		return err
	})
	if errors.Is(err, errNothing) {
		return nil, nil
	}
	return names, err
}

// State reads the state of a model, in one read transaction.
func (s *Store) State(ctx context.Context, model string) (*gold.State, error) {
	doing := "read the state of model " + model
	holder, err := s.lock.holder(model)
	if err != nil {
		return nil, s.fail(ctx, doing, err)
	}
	fresh := gold.State{Model: model, Taken: map[string]string{}, Lease: holder, Now: now()}
	st := &fresh
	err = s.read(ctx, doing, func(c *conn) error {
		again := fresh
		st = &again
		return snapshot(ctx, c, func() error { return s.readState(ctx, c, st) })
	})
	if errors.Is(err, errNothing) {
		st.Taken, err = s.foreignNames(ctx, doing)
	}
	if err != nil {
		return nil, err
	}
	return st, nil
}

// snapshot runs reads in one transaction, so that they see the same state.
func snapshot(ctx context.Context, c *conn, do func() error) error {
	if err := c.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	err := do()
	// Nothing was written, and a rollback always ends the transaction.
	rollback(c)
	return err
}

func (s *Store) readState(ctx context.Context, c *conn, st *gold.State) error {
	pointer, err := c.first(ctx, `SELECT current, last FROM _goldserve_pointers WHERE model = ?`, st.Model)
	if err != nil {
		return err
	}
	if pointer != nil {
		st.Last = integer(pointer[1])
		if integer(pointer[0]) > 0 {
			if st.Current, err = s.resolve(ctx, c, gold.Selector{Model: st.Model}); err != nil {
				return err
			}
			if err := st.Current.Understood(); err != nil {
				return err
			}
		}
	}
	seals, err := c.texts(ctx, `SELECT seal FROM _goldserve_versions WHERE model = ? AND sealed_at IS NOT NULL AND dropped_at IS NULL`, st.Model)
	if err != nil {
		return err
	}
	if st.Sealed, err = s.seals.Decode(st.Model, seals); err != nil {
		return unreadable("a seal of model "+st.Model, err)
	}
	slices.SortFunc(st.Sealed, func(a, b gold.Version) int {
		return cmp.Or(strings.Compare(a.Dataset.Name, b.Dataset.Name), strings.Compare(a.Location, b.Location))
	})
	// Versions that the holder of a lease is loading are not orphans.
	below := int64(math.MaxInt64)
	if st.Lease != nil {
		below = st.Lease.Fence
	}
	if st.Orphans, err = orphans(ctx, c, st.Model, below); err != nil {
		return err
	}
	taken, err := takenNames(ctx, c, st.Model)
	if err != nil {
		return err
	}
	st.Taken = withPrefix(prefixOf(st.Current), taken)
	return c.each(ctx, `SELECT record FROM _goldserve_attempts WHERE model = ? ORDER BY number DESC LIMIT ?`, []any{st.Model, int64(gold.MaxAttempts)}, func(row []driver.Value) error {
		var a gold.Attempt
		if err := json.Unmarshal([]byte(text(row[0])), &a); err != nil {
			return unreadable("an attempt of model "+st.Model, err)
		}
		st.Attempts = append(st.Attempts, a)
		return nil
	})
}

// orphans returns the locations of unsealed versions with fences below one.
func orphans(ctx context.Context, c *conn, model string, below int64) ([]string, error) {
	return c.texts(ctx, `SELECT location FROM _goldserve_versions WHERE model = ? AND sealed_at IS NULL AND dropped_at IS NULL AND fence < ? ORDER BY location`, model, below)
}
