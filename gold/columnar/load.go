package columnar

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"slices"
	"time"

	"goldserve/gold"
)

// work loads what is queued, one version after the other.
func (r *Reader) work() {
	for {
		r.mu.Lock()
		v, asked := r.queue[0], int64(0)
		if l := r.failures[keyOfVersion(v)]; l != nil {
			asked = l.asked
		}
		r.mu.Unlock()
		start := time.Now()
		s, err := r.load(r.ctx, v, asked)
		took := time.Since(start)
		if err == nil {
			r.metrics.loaded(v, took)
			r.keep(v, s)
			r.log.LogAttrs(r.ctx, slog.LevelInfo, "snapshot loaded", slog.String("model", v.Dataset.Model), slog.String("dataset", v.Dataset.Name),
				slog.Int("rows", s.rows), slog.Int64("bytes", s.size), slog.Duration("duration", took))
		}
		r.mu.Lock()
		if err != nil && r.ctx.Err() == nil {
			r.fail(v, asked, err)
		}
		r.queue = r.queue[1:]
		done := len(r.queue) == 0 || r.ctx.Err() != nil
		r.mu.Unlock()
		if done {
			return
		}
	}
}

// noRoom says that a version does not fit into the budget; it needs at least so many bytes.
type noRoom struct{ bytes int64 }

func (noRoom) Error() string { return "the memory of snapshots has no room for it" }

// fail notes that a version could not be loaded, and tells so once. The lock is held.
func (r *Reader) fail(v *gold.Version, asked int64, err error) {
	k := keyOfVersion(v)
	_, again := r.failures[k]
	l := &failure{asked: asked}
	var full noRoom
	switch kind := gold.KindOf(err); {
	case errors.As(err, &full):
		l.bytes, l.again = full.bytes, time.Now().Add(retryAfter)
	case kind == gold.Unavailable || kind == gold.Timeout:
		l.again = time.Now().Add(retryAfter)
	}
	r.failures[k] = l
	if !again {
		r.log.LogAttrs(r.ctx, slog.LevelWarn, "snapshot can't be loaded: the store answers", slog.String("model", v.Dataset.Model), slog.String("dataset", v.Dataset.Name), slog.Any("error", err))
	}
}

// load reads all rows of a version; asked is when somebody last asked for them. A panic is an error: the store answers.
func (r *Reader) load(ctx context.Context, v *gold.Version, asked int64) (s *snapshot, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	if v.Rows >= math.MaxInt32 {
		return nil, gold.Errorf(gold.Invalid, gold.CodeMemoryLimit, "%d rows are more than a snapshot can number", v.Rows)
	}
	fields, q := v.Dataset.RowFields(), gold.Query{Version: v}
	if v.Dataset.Keyless() {
		// In the order of their positions rows lie in order, and the position costs no sorting.
		q.Fields, q.Sort = gold.FieldNames(fields), v.Dataset.TotalSort(nil)
	}
	rows, err := r.Reader.Rows(ctx, q)
	if err != nil {
		return nil, err
	}
	builders := make([]*builder, len(fields))
	for i, f := range fields {
		builders[i] = newBuilder(f, looksUp(&v.Dataset, f), int(v.Rows))
	}
	n, checked := int64(0), int64(0)
	mismatch := func() error {
		return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "%s has %s in its release, the store gave %d", v.Dataset.Name, gold.Counted(v.Rows, "row"), n)
	}
	_, err = gold.EachBatch(ctx, rows, func(b *gold.Batch) error {
		if n += int64(b.Rows); n > v.Rows {
			return mismatch()
		}
		if err := add(builders, b); err != nil {
			return err
		}
		if n-checked >= packRows {
			checked = n
			return r.checkRoom(builders, asked)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if n != v.Rows {
		return nil, mismatch()
	}
	s = newSnapshot(builders, int(n), r.grid)
	if !r.makeRoom(s.size, asked) {
		return nil, noRoom{s.size}
	}
	return s, nil
}

// add appends a batch to the builders of its columns.
func add(builders []*builder, b *gold.Batch) error {
	for i, s := range builders {
		if !s.add(&b.Columns[i]) {
			return gold.Errorf(gold.Invalid, gold.CodeMemoryLimit, "the texts of %s take more than 4 GiB", s.field.Name)
		}
	}
	return nil
}

func (r *Reader) checkRoom(builders []*builder, asked int64) error {
	bytes := int64(0)
	for _, s := range builders {
		bytes += s.bytes()
	}
	if !r.makeRoom(bytes, asked) {
		return noRoom{bytes}
	}
	return nil
}

// looksUp reports whether rows are looked up by a field.
func looksUp(d *gold.Dataset, f gold.Field) bool {
	return slices.Contains(f.Filters, gold.Eq) || slices.Contains(f.Filters, gold.In) || slices.Contains(d.Key, f.Name)
}

// newSnapshot makes a snapshot of builders, one after the other, each of which lets go of what it holds.
func newSnapshot(builders []*builder, rows int, g grid) *snapshot {
	s := &snapshot{grid: g, rows: rows, columns: make([]column, len(builders))}
	for i, builder := range builders {
		s.columns[i] = builder.column(g)
		s.size += s.columns[i].bytes()
		builders[i] = nil
	}
	return s
}

// enqueue queues those of a release's versions that should be held and are not. The lock is held.
func (r *Reader) enqueue(release *gold.Release) {
	for _, v := range accelerated(release) {
		k := keyOfVersion(v)
		queued := slices.ContainsFunc(r.queue, func(q *gold.Version) bool { return keyOfVersion(q) == k })
		if queued || (*r.held.Load())[k] != nil || r.gaveUp(k) || r.ctx.Err() != nil {
			continue
		}
		r.queue = append(r.queue, v)
		if len(r.queue) == 1 {
			r.loads.Go(r.work)
		}
	}
}
