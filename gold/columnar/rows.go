package columnar

import (
	"cmp"
	"context"
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"goldserve/gold"
)

// order is a sort with the place behind which rows are asked for.
type order struct {
	rankings []ranking
	after    []uint64 // keys of the last row seen, as far as it has some; nil: from the start
	absent   []bool   // of a value that no row has: rows of the same key come after it
}

// asStored reports whether rows come as they lie: they lie in the order of each of the terms.
func (o *order) asStored() bool {
	return !slices.ContainsFunc(o.rankings, func(r ranking) bool { return r.flip != 0 || !r.column.ascending })
}

func (o *order) compare(a, b int32) int {
	for _, r := range o.rankings {
		if c := cmp.Compare(r.key(a), r.key(b)); c != 0 {
			return c
		}
	}
	return 0
}

// behind reports whether a row comes after the last row seen.
func (o *order) behind(row int32) bool {
	for i, after := range o.after {
		switch key := o.rankings[i].key(row); {
		case key != after:
			return key > after
		case o.absent[i]:
			return true
		}
	}
	return false
}

// start makes the order begin behind a row with these values, and returns the condition that follows for the first.
func (o *order) start(values []gold.Value) condition {
	for i, v := range values {
		r := o.rankings[i]
		code, exact := r.column.place(v)
		if !exact && r.flip != 0 {
			code-- // the largest below it
		}
		o.after, o.absent = append(o.after, code^r.flip), append(o.absent, !exact)
	}
	first := condition{column: o.rankings[0].column, op: inRange, from: o.after[0] ^ o.rankings[0].flip, to: math.MaxUint64}
	if o.rankings[0].flip != 0 {
		first.from, first.to = 0, first.from
	}
	first.to = min(first.to, first.column.last)
	if first.from > first.to {
		first.op = never
	}
	return first
}

// page gathers the first rows in an order: limit of them, or all where it is 0. Once one of as many has to make room for
// another they are a heap: the last of them in the order is the first here.
type page struct {
	account *gold.Account
	order   *order
	block   int // rows of a block
	limit   int
	rows    []ranked
	heap    bool
	keys    []uint64
	worst   uint64 // no row whose first key is larger can be among the first
}

// ranked is a row with its first key, which is the row itself where rows come as they lie.
type ranked struct {
	key uint64
	row int32
}

const rankedBytes = 16

// usualPage is the largest page that there is room for at once.
const usualPage = 128

// maxPage is the number of rows that are sorted here: larger answers the store streams.
const maxPage = 1 << 20

func (p *page) wants(block int) bool {
	if p.order.asStored() {
		return uint64(block*p.block) <= p.worst
	}
	return p.order.rankings[0].best(block) <= p.worst
}

func (p *page) take(c chunk) error {
	if p.rows == nil {
		p.rows = make([]ranked, 0, min(p.limit, usualPage))
	}
	if p.order.asStored() {
		for i := range c.len() {
			if row := c.row(i); uint64(row) <= p.worst {
				p.offer(ranked{uint64(row), row})
			}
		}
	} else {
		first := p.order.rankings[0]
		p.keys = first.column.read(c, p.keys[:0])
		for i, key := range p.keys {
			if key ^= first.flip; key <= p.worst {
				p.offer(ranked{key, c.row(i)})
			}
		}
	}
	if p.limit == 0 && len(p.rows) > maxPage {
		return errSize
	}
	return p.account.Set(int64(cap(p.rows)) * rankedBytes)
}

func (p *page) offer(r ranked) {
	switch {
	case p.order.after != nil && !p.order.behind(r.row):
	case p.limit == 0 || len(p.rows) < p.limit:
		if p.rows = append(p.rows, r); len(p.rows) == p.limit {
			p.worst = slices.MaxFunc(p.rows, func(a, b ranked) int { return cmp.Compare(a.key, b.key) }).key
		}
	default:
		p.replace(r)
	}
}

// replace takes a row instead of the last one of those that there are, unless that comes before it.
func (p *page) replace(r ranked) {
	if !p.heap {
		for i := len(p.rows) / 2; i >= 0; i-- {
			p.sink(i)
		}
		p.heap = true
	}
	if p.compare(r, p.rows[0]) < 0 {
		p.rows[0] = r
		p.sink(0)
		p.worst = p.rows[0].key
	}
}

// compare orders two rows; those that the order leaves equal come as they lie.
func (p *page) compare(a, b ranked) int {
	if c := cmp.Compare(a.key, b.key); c != 0 {
		return c
	}
	return cmp.Or(p.order.compare(a.row, b.row), cmp.Compare(a.row, b.row))
}

// sink moves a row down the heap to its place.
func (p *page) sink(i int) {
	for child := 2*i + 1; child < len(p.rows); child = 2*i + 1 {
		if child+1 < len(p.rows) && p.compare(p.rows[child+1], p.rows[child]) > 0 {
			child++
		}
		if p.compare(p.rows[i], p.rows[child]) >= 0 {
			return
		}
		p.rows[i], p.rows[child] = p.rows[child], p.rows[i]
		i = child
	}
}

// first returns the first rows, in their order, of several pages.
func first(pages []*page) []int32 {
	all := pages[0]
	for _, p := range pages[1:] {
		all.rows = append(all.rows, p.rows...)
	}
	slices.SortFunc(all.rows, all.compare)
	if all.limit > 0 && len(all.rows) > all.limit {
		all.rows = all.rows[:all.limit]
	}
	rows := make([]int32, len(all.rows))
	for i, r := range all.rows {
		rows[i] = r.row
	}
	return rows
}

// rows answers a query from a snapshot.
func (r *Reader) rows(ctx context.Context, s *snapshot, q *gold.Query) (gold.Rows, error) {
	if q.Since != nil {
		return nil, errMeaning // a snapshot does not know which rows came later
	}
	start := time.Now()
	d := &q.Version.Dataset
	if slices.ContainsFunc(q.Fields, func(name string) bool { return d.Column(name) == nil }) {
		return nil, errMeaning
	}
	fields := q.OutFields()
	a := &answer{snapshot: s, fields: fields, columns: make([]*column, len(fields)), name: d.Name}
	for i, f := range fields {
		if a.columns[i] = s.column(d, f.Name); a.columns[i] == nil {
			return nil, errMeaning
		}
	}
	if q.Limit > maxPage {
		return nil, errSize
	}
	a.accounts = gold.AccountsOf(ctx)
	looked := gold.AccountsOf(ctx)
	defer looked.Close()
	o, err := r.order(s, q, looked)
	if gold.CodeOf(err) == gold.CodeMemoryLimit {
		return nil, errSize
	}
	if err != nil {
		return nil, err
	}
	sel := &selection{snapshot: s}
	if sel.conditions, err = r.where(s, q.Version, q.Where); err != nil {
		return nil, err
	}
	if !o.asStored() {
		sel.first = &o.rankings[0]
	}
	if len(o.rankings) > 0 && q.After != nil {
		sel.conditions = append(sel.conditions, o.start(q.After))
	}
	pages, err := run(ctx, sel, func() (*page, error) {
		return &page{account: a.accounts.Open(), order: o, block: s.grid.block, limit: int(q.Limit), worst: math.MaxUint64}, nil
	})
	if err == nil {
		// Brought together they are held twice for a moment, and their numbers besides.
		all := int64(0)
		for _, p := range pages {
			all += int64(len(p.rows))
		}
		err = a.accounts.Open().Set(all * (rankedBytes + 4))
	}
	if err != nil {
		a.accounts.Close()
		if gold.CodeOf(err) == gold.CodeMemoryLimit {
			return nil, errSize
		}
		return nil, err
	}
	a.rows = first(pages)
	a.accounts.Close()
	if err := a.accounts.Open().Set(int64(len(a.rows)) * 4); err != nil {
		return nil, err
	}
	a.took = time.Since(start)
	return a, nil
}

// order returns the order of a query; the accounts hold the columns that it looks up.
func (r *Reader) order(s *snapshot, q *gold.Query, looked *gold.Accounts) (*order, error) {
	o := &order{}
	for _, term := range q.Sort {
		c, err := r.field(s, q.Version, term.Field, term.Join, looked)
		if err != nil {
			return nil, err
		}
		ranked := ranking{column: c}
		if term.Desc {
			ranked.flip = math.MaxUint64
		}
		o.rankings = append(o.rankings, ranked)
	}
	if q.After == nil {
		return o, nil
	}
	if len(q.After) != len(q.Sort) {
		return nil, errMeaning
	}
	for i, v := range q.After {
		if k := v.Kind(); k != gold.Null && k != o.rankings[i].column.field.Kind {
			return nil, errMeaning
		}
	}
	return o, nil
}

// answer is an open answer of rows.
type answer struct {
	snapshot *snapshot
	name     string
	fields   []gold.Field
	columns  []*column
	rows     []int32
	batch    *gold.Batch
	small    bool // the batch is one of smallBatches
	took     time.Duration
	accounts *gold.Accounts
}

// batchRows and batchBytes bound a batch of an answer, roughly.
const (
	batchRows  = 4096
	batchBytes = 32 << 20
)

// smallBatches are the memory of answers of at most smallBytes, which is used again for the next one.
var smallBatches = sync.Pool{New: func() any { return new(gold.Batch) }}

const smallBytes = 64 << 10

// Next returns up to 4,096 rows.
func (a *answer) Next(ctx context.Context) (*gold.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(a.rows) == 0 {
		return nil, io.EOF
	}
	start := time.Now()
	defer func() { a.took += time.Since(start) }()
	if a.batch == nil {
		a.batch = a.newBatch()
	}
	a.batch.Reset()
	n := a.fitting()
	for i, c := range a.columns {
		c.appendTo(&a.batch.Columns[i], a.rows[:n])
	}
	a.batch.Rows = n
	a.rows = a.rows[n:]
	return a.batch, nil
}

// newBatch returns an empty batch.
func (a *answer) newBatch() *gold.Batch {
	const perValue = 8
	if a.small = len(a.rows)*(a.longest()+perValue*len(a.columns)) <= smallBytes; !a.small {
		return gold.NewBatch(a.fields, 0)
	}
	b, _ := smallBatches.Get().(*gold.Batch)
	b.Refit(a.fields)
	return b
}

// fitting returns how many rows the next batch has: fewer than usual where texts are long.
func (a *answer) fitting() int {
	n := min(len(a.rows), batchRows)
	if longest := a.longest(); longest*n > batchBytes {
		n = max(1, batchBytes/longest)
	}
	return min(n, len(a.rows))
}

// longest returns the bytes of the longest texts that a row can have.
func (a *answer) longest() (n int) {
	for _, c := range a.columns {
		if c.texts != nil {
			n += c.texts.longest
		}
	}
	return n
}

// Stats returns the time spent so far.
func (a *answer) Stats() gold.Stats {
	return gold.Stats{Duration: max(a.took, 1), AnsweredBy: inMemory(a.name)}
}

// Close lets the snapshot go.
func (a *answer) Close() error {
	if a.small {
		smallBatches.Put(a.batch)
	}
	a.rows, a.snapshot, a.columns, a.batch, a.small = nil, nil, nil, nil, false
	a.accounts.Close()
	return nil
}

// inMemory names what answered.
func inMemory(dataset string) string { return dataset + " in memory" }
