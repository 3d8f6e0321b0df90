package storetest_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// memory is the plainest store: everything in maps, answers from SelectRows and Aggregate. It shows that the suite
// asks for nothing that can't be had. fault, where set, bends questions, to show that the suite notices.
type memory struct {
	mu       sync.Mutex
	models   map[string]*pointer
	versions map[string]*content // by location
	fault    fault
}

type pointer struct {
	dropped        []int64
	fence, current int64
	lease          *gold.Lease
	releases       []gold.Release
	attempts       []gold.Attempt // newest first
}

// content is a version, sealed or not.
type content struct {
	load   gold.Load
	rows   [][]gold.Value
	keys   map[string]bool
	sealed *gold.Version

	replaced bool // by another of its id
}

func (c *content) orphan() bool { return c.sealed == nil || c.replaced }

var _ gold.Store = (*memory)(nil)

func harness(f fault) storetest.Harness {
	return storetest.Harness{Expires: true, Fresh: func(*testing.T) func(*testing.T) gold.Store {
		m := &memory{models: map[string]*pointer{}, versions: map[string]*content{}, fault: f}
		return func(*testing.T) gold.Store { return m }
	}}
}

func TestSuite(t *testing.T) { storetest.Run(t, harness(fault{})) }

func (m *memory) Close() error { return nil }

func (m *memory) Embedded() bool { return true }

func (m *memory) model(name string) *pointer {
	p := m.models[name]
	if p == nil {
		p = &pointer{}
		m.models[name] = p
	}
	if p.lease != nil && time.Now().After(p.lease.Until) {
		p.lease = nil
	}
	return p
}

// held returns the model of a lease, or Conflict.
func (m *memory) held(l gold.Lease) (*pointer, error) {
	p := m.model(l.Model)
	if p.lease == nil || p.lease.Fence != l.Fence {
		return nil, gold.Errorf(gold.Conflict, gold.CodePublishConflict, "the lease is not yours any more")
	}
	return p, nil
}

func (m *memory) Resolve(_ context.Context, s gold.Selector) (*gold.Release, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.model(s.Model)
	number := cmp.Or(s.Number, p.current)
	found := -1
	for i, r := range p.releases {
		if s.Number == 0 && !s.AsOf.IsZero() {
			if !r.Withdrawn && !r.AsOf.After(s.AsOf) {
				found = i
			}
		} else if r.Number == number {
			found = i
		}
	}
	switch {
	case p.current == 0:
		return nil, gold.NoRelease(s.Model)
	case found >= 0 && p.releases[found].Pruned:
		return nil, gold.PrunedRelease(s.Model, number)
	case found >= 0:
		return p.readable(s, found)
	case s.Number == 0:
		return nil, gold.Errorf(gold.NotFound, gold.CodeNoReleaseAsOf, "no release as of %v", s.AsOf)
	default:
		return nil, gold.UnknownRelease(s.Model, s.Number, int64(len(p.releases)))
	}
}

// readable returns a release, or what stands in for it.
func (p *pointer) readable(s gold.Selector, found int) (*gold.Release, error) {
	r := p.releases[found]
	err := r.Understood()
	if err == nil || s.Number != 0 || !s.AsOf.IsZero() {
		return &r, err
	}
	for _, other := range slices.Backward(p.releases[:found]) {
		if !other.Withdrawn && !other.Pruned && other.Understood() == nil {
			other.Behind = r.Number
			return &other, nil
		}
	}
	return nil, err
}

func (m *memory) Releases(_ context.Context, q gold.ReleaseQuery) ([]gold.Release, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []gold.Release
	for _, r := range slices.Backward(m.model(q.Model).releases) {
		if (q.Before == 0 || r.Number < q.Before) && (q.Limit == 0 || len(list) < q.Limit) && (q.Key == "" || slices.Contains(r.Keys(), q.Key)) &&
			(!q.Kept || !r.Withdrawn && !r.Pruned) {
			if r.Understood() != nil {
				r = gold.Release{Model: r.Model, Number: r.Number, AsOf: r.AsOf, PublishedAt: r.PublishedAt, Withdrawn: r.Withdrawn, Pruned: r.Pruned, Requires: r.Requires}
			}
			list = append(list, r)
		}
	}
	return list, nil
}

// tables returns the sealed versions as SelectRows and Aggregate take them.
func (m *memory) tables(v *gold.Version) ([]storetest.Table, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.versions[v.Location] == nil {
		for _, r := range m.model(v.Dataset.Model).releases {
			if have := r.Version(v.Dataset.Name); have != nil && have.Location == v.Location {
				return nil, gold.Errorf(gold.Gone, gold.CodeReleasePruned, "the rows of %s were pruned", v.Location)
			}
		}
		return nil, gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "the rows of %s are gone", v.Location)
	}
	var tables []storetest.Table
	for _, c := range m.versions {
		if c.sealed != nil {
			tables = append(tables, storetest.Table{Version: c.sealed, Rows: c.rows})
		}
	}
	return tables, nil
}

func (m *memory) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	return m.answer(ctx, q.Version, q.OutFields(), func(tables []storetest.Table) ([][]gold.Value, error) {
		if m.fault.query != nil {
			m.fault.query(&q)
		}
		rows, err := storetest.SelectRows(q, tables...)
		if m.fault.answer != nil {
			m.fault.answer(rows)
		}
		return rows, err
	})
}

func (m *memory) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	return m.answer(ctx, a.Version, a.OutFields(), func(tables []storetest.Table) ([][]gold.Value, error) {
		if m.fault.aggregation != nil {
			m.fault.aggregation(&a)
		}
		return storetest.Aggregate(a, tables...)
	})
}

func (m *memory) answer(ctx context.Context, v *gold.Version, fields []gold.Field, ask func([]storetest.Table) ([][]gold.Value, error)) (gold.Rows, error) {
	if err := deadline(ctx); err != nil {
		return nil, err
	}
	start := time.Now()
	tables, err := m.tables(v)
	if err != nil {
		return nil, err
	}
	rows, err := ask(tables)
	return &answer{fields: fields, rows: rows, took: time.Since(start) + 1}, err
}

func deadline(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return gold.Errorf(gold.Timeout, gold.CodeQueryTimeout, "too slow: %w", ctx.Err())
	}
	return ctx.Err()
}

type answer struct {
	fields []gold.Field
	rows   [][]gold.Value
	took   time.Duration
}

func (a *answer) Next(ctx context.Context) (*gold.Batch, error) {
	if err := deadline(ctx); err != nil {
		return nil, err
	}
	if len(a.rows) == 0 {
		return nil, io.EOF
	}
	b := gold.NewBatch(a.fields, 4096)
	for _, r := range a.rows[:min(4096, len(a.rows))] {
		b.AppendRow(r[:len(a.fields)]...)
	}
	a.rows = a.rows[b.Rows:]
	return b, nil
}

func (a *answer) Stats() gold.Stats { return gold.Stats{Duration: a.took} }

func (a *answer) Close() error { return nil }

func (m *memory) State(_ context.Context, model string) (*gold.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.model(model)
	st := &gold.State{Model: model, Last: int64(len(p.releases)), Lease: p.lease, Now: time.Now(), Attempts: p.attempts[:min(gold.MaxAttempts, len(p.attempts))]}
	for _, location := range slices.Sorted(maps.Keys(m.versions)) {
		switch c := m.versions[location]; {
		case c.load.Dataset.Model != model:
		case !c.orphan():
			st.Sealed = append(st.Sealed, *c.sealed)
		default:
			st.Orphans = append(st.Orphans, location)
		}
	}
	if p.current > 0 {
		r := p.releases[p.current-1]
		st.Current = &r
		if err := r.Understood(); err != nil {
			return nil, err
		}
	}
	return st, nil
}

func (m *memory) Acquire(_ context.Context, model, holder string, ttl time.Duration) (*gold.Lease, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.model(model)
	if p.lease != nil {
		return nil, gold.Errorf(gold.Conflict, gold.CodePublishConflict, "held by %s", p.lease.Holder)
	}
	p.fence++
	p.lease = &gold.Lease{Model: model, Holder: holder, Fence: p.fence, Until: time.Now().Add(ttl)}
	l := *p.lease
	return &l, nil
}

func (m *memory) Renew(_ context.Context, l gold.Lease, ttl time.Duration) (*gold.Lease, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.held(l)
	if err != nil {
		return nil, err
	}
	p.lease.Until = time.Now().Add(ttl)
	l = *p.lease
	return &l, nil
}

func (m *memory) Release(_ context.Context, l gold.Lease, ended *gold.Attempt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.held(l)
	if err != nil {
		return err
	}
	p.lease = nil
	if ended != nil {
		p.attempts = append([]gold.Attempt{*ended}, p.attempts...)
	}
	return nil
}

func (m *memory) Load(_ context.Context, l gold.Load) (gold.Loader, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.held(l.Lease); err != nil {
		return nil, err
	}
	location := gold.LoadLocation(gold.Location(l.Dataset.Model, l.Dataset.Name, l.ID, l.Lease.Fence), l.Extends, l.Extensible)
	c := &content{load: l, keys: map[string]bool{}}
	if l.Extends != nil {
		name, last := gold.SplitLocation(l.Extends.Location)
		for other, of := range m.versions {
			if table, segment := gold.SplitLocation(other); table == name && segment > last && of.sealed != nil {
				return nil, gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "%s is extended by %s", l.Extends.Location, other)
			}
		}
		before := m.versions[l.Extends.Location]
		c.rows, c.keys = slices.Clone(before.rows), maps.Clone(before.keys)
	}
	if c := m.versions[location]; c != nil && c.sealed != nil {
		return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "%s is sealed", location)
	}
	m.versions[location] = c
	return &loader{m, location}, nil
}

type loader struct {
	m        *memory
	location string
}

func (l *loader) Append(_ context.Context, b *gold.Batch) error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	c := l.m.versions[l.location]
	for i := range b.Rows {
		r := b.Row(i, nil)
		var key []gold.Value
		text := ""
		for _, name := range c.load.Dataset.Key {
			at := slices.IndexFunc(b.Fields, func(f gold.Field) bool { return f.Name == name })
			key = append(key, r[at])
			text += r[at].String() + "\x00"
		}
		if c.keys[text] && !c.load.Dataset.Keyless() {
			err := gold.Errorf(gold.Invalid, gold.CodeDuplicateKey, "%w", gold.DuplicateKey{Key: key})
			return err
		}
		c.keys[text] = true
		c.rows = append(c.rows, r)
	}
	return nil
}

func (l *loader) Seal(_ context.Context, v gold.Version) (*gold.Version, error) {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	c := l.m.versions[l.location]
	if _, err := l.m.held(c.load.Lease); err != nil {
		return nil, err
	}
	if v.Rows != int64(len(c.rows)) {
		return nil, gold.Errorf(gold.Internal, gold.CodeRowCount, "%d rows, expected %d", len(c.rows), v.Rows)
	}
	v.Dataset, v.ID, v.Location = c.load.Dataset, c.load.ID, l.location
	for _, other := range l.m.versions {
		if s := other.sealed; s != nil && s.ID == v.ID && s.Dataset.Model == v.Dataset.Model {
			if c.load.Replace {
				for _, sharing := range l.m.versions {
					sharing.replaced = sharing.replaced || sharing.sealed != nil && table(sharing.sealed) == table(s)
				}
				continue
			}
			delete(l.m.versions, l.location)
			return s, nil
		}
	}
	c.sealed = &v
	if c.load.Extends != nil {
		before := l.m.versions[c.load.Extends.Location]
		extended := *before.sealed
		extended.Resume = nil
		before.sealed = &extended
	}
	return &v, nil
}

// table names what the rows of a version lie in, with those of others that it extends.
func table(v *gold.Version) string {
	name, _ := gold.SplitLocation(v.Location)
	return name
}

func (l *loader) Abort(context.Context) error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if c := l.m.versions[l.location]; c != nil && c.sealed == nil {
		delete(l.m.versions, l.location)
	}
	return nil
}

func (m *memory) Publish(_ context.Context, pub gold.Publication) (*gold.Release, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.from(pub.Lease, pub.From)
	if err != nil {
		return nil, err
	}
	time.Sleep(2 * time.Millisecond) // so that no two releases have the same time
	r := *pub.Release
	r.Requires = r.Needs()
	r.Number, r.PublishedAt = int64(len(p.releases))+1, time.Now().UTC().Truncate(time.Millisecond)
	p.releases, p.current = append(p.releases, r), r.Number
	return &r, nil
}

func (m *memory) RollBack(_ context.Context, rb gold.Rollback) (*gold.Release, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.from(rb.Lease, rb.From)
	switch {
	case err != nil:
		return nil, err
	case rb.To > int64(len(p.releases)):
		return nil, gold.Errorf(gold.NotFound, gold.CodeUnknownRelease, "no release %d", rb.To)
	case slices.ContainsFunc(p.releases[rb.To-1].Versions, func(v gold.Version) bool { return m.versions[v.Location] == nil }):
		return nil, gold.Errorf(gold.Gone, gold.CodeReleasePruned, "release %d has lost rows", rb.To)
	}
	p.current = rb.To
	p.releases[rb.To-1].Withdrawn = false
	for i := rb.To; i < int64(len(p.releases)); i++ {
		p.releases[i].Withdrawn = true
	}
	r := p.releases[p.current-1]
	return &r, nil
}

// from returns the model of a lease, or Conflict where its current release has another number.
func (m *memory) from(l gold.Lease, number int64) (*pointer, error) {
	p, err := m.held(l)
	if err == nil && p.current != number {
		err = gold.Errorf(gold.Conflict, gold.CodePublishConflict, "release %d is current, not %d", p.current, number)
	}
	return p, err
}

func (m *memory) Refresh(_ context.Context, r gold.Refresh) (*gold.RefreshReport, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.held(r.Lease)
	return &gold.RefreshReport{}, err
}

func (m *memory) DropOrphans(_ context.Context, l gold.Lease, dryRun bool) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.held(l); err != nil {
		return nil, err
	}
	var dropped []string
	for _, location := range slices.Sorted(maps.Keys(m.versions)) {
		if c := m.versions[location]; c.orphan() && c.load.Dataset.Model == l.Model && c.load.Lease.Fence < l.Fence {
			dropped = append(dropped, location)
			if !dryRun {
				delete(m.versions, location)
			}
		}
	}
	return dropped, nil
}

// Prune marks and drops releases. The suite's are all of one month.
func (m *memory) Prune(_ context.Context, r gold.Prune) (*gold.PruneReport, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.held(r.Lease)
	if err != nil {
		return nil, err
	}
	report := &gold.PruneReport{}
	report.Why, err = r.Expired(p.current, time.Now(), newestFirst(p.releases), m.sizes)
	if err == nil {
		m.retain(p, r, report)
	}
	return report, err
}

func newestFirst(releases []gold.Release) []gold.Release {
	all := slices.Clone(releases)
	slices.Reverse(all)
	return all
}

// sizes returns the rows of a release's versions, by what they lie in.
func (m *memory) sizes(r *gold.Release) (map[string]int64, error) {
	sizes := map[string]int64{}
	for i := range r.Versions {
		if c := m.versions[r.Versions[i].Location]; c != nil {
			sizes[table(&r.Versions[i])] = int64(len(c.rows))
		}
	}
	return sizes, nil
}

func (m *memory) retain(p *pointer, r gold.Prune, report *gold.PruneReport) {
	stays, needed, gone := map[string]bool{}, map[string]bool{}, []gold.Version{}
	for i := len(p.releases) - 1; i >= 0; i-- {
		release := &p.releases[i]
		marked := report.Why[release.Number] != ""
		switch {
		case slices.Contains(p.dropped, release.Number):
			continue
		case marked:
			report.Marked = append(report.Marked, release.Number)
			release.Pruned = !r.DryRun
		}
		switch {
		case (marked || release.Pruned) && r.Grace == 0:
			report.Dropped = append(report.Dropped, release.Number)
			gone = append(gone, release.Versions...)
			continue
		case marked || release.Pruned:
			report.Waiting = append(report.Waiting, release.Number)
		}
		for _, v := range release.Versions {
			stays[table(&v)], needed[v.Location] = true, true
		}
	}
	for _, v := range gone {
		switch {
		case stays[table(&v)] && !slices.Contains(report.Shared, v.Dataset.Name):
			report.Shared = append(report.Shared, v.Dataset.Name)
		case !stays[table(&v)] && !r.DryRun:
			maps.DeleteFunc(m.versions, func(location string, _ *content) bool {
				name, _ := gold.SplitLocation(location)
				return name == table(&v)
			})
		}
	}
	if r.DryRun {
		return
	}
	p.dropped = append(p.dropped, report.Dropped...)
	last := gold.LastSegments(maps.Keys(m.versions))
	maps.DeleteFunc(m.versions, func(location string, c *content) bool {
		name, segment := gold.SplitLocation(location)
		return c.sealed != nil && stays[name] && !needed[location] && segment >= 0 && segment < last[name]
	})
}
