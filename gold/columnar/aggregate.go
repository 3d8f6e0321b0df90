package columnar

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// aggregate answers an aggregation from a snapshot.
func (r *Reader) aggregate(ctx context.Context, s *snapshot, a *gold.Aggregation) (gold.Rows, error) {
	start := time.Now()
	if len(a.Group)+len(a.Measures) == 0 {
		return nil, errMeaning
	}
	n, err := newNarrowing(a)
	if err != nil {
		return nil, err
	}
	sel := &selection{snapshot: s}
	if sel.conditions, err = r.where(s, a.Version, a.Where); err != nil {
		return nil, err
	}
	q := &aggregate{selection: sel, narrowing: n, accounts: gold.AccountsOf(ctx)}
	looked := gold.AccountsOf(ctx)
	defer looked.Close()
	res := (*result)(nil)
	if q.terms, err = r.terms(s, a, looked); err == nil {
		q.measures, err = r.measures(s, a, looked)
	}
	if err == nil {
		res, err = q.compute(ctx)
	}
	if err != nil {
		q.accounts.Close()
		if gold.CodeOf(err) == gold.CodeMemoryLimit {
			return nil, errSize
		}
		return nil, err
	}
	return &groups{
		result: res, order: res.narrow(n), fields: n.fields, name: a.Version.Dataset.Name, took: time.Since(start), accounts: q.accounts,
	}, nil
}

func (r *Reader) terms(s *snapshot, a *gold.Aggregation, accounts *gold.Accounts) ([]*term, error) {
	terms := make([]*term, 0, len(a.Group))
	for _, g := range a.Group {
		t, err := r.term(s, a.Version, g, accounts)
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	return terms, nil
}

// measures returns the measures of an aggregation; the accounts hold the columns that they look up.
func (r *Reader) measures(s *snapshot, a *gold.Aggregation, looked *gold.Accounts) ([]columnMeasure, error) {
	measures := make([]columnMeasure, 0, len(a.Measures))
	for _, m := range a.Measures {
		if measure.CheckMeasureOf(a, m) != nil {
			return nil, errMeaning
		}
		f := columnMeasure{Measure: m}
		where, err := a.Condition(m)
		if err == nil {
			f.where, err = r.where(s, a.Version, where)
		}
		if err != nil {
			return nil, err
		}
		if m.Func != gold.Count {
			if f.column, err = r.field(s, a.Version, m.Field, m.Join, looked); err != nil {
				return nil, err
			}
			f.field = f.column.field
			if f.coded() {
				f.field.Kind = gold.Int
			}
			for _, name := range m.Order() {
				c := s.column(&a.Version.Dataset, name)
				if c == nil {
					return nil, errMeaning
				}
				f.order = append(f.order, c)
			}
		}
		measures = append(measures, f)
	}
	return measures, nil
}

// aggregate is one aggregation of a selection.
type aggregate struct {
	*selection
	terms    []*term
	measures []columnMeasure
	*narrowing
	accounts *gold.Accounts
}

// compute computes the measures of the groups that are asked for. Few possible groups have an array; of others those that
// there are have a table, or, where they are many, tables of parts of them, so that no group is held twice.
func (q *aggregate) compute(ctx context.Context) (*result, error) {
	if size := q.size(); size <= maxDense {
		res, err := q.inArray(ctx, int(size))
		if len(q.terms) == 0 || !gold.OutOfMemory(err) {
			return res, err
		}
		q.accounts.Close()
	}
	res, err := q.inTable(ctx)
	if err == nil || !gold.OutOfMemory(err) && !errors.Is(err, errMany) {
		return res, err
	}
	for parts := runtime.GOMAXPROCS(0); ; parts *= moreParts {
		q.accounts.Close()
		res, err = q.inParts(ctx, parts)
		if !gold.OutOfMemory(err) || parts*moreParts > maxParts {
			return res, err
		}
	}
}

// size returns the number of groups that there can be; more than maxDense are not counted.
func (q *aggregate) size() uint64 {
	size := uint64(1)
	for _, t := range q.terms {
		if t.size > maxDense || size*t.size > maxDense {
			return maxDense + 1
		}
		size *= t.size
	}
	return size
}

func (q *aggregate) inArray(ctx context.Context, size int) (*result, error) {
	workers, err := run(ctx, q.selection, func() (*dense, error) { return newDense(q.accounts.Open(), q.terms, q.measures, size) })
	if err != nil {
		return nil, err
	}
	for _, other := range workers[1:] {
		if err := workers[0].merge(other); err != nil {
			return nil, err
		}
	}
	return workers[0].result()
}

const (
	// maxShared is the number of groups up to which workers share the rows, and each has a table of all groups.
	maxShared = 1 << 16
	// maxParts bounds the parts of the groups, for each of which all rows are looked through. Where the memory is too small
	// for some there are moreParts times as many.
	maxParts, moreParts = 256, 4
)

func (q *aggregate) inTable(ctx context.Context) (*result, error) {
	workers, err := run(ctx, q.selection, func() (*hashed, error) {
		return newHashed(q.accounts.Open(), q.terms, q.measures, 0, 1, maxShared)
	})
	if err != nil {
		return nil, err
	}
	for _, other := range workers[1:] {
		if err := workers[0].merge(other); err != nil {
			return nil, err
		}
	}
	return workers[0].result(q.narrowing)
}

// inParts computes one part of the groups after the other, on as many goroutines as there are processors.
func (q *aggregate) inParts(ctx context.Context, parts int) (*result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results, accounts := make([]*result, parts), make([]*gold.Account, parts)
	for i := range accounts {
		accounts[i] = q.accounts.Open()
	}
	var next atomic.Int64
	err := parallel(min(parts, runtime.GOMAXPROCS(0)), func(int) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= parts {
				return nil
			}
			res, err := q.part(ctx, accounts[i], i, parts)
			if err != nil {
				cancel() // the others are of no use
				return err
			}
			results[i] = res
		}
	})
	if err != nil {
		return nil, err
	}
	for _, res := range results[1:] {
		results[0].add(res)
	}
	return results[0], nil
}

func (q *aggregate) part(ctx context.Context, account *gold.Account, part, parts int) (*result, error) {
	h, err := newHashed(account, q.terms, q.measures, uint64(part), uint64(parts), 0)
	if err == nil {
		err = q.takeAll(ctx, h)
	}
	if err != nil {
		return nil, err
	}
	return h.result(q.narrowing)
}

// groups is an open answer of an aggregation.
type groups struct {
	result   *result
	order    []int32
	fields   []gold.Field
	name     string
	batch    *gold.Batch
	took     time.Duration
	accounts *gold.Accounts
}

// Next returns up to 4,096 groups.
func (g *groups) Next(ctx context.Context) (*gold.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(g.order) == 0 {
		return nil, io.EOF
	}
	start := time.Now()
	defer func() { g.took += time.Since(start) }()
	n := min(len(g.order), batchRows)
	if g.batch == nil {
		g.batch = gold.NewBatch(g.fields, n)
	}
	g.batch.Reset()
	for column := range g.batch.Columns {
		for _, group := range g.order[:n] {
			g.result.appendTo(&g.batch.Columns[column], group, column)
		}
	}
	g.batch.Rows = n
	g.order = g.order[n:]
	return g.batch, nil
}

// Stats returns the time spent so far.
func (g *groups) Stats() gold.Stats {
	return gold.Stats{Duration: max(g.took, 1), AnsweredBy: inMemory(g.name)}
}

// Close lets the snapshot go.
func (g *groups) Close() error {
	g.order, g.result = nil, nil
	g.accounts.Close()
	return nil
}
