package publisher

import (
	"context"
	"errors"
	"maps"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/quality"
)

// load makes every version of the plan that is missing, and computes missing measures. Once a rule refuses the release,
// nothing more is loaded: the rest is only checked, so that everything that is wrong is said at once.
func (r *run) load(ctx context.Context, lease gold.Lease) error {
	for _, it := range r.jobs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.blocked && it.version == nil {
			if err := r.checkItem(ctx, it); err != nil {
				return err
			}
			continue
		}
		if err := r.loadItem(ctx, it, lease); err != nil {
			return err
		}
		if it.stored() || !r.rereads(it) {
			it.rows = nil // what is derived from them is computed
		}
	}
	if err := r.compareRollups(ctx, func(*job) bool { return true }); err != nil {
		return err
	}
	return r.finishRules()
}

// loadItem streams one dataset once to all who need it: its rules, its loader, its measures, the datasets derived from it.
func (r *run) loadItem(ctx context.Context, it *job, lease gold.Lease) error {
	if it.version != nil {
		if err := r.complete(ctx, it); err != nil {
			return err
		}
	}
	if err := r.deriveLookingUp(ctx, it); err != nil {
		return err
	}
	derivers, err := r.derivers(it)
	if err != nil {
		return err
	}
	consumers := consumersOf(derivers)
	if it.version == nil && it.appends != nil {
		return r.appendItem(ctx, it, lease, derivers)
	}
	var c *checking
	if it.results == nil {
		if c, err = r.newChecking(it, it.rules, quality.Options{}); err != nil {
			return err
		}
		consumers = append(consumers, c)
	}
	var l *loading
	if it.version == nil {
		if l, err = r.begin(ctx, it, lease); err != nil {
			return err
		}
		defer l.abort()
		consumers = append(consumers, l.totals, l)
	}
	if len(consumers) == 0 {
		return r.finish(ctx, it, derivers)
	}
	consumers = append(consumers, r.rollupsOf(it)...)
	stage := Reading
	if l != nil {
		stage = Loading
	}
	g := r.progressOf(it, stage)
	if err := r.stream(ctx, it, append(consumers, g)...); err != nil {
		return located(ctx, it, err)
	}
	if c != nil {
		if err := c.finish(); err != nil {
			return err
		}
		r.blocked = r.blocked || it.blocked()
	}
	if l != nil {
		if err := r.seal(ctx, l, g); err != nil {
			return err
		}
	}
	g.report(Done)
	return r.finish(ctx, it, derivers)
}

// seal seals what was loaded, once it is checked. What no release may have is not sealed; abort drops it.
func (r *run) seal(ctx context.Context, l *loading, g *progress) (err error) {
	it := l.it
	if r.blocked {
		it.version, err = l.version()
		return err
	}
	g.report(Sealing)
	if err := l.seal(ctx); err != nil {
		return located(ctx, it, err)
	}
	r.loaded = append(r.loaded, it.name())
	if it.appends != nil {
		r.rows += it.appends.rows
	} else {
		r.rows += it.version.Rows
	}
	return nil
}

// appendItem is loadItem of a dataset whose rows are those of a version that the store has, and some besides: these are streamed
// to the loader, and all of them to what needs all, if anything does.
func (r *run) appendItem(ctx context.Context, it *job, lease gold.Lease, derivers []deriver) error {
	l, err := r.begin(ctx, it, lease)
	if err != nil {
		return err
	}
	defer l.abort()
	all := append(consumersOf(derivers), r.rollupsOf(it)...)
	if l.rest != nil {
		all = append(all, l.rest)
	}
	g := r.progressOf(it, Loading)
	added := []consumer{l.totals, l, g}
	var c, more *checking
	if it.results == nil {
		rest, continued := it.rulesOf()
		if c, err = r.newChecking(it, rest, quality.Options{}); err != nil {
			return err
		}
		if more, err = r.newChecking(it, continued, quality.Options{}); err != nil {
			return err
		}
		added = append(added, more)
		if len(c.columns()) > 0 {
			all = append(all, c)
		}
	}
	if err := r.streamAdded(ctx, it, added...); err != nil {
		return located(ctx, it, err)
	}
	if len(all) > 0 {
		if err := r.stream(ctx, it, all...); err != nil {
			return err
		}
	}
	it.checked = it.table.Rows()
	if c != nil {
		if it.checker, _, err = c.merged(); err == nil {
			it.added, _, err = more.merged()
		}
		if err != nil {
			return err
		}
		r.blocked = r.blocked || it.blocked()
	}
	if err := r.seal(ctx, l, g); err != nil {
		return err
	}
	g.report(Done)
	return r.finish(ctx, it, derivers)
}

// complete computes measures that a version made earlier does not know, from the store.
func (r *run) complete(ctx context.Context, it *job) error {
	missing := missing(it.version, it.measures)
	if len(missing) == 0 {
		return nil
	}
	rows, err := r.config.Store.Aggregate(ctx, gold.Aggregation{Version: it.version, Measures: missing})
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

// loading writes one version: stored rows to the store's loader, and their digest; its measures stand beside it.
type loading struct {
	ctx     context.Context //nolint:containedctx // of the one load that this value lives for
	it      *job
	loader  gold.Loader
	workers []loadWorker
	totals  *totals
	rest    *totals // where rows are appended to others, of what all rows are read for; nil: of nothing
	done    bool

	positions *lake.Positions // nil: rows have a key
}

type loadWorker struct {
	storer *storer
	digest gold.Digest
}

func (r *run) begin(ctx context.Context, it *job, lease gold.Lease) (*loading, error) {
	l := &loading{ctx: ctx, it: it, workers: make([]loadWorker, r.workers())}
	for i := range l.workers {
		l.workers[i].storer = newStorer(it.dataset, r.config.HMACKey)
	}
	var err error
	if l.totals, l.rest, err = r.totalsOf(it); err != nil {
		return nil, err
	}
	if it.dataset.Keyless() {
		if it.table == nil {
			return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "dataset %s has no key and no file: its rows have no order", it.dataset.Name)
		}
		if l.positions, err = it.table.Positions(ctx); err != nil {
			return nil, err
		}
	}
	load := gold.Load{Lease: lease, Dataset: *it.dataset, ID: it.id, Replace: it.reload, Extensible: it.parts != nil}
	load.Rows, _ = it.size()
	if it.appends != nil {
		load.Rows, load.Extends = it.appends.rows, it.appends.to
	}
	l.loader, err = r.config.Store.Load(ctx, load)
	return l, err
}

// totalsOf returns what totals the rows of a dataset that is loaded: all of them, or those that are appended, and then what
// totals all of them for the other measures.
func (r *run) totalsOf(it *job) (added, all *totals, err error) {
	if it.appends == nil {
		added, err = r.newTotals(it, it.measures)
		return added, nil, err
	}
	rest, continued := it.measuresOf()
	if added, err = r.resumeTotals(it, continued, it.appends.to); err != nil || len(rest) == 0 {
		return added, nil, err
	}
	all, err = r.newTotals(it, rest)
	return added, all, err
}

func (l *loading) columns() []string { return l.it.dataset.FieldNames() }

func (l *loading) add(worker int, b *gold.Batch, first int64) error {
	w := &l.workers[worker]
	position := int64(0)
	if l.positions != nil {
		position = l.positions.Of(first)
	}
	stored := w.storer.store(b, position)
	w.digest.Add(stored, len(stored.Columns)-len(l.it.dataset.BI))
	return l.loader.Append(l.ctx, stored)
}

// seal merges what the workers counted and seals the version.
func (l *loading) seal(ctx context.Context) error {
	first := &l.workers[0]
	for i := range l.workers[1:] {
		first.digest.Merge(&l.workers[1+i].digest)
	}
	v, err := l.version()
	if err != nil {
		return err
	}
	if a := l.it.appends; a != nil {
		before, ok := gold.ParseDigest(a.to.Digest, a.to.Rows)
		if !ok {
			return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "dataset %s: the seal of %s has no digest; load the dataset again", l.it.name(), a.to.Location)
		}
		first.digest.Merge(before)
	}
	v.ID, v.Digest, v.Rows, v.Origin = l.it.id, first.digest.String(), first.digest.Rows(), &l.it.origin
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

// version returns the version as its rows were read; the totals are then of no more use.
func (l *loading) version() (*gold.Version, error) {
	v, err := l.totals.version(l.it)
	if err != nil || l.rest == nil {
		return v, err
	}
	rest, err := l.rest.version(l.it)
	if err != nil {
		return nil, err
	}
	maps.Copy(v.Measures, rest.Measures)
	if v.Resume != nil {
		maps.Copy(v.Resume.Sums, rest.Resume.Sums)
	}
	return v, nil
}

// abort drops an unsealed version; what it can't drop is an orphan that the next run drops.
func (l *loading) abort() {
	if !l.done {
		_ = l.loader.Abort(context.WithoutCancel(l.ctx))
	}
}

// located completes a duplicate key's error with the file and rows where it stands.
func located(ctx context.Context, it *job, err error) error {
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
