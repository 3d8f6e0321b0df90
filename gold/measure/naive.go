package measure

import (
	"slices"
	"strings"

	"goldserve/gold"
)

// Table is a version with its rows, for the naive evaluation of queries: each row has a value for each of the
// version's fields, in their order. The tables of a query are found by their version's ID.
type Table struct {
	Version *gold.Version
	Rows    [][]gold.Value
}

// SelectRows answers a query in the plainest way: every row is looked at, and all that match are sorted. It is what
// stores are compared with. The rows have the values of q.OutFields. Internal where a version or field is unknown.
//
// A null among a predicate's values matches nothing, and NotIn overlooks it. Where rows are equal in the sort, their
// order is that of the table.
func SelectRows(q gold.Query, tables ...Table) ([][]gold.Value, error) {
	rows, err := matching(q.Version, q.Where, tables)
	if err != nil {
		return nil, err
	}
	var keys []int
	for _, s := range q.Sort {
		i, err := fieldIndex(q.Version, s.Field)
		if err != nil {
			return nil, err
		}
		keys = append(keys, i)
	}
	sortKey := func(row []gold.Value) []gold.Value {
		key := make([]gold.Value, len(keys))
		for k, i := range keys {
			key[k] = row[i]
		}
		return key
	}
	slices.SortStableFunc(rows, func(a, b []gold.Value) int { return compareBy(q.Sort, sortKey(a), sortKey(b)) })
	if q.After != nil {
		rows = slices.DeleteFunc(rows, func(row []gold.Value) bool { return compareBy(q.Sort, sortKey(row), q.After) <= 0 })
	}
	rows = firstRows(rows, q.Limit)
	if q.Fields == nil {
		return rows, nil
	}
	answer := make([][]gold.Value, len(rows))
	for _, name := range q.Fields {
		i, err := fieldIndex(q.Version, name)
		if err != nil {
			return nil, err
		}
		for r, row := range rows {
			answer[r] = append(answer[r], row[i])
		}
	}
	return answer, nil
}

// compareBy orders two lists of values, one for each term of a sort.
func compareBy(sort []gold.Sort, a, b []gold.Value) int {
	for i, s := range sort {
		c := gold.Compare(a[i], b[i])
		if s.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// firstRows cuts rows to a limit, 0 for none.
func firstRows(rows [][]gold.Value, limit int64) [][]gold.Value {
	if limit > 0 && limit < int64(len(rows)) {
		return rows[:limit]
	}
	return rows
}

// matching returns the rows of a version for which every predicate holds, in the table's order, in a slice of its own.
func matching(version *gold.Version, where []gold.Predicate, tables []Table) ([][]gold.Value, error) {
	table, err := tableOf(version, tables)
	if err != nil {
		return nil, err
	}
	rows := [][]gold.Value{}
	for _, row := range table.Rows {
		matches := true
		for _, p := range where {
			v, err := valueOf(version, row, p.Field, p.Via, tables)
			if err != nil {
				return nil, err
			}
			matches = matches && holds(p, v)
		}
		if matches {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// valueOf returns the value of a row's field, or of the borrowed field where via says so.
func valueOf(version *gold.Version, row []gold.Value, field string, via *gold.Via, tables []Table) (gold.Value, error) {
	if via == nil {
		i, err := fieldIndex(version, field)
		if err != nil {
			return gold.Value{}, err
		}
		return row[i], nil
	}
	on, err := valueOf(version, row, via.On, nil, tables)
	if err != nil {
		return gold.Value{}, err
	}
	lender, err := tableOf(via.Version, tables)
	if err != nil {
		return gold.Value{}, err
	}
	for _, other := range lender.Rows {
		key, err := valueOf(via.Version, other, via.Key, nil, tables)
		if err != nil {
			return gold.Value{}, err
		}
		if !on.IsNull() && !key.IsNull() && gold.Compare(on, key) == 0 {
			return valueOf(via.Version, other, field, nil, tables)
		}
	}
	return gold.Value{}, nil
}

// holds reports whether a predicate holds for a value.
func holds(p gold.Predicate, v gold.Value) bool {
	switch p.Op {
	case gold.IsNull:
		return v.IsNull()
	case gold.NotNull:
		return !v.IsNull()
	case gold.In:
		return slices.ContainsFunc(p.Values, func(w gold.Value) bool { return isEqual(v, w) })
	case gold.NotIn:
		return !v.IsNull() && !slices.ContainsFunc(p.Values, func(w gold.Value) bool { return isEqual(v, w) })
	default:
	}
	w := p.Values[0]
	if v.IsNull() || w.IsNull() {
		return false
	}
	switch p.Op {
	case gold.Eq:
		return gold.Compare(v, w) == 0
	case gold.Ne:
		return gold.Compare(v, w) != 0
	case gold.Lt:
		return gold.Compare(v, w) < 0
	case gold.Lte:
		return gold.Compare(v, w) <= 0
	case gold.Gt:
		return gold.Compare(v, w) > 0
	case gold.Gte:
		return gold.Compare(v, w) >= 0
	case gold.Contains:
		return strings.Contains(Fold(v.Text()), Fold(w.Text()))
	case gold.StartsWith:
		return strings.HasPrefix(Fold(v.Text()), Fold(w.Text()))
	default:
		return false
	}
}

func isEqual(v, w gold.Value) bool {
	return !v.IsNull() && !w.IsNull() && gold.Compare(v, w) == 0
}

func tableOf(version *gold.Version, tables []Table) (*Table, error) {
	for i := range tables {
		if tables[i].Version.ID == version.ID {
			return &tables[i], nil
		}
	}
	return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "measure: no table of version %s of %s", version.ID, version.Dataset.Name)
}

func fieldIndex(version *gold.Version, name string) (int, error) {
	for i, f := range version.Dataset.Fields {
		if f.Name == name {
			return i, nil
		}
	}
	return 0, gold.Errorf(gold.Internal, gold.CodeInternal, "measure: %s has no field %s", version.Dataset.Name, name)
}
