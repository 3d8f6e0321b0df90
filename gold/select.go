package gold

import "slices"

// Select answers a query from a batch with all rows of its version; the batch must have every field of the query as a
// column. Rows that are equal in the sort keep their order. Internal if a column is missing, or if a predicate is on a
// field of another dataset.
func Select(q Query, all *Batch) (*Batch, error) {
	rows, err := selected(all, q.Where)
	if err != nil {
		return nil, err
	}
	if rows, err = ordered(all, rows, q.Sort, q.After); err != nil {
		return nil, err
	}
	if q.Limit > 0 && q.Limit < int64(len(rows)) {
		rows = rows[:q.Limit]
	}
	out := NewBatch(q.OutFields(), len(rows))
	for i, f := range out.Fields {
		c, err := columnOf(all, f.Name)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			out.Columns[i].Append(c.Value(row))
		}
	}
	out.Rows = len(rows)
	return out, nil
}

// selected returns the rows for which a condition holds.
func selected(all *Batch, where []Predicate) ([]int, error) {
	test, err := NewTest(where, func(p Predicate) (int, error) {
		if p.Join != nil {
			return 0, Errorf(Internal, CodeInternal, "%s is a field of another dataset, which rows in memory don't have", p.Field)
		}
		return placeOf(all, p.Field)
	})
	if err != nil {
		return nil, err
	}
	rows, row := make([]int, 0, all.Rows), 0
	value := func(place int) Value { return all.Columns[place].Value(row) }
	for row = range all.Rows {
		if test.Holds(value) {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// ordered sorts rows, and drops those that don't come after a position.
func ordered(all *Batch, rows []int, sort []Sort, after []Value) ([]int, error) {
	if len(sort) == 0 {
		return rows, nil
	}
	keys := make([][]Value, all.Rows)
	for _, s := range sort {
		c, err := columnOf(all, s.Field)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			keys[row] = append(keys[row], c.Value(row))
		}
	}
	if after != nil {
		rows = slices.DeleteFunc(rows, func(row int) bool { return compareKeys(sort, keys[row], after) <= 0 })
	}
	slices.SortStableFunc(rows, func(a, b int) int { return compareKeys(sort, keys[a], keys[b]) })
	return rows, nil
}

// compareKeys orders two lists of values, one for each term of a sort.
func compareKeys(sort []Sort, a, b []Value) int {
	for i, s := range sort {
		c := Compare(a[i], b[i])
		if s.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func columnOf(all *Batch, name string) (*Column, error) {
	place, err := placeOf(all, name)
	if err != nil {
		return nil, err
	}
	return &all.Columns[place], nil
}

func placeOf(all *Batch, name string) (int, error) {
	if place := slices.IndexFunc(all.Fields, func(f Field) bool { return f.Name == name }); place >= 0 {
		return place, nil
	}
	return 0, Errorf(Internal, CodeInternal, "the rows in memory have no column %s", name)
}
