package api_test

import (
	"context"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// memory is a gold.Reader that answers in the plainest way: what the API says of a real store must be the same bytes.
// It counts questions, and can be told to fail.
type memory struct {
	releases []gold.Release // by number
	tables   []storetest.Table
	asked    atomic.Int64          // rows and aggregates
	resolved atomic.Int64          // releases
	fail     func(string) error    // called with the method's name
	wait     func(context.Context) // called before rows are given
}

var _ gold.Reader = (*memory)(nil)

// newMemory returns a reader of the first releases of the shop.
func newMemory(releases int) *memory {
	m := &memory{}
	for n := 1; n <= releases; n++ {
		m.publish(n)
	}
	return m
}

func (m *memory) publish(number int) {
	var versions []gold.Version
	for _, t := range shopTables(number) {
		v := t.version()
		versions = append(versions, v)
		m.tables = append(m.tables, storetest.Table{Version: &v, Rows: t.rows})
	}
	r := newRelease(number, versions)
	r.Number, r.PublishedAt = int64(number), time.Now()
	m.releases = append(slices.Clone(m.releases), *r)
}

// Embedded is false, as of a server's store.
func (m *memory) Embedded() bool { return false }

func (m *memory) failure(method string) error {
	if m.fail == nil {
		return nil
	}
	return m.fail(method)
}

func (m *memory) Resolve(_ context.Context, s gold.Selector) (*gold.Release, error) {
	m.resolved.Add(1)
	if err := m.failure("Resolve"); err != nil {
		return nil, err
	}
	if len(m.releases) == 0 {
		return nil, gold.Errorf(gold.Empty, gold.CodeNoRelease, "%s has no release yet", s.Model)
	}
	for _, r := range slices.Backward(m.releases) {
		switch {
		case s.Number != 0 && r.Number != s.Number, !s.AsOf.IsZero() && r.AsOf.After(s.AsOf):
			continue
		case r.Pruned:
			return nil, gold.Errorf(gold.Gone, gold.CodeReleasePruned, "release %d of %s was pruned", r.Number, r.Model)
		}
		return &r, nil
	}
	if s.Number != 0 {
		return nil, gold.Errorf(gold.NotFound, gold.CodeUnknownRelease, "%s has no release %d", s.Model, s.Number)
	}
	return nil, gold.Errorf(gold.NotFound, gold.CodeNoReleaseAsOf, "%s has no release as of %s", s.Model, s.AsOf.Format(time.RFC3339))
}

func (m *memory) Releases(_ context.Context, q gold.ReleaseQuery) ([]gold.Release, error) {
	if err := m.failure("Releases"); err != nil {
		return nil, err
	}
	var found []gold.Release
	for _, r := range slices.Backward(m.releases) {
		if (q.Before == 0 || r.Number < q.Before) && (q.Limit == 0 || len(found) < q.Limit) && (!q.Kept || !r.Withdrawn && !r.Pruned) {
			found = append(found, r)
		}
	}
	return found, nil
}

func (m *memory) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	rows, err := storetest.SelectRows(q, m.tables...)
	return m.answer(ctx, "Rows", q.OutFields(), rows, err)
}

func (m *memory) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	rows, err := storetest.Aggregate(a, m.tables...)
	return m.answer(ctx, "Aggregate", a.OutFields(), rows, err)
}

func (m *memory) answer(ctx context.Context, method string, fields []gold.Field, rows [][]gold.Value, err error) (gold.Rows, error) {
	m.asked.Add(1)
	if failed := m.failure(method); failed != nil {
		return nil, failed
	}
	if m.wait != nil {
		m.wait(ctx)
	}
	return &memoryRows{reader: m, fields: fields, rows: rows}, err
}

// memoryRows gives two rows at a time.
type memoryRows struct {
	reader *memory
	fields []gold.Field
	rows   [][]gold.Value
}

func (r *memoryRows) Next(ctx context.Context) (*gold.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := r.reader.failure("Next"); err != nil {
		return nil, err
	}
	if len(r.rows) == 0 {
		return nil, io.EOF
	}
	n := min(2, len(r.rows))
	b := gold.NewBatch(r.fields, n)
	for _, row := range r.rows[:n] {
		b.AppendRow(row...)
	}
	r.rows = r.rows[n:]
	return b, nil
}

func (r *memoryRows) Stats() gold.Stats { return gold.Stats{Duration: time.Millisecond} }
func (r *memoryRows) Close() error      { return nil }
