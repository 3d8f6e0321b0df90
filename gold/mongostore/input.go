package mongostore

import (
	"context"
	"slices"
	"strconv"
	"time"

	"goldserve/gold"
)

// inputs are the columns that an aggregation reads: those of its dataset, and those that it looks up by one of them.
type inputs struct {
	names  []string     // of the dataset, each once
	fields []gold.Field // of the rows to be grouped
	groups []gold.Group // without Join: the looked-up columns have fields of their own
	looked []lookup
	rows   gold.Batch
	took   time.Duration

	held    int64 // bytes of what was looked up
	account *gold.Account
}

// lookup is a column made of another dataset's field.
type lookup struct {
	on     int // the column that holds the key
	values map[gold.Value]gold.Value
}

func (s *Store) inputs(ctx context.Context, a *gold.Aggregation, account *gold.Account) (*inputs, error) {
	in := &inputs{account: account}
	d := &a.Version.Dataset
	need := func(name string) (int, error) {
		if i := slices.Index(in.names, name); i >= 0 {
			return i, nil
		}
		f, err := fieldOf(d, name)
		if err != nil {
			return 0, err
		}
		in.names, in.fields = append(in.names, name), append(in.fields, *f)
		return len(in.names) - 1, nil
	}
	for _, m := range a.Measures {
		for _, name := range m.Reads() {
			if _, err := need(name); err != nil {
				return nil, err
			}
		}
	}
	on := make([]int, len(a.Group))
	for i, g := range a.Group {
		name := g.Field
		if g.Join != nil {
			name = g.Join.On
		}
		var err error
		if on[i], err = need(name); err != nil {
			return nil, err
		}
	}
	if len(in.names) == 0 {
		// Rows are counted by something that each has.
		if _, err := need(d.TotalSort(nil)[0].Field); err != nil {
			return nil, err
		}
	}
	for i, g := range a.Group {
		if g.Join != nil {
			var err error
			if g, err = s.lookUp(ctx, in, g, on[i]); err != nil {
				return nil, err
			}
		}
		in.groups = append(in.groups, g)
	}
	in.rows = gold.Batch{Fields: in.fields, Columns: make([]gold.Column, len(in.fields))}
	return in, nil
}

// lookUp adds the column of a looked-up group and returns the group over it.
func (s *Store) lookUp(ctx context.Context, in *inputs, g gold.Group, on int) (gold.Group, error) {
	f, err := fieldOf(&g.Join.Version.Dataset, g.Field)
	if err != nil {
		return g, err
	}
	values, took, err := s.dimension(ctx, in, g.Join, g.Field)
	if err != nil {
		return g, err
	}
	in.took += took
	column := *f
	column.Name = "via " + strconv.Itoa(len(in.looked)) + " " + f.Name
	g.As, g.Field, g.Join = g.Name(), column.Name, nil
	in.fields = append(in.fields, column)
	in.looked = append(in.looked, lookup{on: on, values: values})
	return g, nil
}

// dimension reads a field of a whole dimension by its key.
func (s *Store) dimension(ctx context.Context, in *inputs, via *gold.Join, field string) (map[gold.Value]gold.Value, time.Duration, error) {
	names := []string{via.Key}
	if field != via.Key {
		names = append(names, field)
	}
	rows, err := s.Rows(ctx, gold.Query{Version: via.Version, Fields: names})
	if err != nil {
		return nil, 0, err
	}
	const entryBytes = 128
	if err := in.account.Set(in.held + via.Version.Rows*entryBytes); err != nil {
		return nil, 0, err
	}
	values := make(map[gold.Value]gold.Value, via.Version.Rows)
	same := map[gold.Value]gold.Value{} // so that a country's name is held once
	held := int64(0)
	_, err = gold.EachBatch(ctx, rows, func(b *gold.Batch) error {
		for i := range b.Rows {
			key, v := b.Columns[0].Value(i), b.Columns[len(names)-1].Value(i)
			if known, ok := same[v]; ok {
				v = known
			} else if len(same) < batchRows {
				same[v] = v
			}
			values[key] = v
			held += int64(entryBytes + len(key.Text()))
		}
		if held > s.memory {
			return gold.Errorf(gold.Invalid, gold.CodeMemoryLimit, "group by %s of %s: it has too many rows to be looked up in memory", field, via.Version.Dataset.Name)
		}
		return in.account.Set(in.held + max(held, via.Version.Rows*entryBytes))
	})
	in.held += max(held, via.Version.Rows*entryBytes)
	return values, rows.Stats().Duration, err
}

// batch returns the rows of the dataset with the looked-up columns beside them.
func (in *inputs) batch(b *gold.Batch) *gold.Batch {
	n := copy(in.rows.Columns, b.Columns)
	for i, look := range in.looked {
		c := &in.rows.Columns[n+i]
		resetColumn(c, in.fields[n+i].Kind)
		on := &b.Columns[look.on]
		for row := range b.Rows {
			c.Append(look.values[on.Value(row)])
		}
	}
	in.rows.Rows = b.Rows
	return &in.rows
}

func resetColumn(c *gold.Column, k gold.Kind) {
	c.Kind = k
	c.Ints, c.Floats, c.Bytes, c.Nulls, c.Offsets = c.Ints[:0], c.Floats[:0], c.Bytes[:0], c.Nulls[:0], append(c.Offsets[:0], 0)
}
