package columnar

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"goldserve/gold"
)

// selection is the rows of a snapshot that a question is about.
type selection struct {
	snapshot   *snapshot
	conditions []condition
	// first sorts the blocks: those whose code in its column is best come first; nil: as they lie.
	first *ranking
}

// worker takes the chosen rows of a scan; each goroutine has its own.
type worker interface {
	// wants reports whether rows of a block could still matter.
	wants(block int) bool
	// take takes rows, valid until it returns.
	take(c chunk) error
}

// ranking is one term of a sort: rows come in the order of its keys.
type ranking struct {
	column *column
	flip   uint64 // all bits where it is descending: the largest code comes first
}

// key returns the key of a row.
func (r ranking) key(row int32) uint64 { return r.column.at(row) ^ r.flip }

// best returns the smallest key that a row of a block can have.
func (r ranking) best(block int) uint64 {
	e := r.column.blocks[block]
	return min(e.least^r.flip, e.most^r.flip)
}

// empty reports whether there can't be any row.
func (s *selection) empty() bool {
	return s.snapshot.rows == 0 || slices.ContainsFunc(s.conditions, func(t condition) bool { return t.op == never })
}

// run gives all chosen rows to workers, on as many goroutines as there are processors, work and memory for. It ends between
// blocks where the context does.
func run[W worker](ctx context.Context, s *selection, newWorker func() (W, error)) ([]W, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w, err := newWorker()
	if err != nil || s.empty() {
		return []W{w}, err
	}
	if rows, others, ok := s.lookUp(); ok {
		return []W{w}, s.takeRows(ctx, rows, others, w)
	}
	blocks := s.blocks()
	const perWorker = 2 // blocks that are worth a goroutine
	workers := []W{w}
	for len(workers) < min(runtime.GOMAXPROCS(0), len(blocks)/perWorker) {
		w, err := newWorker()
		if gold.OutOfMemory(err) {
			break
		}
		if err != nil {
			return nil, err
		}
		workers = append(workers, w)
	}
	var next atomic.Int64
	err = parallel(len(workers), func(i int) error { return s.takeBlocks(ctx, blocks, &next, workers[i]) })
	if err != nil {
		return nil, err
	}
	return workers, nil
}

// parallel does work n times at once, numbered from 0, and returns the first error that is more than a cancelled context.
func parallel(n int, work func(i int) error) error {
	errs := make([]error, n)
	guarded := func(i int) {
		defer func() {
			if v := recover(); v != nil {
				errs[i] = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			}
		}()
		errs[i] = work(i)
	}
	var wg sync.WaitGroup
	for i := 1; i < n; i++ {
		wg.Go(func() { guarded(i) })
	}
	guarded(0)
	wg.Wait()
	var first error
	for _, err := range errs {
		if first == nil || err != nil && errors.Is(first, context.Canceled) {
			first = err
		}
	}
	return first
}

// takeAll gives all chosen rows to one worker.
func (s *selection) takeAll(ctx context.Context, w worker) error {
	if s.empty() {
		return nil
	}
	if rows, others, ok := s.lookUp(); ok {
		return s.takeRows(ctx, rows, others, w)
	}
	return s.takeBlocks(ctx, s.blocks(), new(atomic.Int64), w)
}

// blocks returns the blocks that may have chosen rows, in their order.
func (s *selection) blocks() []int {
	var blocks []int
	for i := range s.snapshot.blocks() {
		if !slices.ContainsFunc(s.conditions, func(t condition) bool { none, _ := t.coversBlock(i); return none }) {
			blocks = append(blocks, i)
		}
	}
	if s.first != nil {
		slices.SortStableFunc(blocks, func(a, b int) int { return cmp.Compare(s.first.best(a), s.first.best(b)) })
	}
	return blocks
}

func (s *selection) takeBlocks(ctx context.Context, blocks []int, next *atomic.Int64, w worker) error {
	size := int32(s.snapshot.grid.chunk)
	rows := make([]int32, 0, size)
	conditions := make([]*condition, 0, len(s.conditions))
	for {
		i := int(next.Add(1)) - 1
		if i >= len(blocks) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		block := blocks[i]
		if !w.wants(block) {
			continue
		}
		conditions = conditions[:0]
		for k := range s.conditions {
			t := &s.conditions[k]
			if _, all := t.coversBlock(block); !all {
				conditions = append(conditions, t)
			}
		}
		from, end := s.snapshot.block(block)
		for n := range (end - from + size - 1) / size {
			if s.first != nil && s.first.flip != 0 {
				n = (end-from-1)/size - n // rows that lie in order come best first
			}
			c := chunk{from: from + n*size, to: min(from+(n+1)*size, end)}
			if len(conditions) > 0 {
				rows = conditions[0].pick(c.from, c.to, rows[:0])
				for _, t := range conditions[1:] {
					rows = t.keep(rows)
				}
				if len(rows) == 0 {
					continue
				}
				c.rows = rows
			}
			if err := w.take(c); err != nil {
				return err
			}
		}
	}
}

// lookupFraction is the part of all rows up to which looking them up is better than looking through all.
const lookupFraction = 16

// lookUp returns the rows of the narrowest condition whose column is in the order of its codes, or has an index, and the
// other conditions, for which the rows may be overwritten; false where there is none, or they are many.
func (s *selection) lookUp() (rows []int32, others []condition, ok bool) {
	best, from, to := -1, 0, s.snapshot.rows/lookupFraction
	if s.snapshot.rows <= s.snapshot.grid.chunk {
		return nil, nil, false
	}
	for i := range s.conditions {
		t := &s.conditions[i]
		if t.op != inRange || t.column.byCode == nil && !t.column.ascending {
			continue
		}
		if a, b := t.column.find(t.from), t.column.find(t.to+1); b-a < to-from {
			best, from, to = i, a, b
		}
	}
	if best < 0 {
		return nil, nil, false
	}
	others = slices.Delete(slices.Clone(s.conditions), best, best+1)
	if order := s.conditions[best].column.byCode; order != nil {
		if rows = order[from:to]; len(others) > 0 {
			rows = slices.Clone(rows)
		}
		return rows, others, true
	}
	rows = make([]int32, to-from)
	for i := range rows {
		rows[i] = int32(from + i)
	}
	return rows, others, true
}

// find returns the place of the first row, in the order of codes, whose code is not below one.
func (c *column) find(code uint64) int {
	return sort.Search(c.len(), func(i int) bool {
		row := int32(i)
		if c.byCode != nil {
			row = c.byCode[i]
		}
		return c.at(row) >= code
	})
}

// takeRows gives the worker those of rows for which conditions hold, up to a block at a time.
func (s *selection) takeRows(ctx context.Context, rows []int32, conditions []condition, w worker) error {
	for len(rows) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		block := int(rows[0]) / s.snapshot.grid.block
		from, end := s.snapshot.block(block)
		n := 1
		for n < len(rows) && n < s.snapshot.grid.chunk && rows[n] >= from && rows[n] < end {
			n++
		}
		if !w.wants(block) {
			rows = rows[n:]
			continue
		}
		chosen := rows[:n]
		for i := range conditions {
			chosen = conditions[i].keep(chosen)
		}
		if len(chosen) > 0 {
			if err := w.take(chunk{rows: chosen}); err != nil {
				return err
			}
		}
		rows = rows[n:]
	}
	return nil
}

// where turns predicates into conditions.
func (r *Reader) where(s *snapshot, v *gold.Version, where []gold.Predicate) ([]condition, error) {
	conditions := make([]condition, 0, len(where))
	for _, p := range where {
		t, err := r.condition(s, v, p)
		if err != nil {
			return nil, err
		}
		if t.op != always {
			conditions = append(conditions, t)
		}
	}
	return conditions, nil
}

// condition turns one predicate into a condition.
func (r *Reader) condition(s *snapshot, v *gold.Version, p gold.Predicate) (condition, error) {
	if p.Any != nil {
		alternatives := make([][]condition, len(p.Any))
		for i := range p.Any {
			var err error
			if alternatives[i], err = r.where(s, v, p.Any[i]); err != nil {
				return condition{}, err
			}
		}
		return newAlternatives(alternatives), nil
	}
	if p.Join != nil {
		return r.lookedUp(s, v, p)
	}
	if c := s.column(&v.Dataset, p.Field); c != nil && askable(p, c.field.Kind) {
		if t, ok := newCondition(c, p); ok {
			return t, nil
		}
	}
	return condition{}, errMeaning
}
