package query

import (
	"context"
	"fmt"
	"slices"
	"time"

	"goldserve/gold"
)

// lookupKeys is the largest number of keys that are looked up at once.
const lookupKeys = 10_000

// project resolves names of fields: the dataset's own fields to read, the fields that are shown, and the lookups that they
// and further names need.
func (s *Scope) project(names, further []string) (ask []string, shown []gold.Field, lookups []lookup) {
	for i, name := range slices.Concat(names, further) {
		c := s.Find(name)
		if c == nil || i >= len(names) && slices.Contains(names, name) {
			continue // the position, or shown already
		}
		f := *c.Field
		f.Name, f.Nullable = name, f.Nullable || c.Join != nil
		if i < len(names) {
			shown = append(shown, f)
		}
		if c.Join == nil {
			if i < len(names) {
				ask = append(ask, name)
			}
			continue
		}
		at := slices.IndexFunc(lookups, func(l lookup) bool { return l.join.Equal(c.Join) })
		if at < 0 {
			at, lookups = len(lookups), append(lookups, lookup{join: c.Join})
		}
		lookups[at].fields = append(lookups[at].fields, c.Field.Name)
		lookups[at].as = append(lookups[at].as, name)
	}
	for _, l := range lookups {
		if !slices.Contains(ask, l.join.On) {
			ask = append(ask, l.join.On)
		}
	}
	return ask, shown, lookups
}

// join answers a query with looked-up columns beside its own: first those of names, in their order, then the query's
// others. The rows are read to their end before anything is looked up, so that one question never holds two open answers.
func (e *Engine) join(ctx context.Context, q gold.Query, lookups []lookup, names []string, read func(context.Context, gold.Query) (gold.Rows, error)) (gold.Rows, error) {
	own, stats, err := collect(ctx, q.OutFields(), func() (gold.Rows, error) { return read(ctx, q) })
	if err != nil {
		return nil, err
	}
	all := &gold.Batch{Fields: slices.Clone(own.Fields), Columns: slices.Clone(own.Columns), Rows: own.Rows}
	for _, l := range lookups {
		found, took, err := e.lookUp(ctx, l.join, l.fields, own.Column(l.join.On))
		if err != nil {
			return nil, err
		}
		stats.Duration += took
		for i := range found.Fields {
			found.Fields[i].Name = l.as[i]
		}
		all.Fields, all.Columns = append(all.Fields, found.Fields...), append(all.Columns, found.Columns...)
	}
	return gold.RowsOf(reorder(all, names), stats, nil), nil
}

// lookUp returns, for each value of a column, fields of the row that has it as its key; null where none has. Where the
// dimension looks them up in turn, those of the rows behind.
func (e *Engine) lookUp(ctx context.Context, join *gold.Join, names []string, on *gold.Column) (*gold.Batch, time.Duration, error) {
	if join.Next == nil {
		return e.lookUpNext(ctx, join, names, on)
	}
	by, took, err := e.lookUpNext(ctx, join, []string{join.Next.On}, on)
	if err != nil {
		return nil, 0, err
	}
	found, more, err := e.lookUp(ctx, join.Next, names, &by.Columns[0])
	return found, took + more, err
}

// lookUpNext is lookUp with the first of several datasets.
func (e *Engine) lookUpNext(ctx context.Context, join *gold.Join, names []string, on *gold.Column) (*gold.Batch, time.Duration, error) {
	d := &join.Version.Dataset
	found := map[gold.Value][]gold.Value{}
	var took time.Duration
	for keys := range slices.Chunk(distinct(on), lookupKeys) {
		q := gold.Query{
			Version: join.Version, Fields: append([]string{join.Key}, names...),
			Where: []gold.Predicate{{Field: join.Key, Op: gold.In, Values: keys}}, Sort: d.TotalSort(nil),
		}
		stats, err := EachBatch(ctx, func() (gold.Rows, error) { return e.reader.Rows(ctx, q) }, func(b *gold.Batch) error {
			for i := range b.Rows {
				row := b.Row(i, nil)
				found[row[0]] = row[1:]
			}
			return nil
		})
		if err != nil {
			return nil, 0, fmt.Errorf("look up rows of %s: %w", d.Name, err)
		}
		took += stats.Duration
	}
	fields := make([]gold.Field, len(names))
	for i, name := range names {
		fields[i] = *d.Field(name)
	}
	joined := gold.NewBatch(fields, on.Len())
	none := make([]gold.Value, len(fields))
	for i := range on.Len() {
		if row := found[on.Value(i)]; row != nil {
			joined.AppendRow(row...)
		} else {
			joined.AppendRow(none...)
		}
	}
	return joined, took, nil
}

// distinct returns the different values of a column that aren't null.
func distinct(c *gold.Column) []gold.Value {
	seen := map[gold.Value]bool{}
	var values []gold.Value
	for i := range c.Len() {
		if v := c.Value(i); !v.IsNull() && !seen[v] {
			seen[v] = true
			values = append(values, v)
		}
	}
	return values
}

// join reports whether open looks up fields of other datasets.
func (p *rowsPlan) join() Reason {
	if len(p.lookups) == 0 && len(LookedUp(p.query.Where)) == 0 {
		return NoLookup
	}
	return Applied
}

// join leaves lookups to the store, which joins the other datasets itself.
func (p *groupsPlan) join(context.Context) (Reason, error) {
	looked := slices.ContainsFunc(p.query.Groups, func(g gold.Group) bool { return g.Join != nil }) ||
		slices.ContainsFunc(p.stored.Measures, func(m gold.Measure) bool { return m.Join != nil })
	if looked {
		return Applied, nil
	}
	if len(LookedUp(p.query.Where)) == 0 {
		return NoLookup, nil
	}
	return Applied, nil
}
