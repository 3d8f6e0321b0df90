package sqlitestore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"goldserve/gold"
)

// defaultTTL is the default duration of a lease. The lock itself lasts as long as its process.
const defaultTTL = 10 * time.Second

// Acquire takes the right to publish a model. A file has one publisher at a time, for all models.
func (s *Store) Acquire(ctx context.Context, model, holder string, ttl time.Duration) (*gold.Lease, error) {
	if err := s.writable(); err != nil {
		return nil, err
	}
	doing := "acquire the right to publish model " + model
	if err := s.makeFolder(); err != nil {
		return nil, err
	}
	if err := s.lock.lock(ctx); err != nil {
		return nil, s.fail(ctx, doing, err)
	}
	l := gold.Lease{Model: model, Holder: holder, Until: now().Add(cmp.Or(ttl, defaultTTL))}
	err := s.raiseFence(ctx, &l)
	if err == nil {
		err = s.lock.sign(l)
	}
	if err != nil {
		return nil, s.fail(ctx, doing, errors.Join(err, s.lock.unlock()))
	}
	return &l, nil
}

// raiseFence creates the file if there is none, and gives the lease the model's next fence.
func (s *Store) raiseFence(ctx context.Context, l *gold.Lease) error {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	if err := s.openWriter(ctx); err != nil {
		return err
	}
	if err := s.writer.commit(); err != nil {
		return err
	}
	return transaction(ctx, s.writer.c, func(c *conn) error {
		err := c.exec(ctx, `INSERT INTO _goldserve_pointers VALUES (?, 1, 0, 0) ON CONFLICT (model) DO UPDATE SET fence = fence + 1`, l.Model)
		if err != nil {
			return err
		}
		l.Fence, err = c.number(ctx, `SELECT fence FROM _goldserve_pointers WHERE model = ?`, l.Model)
		return err
	})
}

// Renew prolongs a lease: the lock itself needs no renewal.
func (s *Store) Renew(_ context.Context, l gold.Lease, ttl time.Duration) (*gold.Lease, error) {
	if err := s.writable(); err != nil {
		return nil, err
	}
	return s.lock.renew(l, cmp.Or(ttl, defaultTTL))
}

// Release records the attempt and releases the lock.
func (s *Store) Release(ctx context.Context, l gold.Lease, ended *gold.Attempt) error {
	if err := s.writable(); err != nil {
		return err
	}
	if ended != nil {
		record, err := json.Marshal(ended)
		if err != nil {
			return malformed("attempt of model %s: %w", l.Model, err)
		}
		err = s.transact(ctx, l, "record an attempt of model "+l.Model, func(c *conn) error {
			err := c.exec(ctx, `INSERT INTO _goldserve_attempts (model, fence, record) VALUES (?, ?, ?)`, l.Model, l.Fence, string(record))
			if err != nil {
				return err
			}
			return c.exec(ctx, `DELETE FROM _goldserve_attempts WHERE model = ?1 AND number <= (SELECT number FROM _goldserve_attempts WHERE model = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)`,
				l.Model, int64(gold.AttemptsKept))
		})
		if err != nil {
			return err
		}
	}
	if err := s.lock.check(l); err != nil {
		return err
	}
	return s.fail(ctx, "give back the right to publish model "+l.Model, s.lock.unlock())
}

// writable refuses publishing through a store that was opened read-only.
func (s *Store) writable() error {
	if s.readOnly {
		return malformed("a store opened for reading can't be published to")
	}
	return nil
}
