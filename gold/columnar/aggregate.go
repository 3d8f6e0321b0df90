package columnar

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strconv"
	"time"

	"goldserve/gold"
	"goldserve/gold/measure"
)

func columnName(prefix string, i int) string { return prefix + strconv.Itoa(i) }

// maxGroups bounds the memory of groups that have no array of their own, in bytes for each goroutine: beyond it the store
// answers.
const maxGroups = 256 << 20

// aggregate answers an aggregation from a snapshot.
func (r *Reader) aggregate(ctx context.Context, s *snapshot, a *gold.Aggregation) (gold.Rows, error) {
	start := time.Now()
	if len(a.Group)+len(a.Measures) == 0 {
		return nil, errMeaning
	}
	terms, err := r.terms(s, a)
	if err != nil {
		return nil, err
	}
	figures, err := newFigures(s, a)
	if err != nil {
		return nil, err
	}
	n, err := newNarrowing(a)
	if err != nil {
		return nil, err
	}
	sel := &selection{snapshot: s}
	if sel.conditions, err = r.where(s, a.Version, a.Where); err != nil {
		return nil, err
	}
	res, err := compute(ctx, sel, terms, figures)
	if err != nil {
		return nil, err
	}
	order := res.narrow(n)
	return &groups{
		result: res, order: order, fields: n.fields, name: a.Version.Dataset.Name, took: time.Since(start),
	}, nil
}

func (r *Reader) terms(s *snapshot, a *gold.Aggregation) ([]*term, error) {
	terms := make([]*term, 0, len(a.Group))
	for _, g := range a.Group {
		t, err := r.term(s, a.Version, g)
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	return terms, nil
}

func newFigures(s *snapshot, a *gold.Aggregation) ([]figure, error) {
	d := &a.Version.Dataset
	figures := make([]figure, 0, len(a.Measures))
	for _, m := range a.Measures {
		if measure.CheckMeasure(d.Fields, m) != nil {
			return nil, errMeaning
		}
		f := figure{Measure: m}
		if m.Func != gold.Count {
			if f.column = s.column(d, m.Field); f.column == nil {
				return nil, errMeaning
			}
			f.field = f.column.field
			if f.coded() {
				f.field.Kind = gold.Int
			}
		}
		figures = append(figures, f)
	}
	return figures, nil
}

// compute computes the figures of a selection's groups.
func compute(ctx context.Context, sel *selection, terms []*term, figures []figure) (*result, error) {
	size := uint64(1)
	for _, t := range terms {
		if size > maxDense || t.size > maxDense {
			size = maxDense + 1
			break
		}
		size *= t.size
	}
	if size <= maxDense {
		workers, err := run(ctx, sel, func() (*dense, error) { return newDense(terms, figures, int(size)) })
		if err != nil {
			return nil, err
		}
		for _, other := range workers[1:] {
			workers[0].merge(other)
		}
		return workers[0].result()
	}
	workers, err := run(ctx, sel, func() (*sparse, error) { return newSparse(terms, figures, maxGroups) })
	for i := 1; err == nil && i < len(workers); i++ {
		err = workers[0].groups.Merge(workers[i].groups)
	}
	switch {
	case gold.CodeOf(err) == gold.CodeMemoryLimit:
		return nil, errSize
	case err != nil:
		return nil, err
	}
	return workers[0].result()
}

// result is the groups of an aggregation in their order.
type result struct {
	terms   []*term
	figures []figure
	groups  int
	numbers []uint64      // of each group, by term
	figured []gold.Column // by figure: of each group
}

func newResult(terms []*term, figures []figure) *result {
	res := &result{terms: terms, figures: figures}
	for _, f := range figures {
		res.figured = append(res.figured, gold.Column{Kind: f.Kind(f.field.Kind)})
	}
	return res
}

// value returns a column of a group: of its terms, then of its figures.
func (res *result) value(group int32, column int) gold.Value {
	if column -= len(res.terms); column >= 0 {
		return res.figures[column].value(res.figured[column].Value(int(group)))
	}
	column += len(res.terms)
	number := res.numbers[int(group)*len(res.terms)+column]
	if number == 0 {
		return gold.Value{}
	}
	return res.terms[column].value(number)
}

// compare orders two groups by a column. Bins are ordered by their edges, texts by their codes.
func (res *result) compare(a, b int32, column int) int {
	n := len(res.terms)
	if column < n {
		return cmp.Compare(res.numbers[int(a)*n+column], res.numbers[int(b)*n+column])
	}
	c := &res.figured[column-n]
	return gold.Compare(c.Value(int(a)), c.Value(int(b)))
}

// narrowing is what an aggregation asks of its groups.
type narrowing struct {
	fields []gold.Field
	having []gold.Predicate
	tested []int // the column of each of having
	sort   []gold.Sort
	sorted []int // the column of each of sort
	limit  int64
}

func newNarrowing(a *gold.Aggregation) (*narrowing, error) {
	n := &narrowing{fields: a.OutFields(), having: a.Having, sort: a.Sort, limit: a.Limit}
	column := func(name string) int {
		return slices.IndexFunc(n.fields, func(f gold.Field) bool { return f.Name == name })
	}
	for _, p := range a.Having {
		i := column(p.Field)
		if i < 0 || !askable(p, n.fields[i].Kind) {
			return nil, errMeaning
		}
		n.tested = append(n.tested, i)
	}
	for _, s := range a.Sort {
		i := column(s.Field)
		if i < 0 {
			return nil, errMeaning
		}
		n.sorted = append(n.sorted, i)
	}
	return n, nil
}

// narrow returns the groups that are asked for, in their order.
func (res *result) narrow(n *narrowing) []int32 {
	order := make([]int32, 0, res.groups)
	for g := range int32(res.groups) {
		kept := true
		for i, p := range n.having {
			kept = kept && holds(p, res.value(g, n.tested[i]))
		}
		if kept {
			order = append(order, g)
		}
	}
	if len(n.sort) > 0 {
		// The groups come in their own order, which settles ties.
		slices.SortStableFunc(order, func(a, b int32) int {
			for i, s := range n.sort {
				c := res.compare(a, b, n.sorted[i])
				if s.Desc {
					c = -c
				}
				if c != 0 {
					return c
				}
			}
			return 0
		})
	}
	if n.limit > 0 && n.limit < int64(len(order)) {
		order = order[:n.limit]
	}
	return order
}

// groups is an open answer of an aggregation.
type groups struct {
	result *result
	order  []int32
	fields []gold.Field
	name   string
	batch  *gold.Batch
	took   time.Duration
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
			g.batch.Columns[column].Append(g.result.value(group, column))
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
	return nil
}
