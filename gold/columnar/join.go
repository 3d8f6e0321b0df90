package columnar

import "goldserve/gold"

// join finds the row of a lender for each code of the field that borrows.
type join struct {
	lender *snapshot
	table  []int32          // by code: the row, -1 for none; nil: there are too many codes
	rows   map[uint64]int32 // instead
}

// joinKey names a join; of a lender's versions the last one asked for is remembered.
type joinKey struct{ dataset, on, key string }

// maxTable is the number of codes up to which what is known of each of them is in a table.
const maxTable = 1 << 22

// row returns the lender's row of a code; -1: there is none.
func (j *join) row(code uint64) int32 {
	if j.table != nil {
		return j.table[code]
	}
	if row, ok := j.rows[code]; ok {
		return row
	}
	return -1
}

// join returns the join of a snapshot with the version that lends it fields, and the column that borrows.
func (r *Reader) join(s *snapshot, v *gold.Version, via *gold.Via) (*join, *column, error) {
	on := s.column(&v.Dataset, via.On)
	lender := r.snapshot(via.Version)
	if lender == nil {
		return nil, nil, errLender
	}
	key := lender.column(&via.Version.Dataset, via.Key)
	if on == nil || key == nil || on.field.Kind != key.field.Kind || on.field.Scale != key.field.Scale {
		return nil, nil, errMeaning
	}
	name := joinKey{via.Version.Dataset.Name, via.On, via.Key}
	if known, ok := s.joins.Load(name); ok {
		if j := known.(*join); j.lender == lender {
			return j, on, nil
		}
	}
	j := newJoin(on, key, lender)
	s.joins.Store(name, j)
	return j, on, nil
}

func newJoin(on, key *column, lender *snapshot) *join {
	j := &join{lender: lender}
	if on.doubles == nil && on.last < maxTable {
		j.table = make([]int32, on.last+1)
		for i := range j.table {
			j.table[i] = -1
		}
	} else {
		j.rows = map[uint64]int32{}
	}
	for row := range int32(lender.rows) {
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

// borrowed turns a predicate on a field of another dataset into a condition on the one that borrows it: a row without a
// counterpart has null there.
func (r *Reader) borrowed(s *snapshot, v *gold.Version, p gold.Predicate) (condition, error) {
	j, on, err := r.join(s, v, p.Via)
	if err != nil {
		return condition{}, err
	}
	c := j.lender.column(&p.Via.Version.Dataset, p.Field)
	if c == nil || !askable(p, c.field.Kind) {
		return condition{}, errMeaning
	}
	inner := p
	inner.Via = nil
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
	t := condition{column: on, how: between, from: 1, to: on.last}.of(found, p.Op == gold.IsNull)
	if p.Op == gold.IsNull {
		t = t.orNull()
	}
	return t, nil
}

// orNull returns a condition that holds for null besides, of one made by of with not.
func (t condition) orNull() condition {
	switch t.how {
	case among:
		t.set[0] |= 1
		return t
	case never:
		t.from, t.to, t.how = 0, 0, between
		return t
	case between: // of all that are not null
		t.from = 0
		return t
	case beyond:
		t.list = map[uint64]struct{}{t.from: {}}
	default:
	}
	t.how = absent
	return t
}
