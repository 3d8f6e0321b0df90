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

	measures []gold.Measure // the same
	looked   []lookup
	rows     gold.Batch
	took     time.Duration

	held    int64 // bytes of what was looked up
	account *gold.Account
}

// lookup is a column made of another dataset's field.
type lookup struct {
	field  string
	join   *gold.Join
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
	// All columns that are read come before those that are looked up.
	column := func(field string, join *gold.Join) error {
		if join != nil {
			field = join.On
		}
		_, err := need(field)
		return err
	}
	for _, m := range a.Measures {
		for _, name := range m.Reads() {
			if a.Alias(name) != nil {
				continue
			}
			if _, err := need(name); err != nil {
				return nil, err
			}
		}
	}
	for _, alias := range a.Aliases {
		if err := column(alias.Field, alias.Join); err != nil {
			return nil, err
		}
	}
	for _, g := range a.Group {
		if err := column(g.Field, g.Join); err != nil {
			return nil, err
		}
		if g.Age == nil {
			continue
		}
		if err := column(g.Age.Since, g.Age.Join); err != nil {
			return nil, err
		}
	}
	if len(in.names) == 0 {
		// Rows are counted by something that each has.
		if _, err := need(d.TotalSort(nil)[0].Field); err != nil {
			return nil, err
		}
	}
	for _, g := range a.Group {
		name, err := s.lookUp(ctx, in, g.Field, g.Join)
		if err != nil {
			return nil, err
		}
		if g.As, g.Field, g.Join = g.Name(), name, nil; g.Age != nil {
			age := *g.Age
			if age.Since, err = s.lookUp(ctx, in, age.Since, age.Join); err != nil {
				return nil, err
			}
			age.Join = nil
			g.Age = &age
		}
		in.groups = append(in.groups, g)
	}
	for _, m := range a.Measures {
		name, err := s.lookUp(ctx, in, m.Field, m.Join)
		if err != nil {
			return nil, err
		}
		m.As, m.Field, m.Join = m.Name(), name, nil
		in.measures = append(in.measures, m)
	}
	for _, alias := range a.Aliases {
		if err := s.addLookUp(ctx, in, alias.Field, alias.Join, alias.Name); err != nil {
			return nil, err
		}
	}
	in.rows = gold.Batch{Fields: in.fields, Columns: make([]gold.Column, len(in.fields))}
	return in, nil
}

// lookUp returns the name of a field's column, which it adds if the field is looked up.
func (s *Store) lookUp(ctx context.Context, in *inputs, field string, join *gold.Join) (string, error) {
	if join == nil {
		return field, nil
	}
	for i, l := range in.looked {
		if l.field == field && l.join.Equal(join) {
			return in.fields[len(in.names)+i].Name, nil
		}
	}
	name := "via " + strconv.Itoa(len(in.looked)) + " " + field
	return name, s.addLookUp(ctx, in, field, join, name)
}

// addLookUp adds a column of a looked-up field. What another column looks up already is not read again.
func (s *Store) addLookUp(ctx context.Context, in *inputs, field string, join *gold.Join, name string) error {
	column, err := fieldOf(&join.Last().Dataset, field)
	if err != nil {
		return err
	}
	var values map[gold.Value]gold.Value
	if i := slices.IndexFunc(in.looked, func(l lookup) bool { return l.field == field && l.join.Equal(join) }); i >= 0 {
		values = in.looked[i].values
	} else if values, err = s.dimension(ctx, in, join, field); err != nil {
		return err
	}
	added := *column
	added.Name = name
	in.fields = append(in.fields, added)
	in.looked = append(in.looked, lookup{field: field, join: join, on: slices.Index(in.names, join.On), values: values})
	return nil
}

// dimension reads a field of a whole dimension by its key. Where the dimension looks it up in turn, its values are those
// of the dimension behind it.
func (s *Store) dimension(ctx context.Context, in *inputs, via *gold.Join, field string) (map[gold.Value]gold.Value, error) {
	var behind map[gold.Value]gold.Value
	column := field
	if via.Next != nil {
		var err error
		if behind, err = s.dimension(ctx, in, via.Next, field); err != nil {
			return nil, err
		}
		column = via.Next.On
	}
	names := []string{via.Key}
	if column != via.Key {
		names = append(names, column)
	}
	rows, err := s.Rows(ctx, gold.Query{Version: via.Version, Fields: names})
	if err != nil {
		return nil, err
	}
	const entryBytes = 128
	if err := in.account.Set(in.held + via.Version.Rows*entryBytes); err != nil {
		return nil, err
	}
	values := make(map[gold.Value]gold.Value, via.Version.Rows)
	same := map[gold.Value]gold.Value{} // so that a country's name is held once
	held := int64(0)
	_, err = gold.EachBatch(ctx, rows, func(b *gold.Batch) error {
		for i := range b.Rows {
			key, v := b.Columns[0].Value(i), b.Columns[len(names)-1].Value(i)
			if behind != nil {
				v = behind[v]
			}
			if known, ok := same[v]; ok {
				v = known
			} else if len(same) < batchRows {
				same[v] = v
			}
			values[key] = v
			held += int64(entryBytes + len(key.Text()))
		}
		if held > s.memory {
			return gold.Errorf(gold.Invalid, gold.CodeMemoryLimit, "look up %s of %s: it has too many rows to be looked up in memory", field, via.Version.Dataset.Name)
		}
		return in.account.Set(in.held + max(held, via.Version.Rows*entryBytes))
	})
	in.held += max(held, via.Version.Rows*entryBytes)
	in.took += rows.Stats().Duration
	return values, err
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
