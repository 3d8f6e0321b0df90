package publisher

import (
	"context"
	"errors"
	"io"
	"maps"
	"runtime"
	"sync"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/quality"
)

// consumer is fed the batches of a dataset. add is called by several goroutines, each with its own worker number; first
// is the number of the batch's first row.
type consumer interface {
	add(worker int, b *gold.Batch, first int64) error
}

// load makes every version of the plan that is missing, and computes missing measures. Once a rule refuses the release,
// nothing more is loaded: the rest is only checked, so that everything that is wrong is said at once.
func (p *Publisher) load(ctx context.Context, pl *plan, lease gold.Lease) error {
	for _, it := range pl.items {
		if err := ctx.Err(); err != nil {
			return err
		}
		if pl.blocked && it.version == nil {
			if err := p.checkItem(ctx, pl, it); err != nil {
				return err
			}
			continue
		}
		if err := p.loadItem(ctx, pl, it, lease); err != nil {
			return err
		}
		if it.stored() || !pl.rereads(it) {
			it.rows = nil // what is derived from them is computed
		}
	}
	if err := p.compareRollups(ctx, pl, func(*item) bool { return true }); err != nil {
		return err
	}
	return p.judge(pl)
}

// loadItem streams one dataset once to all who need it: its rules, its loader, its measures, the datasets derived from it.
func (p *Publisher) loadItem(ctx context.Context, pl *plan, it *item, lease gold.Lease) error {
	if it.version != nil {
		if err := p.complete(ctx, it); err != nil {
			return err
		}
	}
	derivers, err := pl.derivers(it, p.workers(), p.config.Memory)
	if err != nil {
		return err
	}
	var consumers []consumer
	for _, d := range derivers {
		consumers = append(consumers, d)
	}
	var c *checking
	if it.results == nil {
		if c, err = p.newChecking(it, quality.Options{}); err != nil {
			return err
		}
		consumers = append(consumers, c)
	}
	var l *loading
	if it.version == nil {
		if l, err = p.open(ctx, it, lease); err != nil {
			return err
		}
		defer l.abort()
		consumers = append(consumers, l)
	}
	if len(consumers) == 0 {
		return nil
	}
	consumers = append(consumers, p.rollupsOf(pl, it)...)
	stage := Reading
	if l != nil {
		stage = Loading
	}
	g := p.progressOf(it, stage)
	if err := p.stream(ctx, it, nil, append(consumers, g)); err != nil {
		return located(ctx, it, err)
	}
	if c != nil {
		if err := c.finish(); err != nil {
			return err
		}
		pl.blocked = pl.blocked || it.blocked()
	}
	switch {
	case l == nil:
	case pl.blocked:
		// What no release may have is not sealed; abort drops it.
		if it.version, err = l.totals.version(it); err != nil {
			return err
		}
	default:
		g.say(Sealing)
		if err := l.seal(ctx); err != nil {
			return located(ctx, it, err)
		}
		pl.loaded = append(pl.loaded, it.dataset.Name)
		pl.rows += it.version.Rows
	}
	g.say(Done)
	return p.finish(ctx, pl, it, derivers)
}

// complete computes measures that a version made earlier does not know, from the store.
func (p *Publisher) complete(ctx context.Context, it *item) error {
	missing := it.missing()
	if len(missing) == 0 {
		return nil
	}
	rows, err := p.config.Store.Aggregate(ctx, gold.Aggregation{Version: it.version, Measures: missing})
	if err != nil {
		return err
	}
	b, err := rows.Next(ctx)
	if err != nil {
		return errors.Join(err, rows.Close())
	}
	measures := map[string]gold.Value{}
	maps.Copy(measures, it.version.Measures)
	for i, m := range missing {
		measures[m.String()] = b.Columns[i].Value(0)
	}
	it.version.Measures = measures
	return rows.Close()
}

// stream feeds the rows of a dataset to consumers: from its file, from memory where it was just derived, else from
// the store. fields nil means all.
func (p *Publisher) stream(ctx context.Context, it *item, fields []string, consumers []consumer) error {
	feed := func(worker int, b *gold.Batch, first int64) error {
		kept := b
		if fields := len(it.dataset.Fields); len(b.Fields) > fields {
			kept = &gold.Batch{Fields: b.Fields[:fields], Columns: b.Columns[:fields], Rows: b.Rows}
		}
		for _, c := range consumers {
			rows := kept
			if _, all := c.(*checking); all {
				rows = b
			}
			if err := c.add(worker, rows, first); err != nil {
				return err
			}
		}
		return nil
	}
	switch {
	case it.table != nil:
		report, err := it.table.Read(ctx, lake.Read{Fields: fields, Workers: p.workers()}, feed)
		if err != nil {
			return err
		}
		it.overruled = report.Overruled
		// Before anything is sealed under the id that the file's bytes gave.
		return it.table.Unchanged()
	case it.rows != nil:
		first := int64(1)
		return chunks(it.rows, func(b *gold.Batch) error {
			err := feed(0, b, first)
			first += int64(b.Rows)
			return err
		})
	default:
		return p.reread(ctx, it, fields, feed)
	}
}

// reread streams a derived dataset's rows from the store.
func (p *Publisher) reread(ctx context.Context, it *item, fields []string, feed func(int, *gold.Batch, int64) error) error {
	rows, err := p.config.Store.Rows(ctx, gold.Query{Version: it.version, Fields: fields, Sort: it.dataset.TotalSort(nil)})
	if err != nil {
		return err
	}
	for {
		b, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows.Close()
		}
		if err == nil {
			err = feed(0, b, 0)
		}
		if err != nil {
			return errors.Join(err, rows.Close())
		}
	}
}

// chunkRows is how many rows of a batch in memory are handed on at once; a multiple of 64, so that null bitmaps can
// be sliced.
const chunkRows = 4096

// chunks calls fn with consecutive parts of a batch, which share its memory.
func chunks(b *gold.Batch, fn func(*gold.Batch) error) error {
	part := gold.Batch{Fields: b.Fields, Columns: make([]gold.Column, len(b.Columns))}
	for first := 0; first < b.Rows; first += chunkRows {
		end := min(first+chunkRows, b.Rows)
		part.Rows = end - first
		for i, c := range b.Columns {
			switch c.Kind {
			case gold.Double:
				c.Floats = c.Floats[first:end]
			case gold.Text:
				c.Offsets = c.Offsets[first : end+1]
			default:
				c.Ints = c.Ints[first:end]
			}
			c.Nulls = c.Nulls[min(first/64, len(c.Nulls)):]
			part.Columns[i] = c
		}
		if err := fn(&part); err != nil {
			return err
		}
	}
	return nil
}

func (p *Publisher) workers() int {
	if p.config.Workers > 0 {
		return p.config.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// loading writes one version: stored rows to the store's loader, the rows' digest, the measures.
type loading struct {
	ctx     context.Context //nolint:containedctx // of the one load that this value lives for
	it      *item
	loader  gold.Loader
	workers []loadWorker
	totals  totals
	done    bool
}

type loadWorker struct {
	storer *storer
	digest gold.Digest
}

func (p *Publisher) open(ctx context.Context, it *item, lease gold.Lease) (*loading, error) {
	l := &loading{ctx: ctx, it: it, workers: make([]loadWorker, p.workers())}
	for i := range l.workers {
		l.workers[i].storer = newStorer(it.dataset, p.config.HMACKey)
	}
	var err error
	if l.totals, err = p.newTotals(it); err != nil {
		return nil, err
	}
	rows, _ := it.count()
	l.loader, err = p.config.Store.Load(ctx, gold.Load{Lease: lease, Dataset: *it.dataset, ID: it.id, Rows: rows, Replace: it.reload})
	return l, err
}

func (l *loading) add(worker int, b *gold.Batch, first int64) error {
	w := &l.workers[worker]
	if err := l.totals.add(worker, b, first); err != nil {
		return err
	}
	stored := w.storer.store(b)
	w.digest.Add(stored, len(l.it.dataset.Fields))
	return l.loader.Append(l.ctx, stored)
}

// seal merges what the workers counted and seals the version.
func (l *loading) seal(ctx context.Context) error {
	first := &l.workers[0]
	for i := range l.workers[1:] {
		first.digest.Merge(&l.workers[1+i].digest)
	}
	v, err := l.totals.version(l.it)
	if err != nil {
		return err
	}
	v.ID, v.Digest, v.Rows = l.it.id, first.digest.String(), first.digest.Rows()
	if l.it.table != nil {
		v.Bytes = l.it.table.Bytes()
	}
	sealed, err := l.loader.Seal(ctx, *v)
	if err != nil {
		return err
	}
	l.done, l.it.version = true, sealed
	return nil
}

// abort drops an unsealed version; what it can't drop is an orphan that the next run drops.
func (l *loading) abort() {
	if !l.done {
		_ = l.loader.Abort(context.WithoutCancel(l.ctx))
	}
}

// located completes a duplicate key's error with the file and rows where it stands.
func located(ctx context.Context, it *item, err error) error {
	var e *gold.Error
	var duplicate gold.DuplicateKey
	if it.table == nil || !errors.As(err, &e) || e.Code != gold.CodeDuplicateKey || !errors.As(err, &duplicate) {
		return err
	}
	rows, findErr := it.table.Find(ctx, it.dataset.Key, duplicate.Key)
	if findErr != nil || len(rows) < 2 {
		return err
	}
	return duplicateError(it, duplicate, rows)
}

// collector keeps batches in memory, bounded; for derived datasets that need all rows of a small source.
type collector struct {
	mu     sync.Mutex
	rows   *gold.Batch
	memory int64
}

func (c *collector) add(_ int, b *gold.Batch, _ int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range b.Rows {
		for n := range b.Columns {
			c.rows.Columns[n].Append(b.Columns[n].Value(i))
		}
	}
	c.rows.Rows += b.Rows
	if held := int64(c.rows.Rows) * int64(len(c.rows.Columns)) * 16; c.memory > 0 && held > c.memory {
		return gold.Errorf(gold.Invalid, gold.CodeMemoryLimit,
			"a derived dataset needs more than %d bytes of its source in memory", c.memory)
	}
	return nil
}
