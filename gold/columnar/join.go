package columnar

import "goldserve/gold"

// join finds the row of a dimension for each code of the field that the lookup is by.
type join struct {
	dimension *snapshot
	table     []int32          // by code: the row, -1 for none; nil: there are too many codes
	rows      map[uint64]int32 // instead
}

// joinKey names a join; of a dimension's versions the last one asked for is remembered.
type joinKey struct{ dataset, on, key string }

// maxTable is the number of codes up to which what is known of each of them is in a table.
const maxTable = 1 << 22

// row returns the dimension's row of a code; -1: there is none.
func (j *join) row(code uint64) int32 {
	if j.table != nil {
		return j.table[code]
	}
	if row, ok := j.rows[code]; ok {
		return row
	}
	return -1
}

// join returns the join of a snapshot with the version that it looks up fields in, and the column that the lookup is by.
func (r *Reader) join(s *snapshot, v *gold.Version, via *gold.Join) (*join, *column, error) {
	j, on, err := r.joinNext(s, v, via)
	if err != nil || via.Next == nil {
		return j, on, err
	}
	behind, by, err := r.join(j.dimension, via.Version, via.Next)
	if err != nil {
		return nil, nil, err
	}
	return j.behind(behind, by), on, nil
}

// source returns the column of a field that the rows of a snapshot have, or that they look up: then it is the dimension's,
// with the join and the column that the lookup is by.
func (r *Reader) source(s *snapshot, v *gold.Version, name string, via *gold.Join) (c *column, j *join, on *column, err error) {
	if via != nil {
		if j, on, err = r.join(s, v, via); err != nil {
			return nil, nil, nil, err
		}
		s = j.dimension
	}
	if c = s.column(v.Owner(via), name); c == nil {
		return nil, nil, nil, errMeaning
	}
	return c, j, on, nil
}

// behind returns the join with the rows that the dimension's rows look up by a column.
func (j *join) behind(next *join, by *column) *join {
	row := func(row int32) int32 {
		if row < 0 {
			return -1
		}
		if code := by.at(row); code != 0 {
			return next.row(code)
		}
		return -1
	}
	over := &join{dimension: next.dimension}
	if j.table != nil {
		over.table = make([]int32, len(j.table))
		for code, mine := range j.table {
			over.table[code] = row(mine)
		}
		return over
	}
	over.rows = make(map[uint64]int32, len(j.rows))
	for code, mine := range j.rows {
		over.rows[code] = row(mine)
	}
	return over
}

// joinNext is join with the first of several versions.
func (r *Reader) joinNext(s *snapshot, v *gold.Version, via *gold.Join) (*join, *column, error) {
	on := s.column(&v.Dataset, via.On)
	dimension := r.snapshot(via.Version)
	if dimension == nil {
		return nil, nil, errDimension
	}
	key := dimension.column(&via.Version.Dataset, via.Key)
	if on == nil || key == nil || on.field.Kind != key.field.Kind || on.field.Scale != key.field.Scale {
		return nil, nil, errMeaning
	}
	name := joinKey{via.Version.Dataset.Name, via.On, via.Key}
	if known, ok := s.joins.Load(name); ok {
		if j := known.(*join); j.dimension == dimension {
			return j, on, nil
		}
	}
	j := newJoin(on, key, dimension)
	s.joins.Store(name, j)
	return j, on, nil
}

func newJoin(on, key *column, dimension *snapshot) *join {
	j := &join{dimension: dimension}
	if on.doubles == nil && on.last < maxTable {
		j.table = make([]int32, on.last+1)
		for i := range j.table {
			j.table[i] = -1
		}
	} else {
		j.rows = map[uint64]int32{}
	}
	for row := range int32(dimension.rows) {
		code := key.at(row)
		if code == 0 {
			continue
		}
		mine, exact := on.place(key.value(code))
		switch {
		case !exact || mine > on.last:
		case j.table != nil:
			j.table[mine] = row
		default:
			j.rows[mine] = row
		}
	}
	return j
}

// lookedUp turns a predicate on a field of another dataset into a condition on the one that the lookup is by: a row without a
// counterpart has null there.
func (r *Reader) lookedUp(s *snapshot, v *gold.Version, p gold.Predicate) (condition, error) {
	c, j, on, err := r.source(s, v, p.Field, p.Join)
	if err != nil {
		return condition{}, err
	}
	if !askable(p, c.field.Kind) {
		return condition{}, errMeaning
	}
	inner := p
	inner.Join = nil
	if p.Op == gold.IsNull {
		inner.Op = gold.NotNull
	}
	matching, ok := newCondition(c, inner)
	if !ok {
		return condition{}, errMeaning
	}
	var found []uint64
	each := func(code uint64, row int32) {
		if row >= 0 && matching.holds(c.at(row)) {
			found = append(found, code)
		}
	}
	for code, row := range j.table {
		each(uint64(code), row)
	}
	for code, row := range j.rows {
		each(code, row)
	}
	t := condition{column: on, op: inRange, from: 1, to: on.last}.of(found, p.Op == gold.IsNull)
	if p.Op == gold.IsNull {
		t = t.orNull()
	}
	return t, nil
}

// orNull returns a condition that holds for null besides, of one made by of with not.
func (t condition) orNull() condition {
	switch t.op {
	case inSet:
		t.set[0] |= 1
		return t
	case never:
		t.from, t.to, t.op = 0, 0, inRange
		return t
	case inRange: // of all that are not null
		t.from = 0
		return t
	case outOfRange:
		t.list = map[uint64]struct{}{t.from: {}}
	default:
	}
	t.op = notInListOrNull
	return t
}
