package storetest

import (
	"cmp"
	"math/big"
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
// stores are compared with, and shares no code with them: values are compared, folded and cut here once more. The rows
// have the values of q.OutFields. Internal where a version or field is unknown.
//
// A null among a predicate's values matches nothing, and NotIn overlooks it. Where rows are equal in the sort, their
// order is that of the table.
func SelectRows(q gold.Query, tables ...Table) ([][]gold.Value, error) {
	rows, err := matching(q.Version, q.Where, tables)
	if err != nil {
		return nil, err
	}
	if q.Since != nil {
		earlier, err := tableOf(q.Since, tables)
		if err != nil {
			return nil, err
		}
		there := map[string]bool{}
		for _, row := range earlier.Rows {
			there[showRow(row)] = true
		}
		rows = slices.DeleteFunc(rows, func(row []gold.Value) bool { return there[showRow(row)] })
	}
	sorted, err := sortRows(q.Version, q.Sort, rows, tables)
	if err != nil {
		return nil, err
	}
	if q.After != nil {
		sorted = slices.DeleteFunc(sorted, func(k keyed) bool { return compareBy(q.Sort, k.key, q.After) <= 0 })
	}
	rows = rows[:0]
	for _, k := range sorted {
		rows = append(rows, k.row)
	}
	rows = firstRows(rows, q.Limit)
	if q.Fields == nil {
		return rows, nil
	}
	answer := make([][]gold.Value, len(rows))
	for _, name := range q.Fields {
		i, err := columnOf(q.Version, name)
		if err != nil {
			return nil, err
		}
		for r, row := range rows {
			answer[r] = append(answer[r], row[i])
		}
	}
	return answer, nil
}

// keyed is a row with its values of a sort.
type keyed struct{ row, key []gold.Value }

// sortRows returns the rows of a version in an order; those that are equal in it stay as they are.
func sortRows(version *gold.Version, sort []gold.Sort, rows [][]gold.Value, tables []Table) ([]keyed, error) {
	sorted := make([]keyed, len(rows))
	for i, row := range rows {
		key, err := sortValues(version, sort, row, tables)
		if err != nil {
			return nil, err
		}
		sorted[i] = keyed{row, key}
	}
	slices.SortStableFunc(sorted, func(a, b keyed) int { return compareBy(sort, a.key, b.key) })
	return sorted, nil
}

// sortValues returns the values of a sort for a row of a version.
func sortValues(version *gold.Version, sort []gold.Sort, row []gold.Value, tables []Table) ([]gold.Value, error) {
	values := make([]gold.Value, len(sort))
	for i, s := range sort {
		var err error
		if values[i], err = valueOf(version, row, s.Field, s.Join, tables); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// compareBy orders two lists of values, one for each term of a sort.
func compareBy(sort []gold.Sort, a, b []gold.Value) int {
	for i, s := range sort {
		c := naiveOrder(a[i], b[i])
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
		matches, err := allHold(where, func(p gold.Predicate) (gold.Value, error) { return valueOf(version, row, p.Field, p.Join, tables) })
		if err != nil {
			return nil, err
		}
		if matches {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// allHold reports whether every predicate holds: a comparison for the value of its field, alternatives where every
// predicate of one of them does. Every value is asked for, so that none that can't be had is overlooked.
func allHold(where []gold.Predicate, value func(gold.Predicate) (gold.Value, error)) (bool, error) {
	all := true
	for _, p := range where {
		if p.Any == nil {
			v, err := value(p)
			if err != nil {
				return false, err
			}
			all = all && holds(p, v)
			continue
		}
		one := false
		for _, alternative := range p.Any {
			holds, err := allHold(alternative, value)
			if err != nil {
				return false, err
			}
			one = one || holds
		}
		all = all && one
	}
	return all, nil
}

// valueOf returns the value of a row's field, or of the looked-up field where via says so.
func valueOf(version *gold.Version, row []gold.Value, field string, via *gold.Join, tables []Table) (gold.Value, error) {
	if via == nil {
		i, err := columnOf(version, field)
		if err != nil {
			return gold.Value{}, err
		}
		return row[i], nil
	}
	on, err := valueOf(version, row, via.On, nil, tables)
	if err != nil {
		return gold.Value{}, err
	}
	dimension, err := tableOf(via.Version, tables)
	if err != nil {
		return gold.Value{}, err
	}
	for _, other := range dimension.Rows {
		key, err := valueOf(via.Version, other, via.Key, nil, tables)
		if err != nil {
			return gold.Value{}, err
		}
		if isEqual(on, key) {
			return valueOf(via.Version, other, field, via.Next, tables)
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
		return isEqual(v, w)
	case gold.Ne:
		return !isEqual(v, w)
	case gold.Lt:
		return naiveOrder(v, w) < 0
	case gold.Lte:
		return naiveOrder(v, w) <= 0
	case gold.Gt:
		return naiveOrder(v, w) > 0
	case gold.Gte:
		return naiveOrder(v, w) >= 0
	case gold.Contains:
		return foldedAt(v.Text(), w.Text(), -1)
	case gold.StartsWith:
		return foldedAt(v.Text(), w.Text(), 1)
	case gold.NotContains:
		return !foldedAt(v.Text(), w.Text(), -1)
	case gold.NotStartsWith:
		return !foldedAt(v.Text(), w.Text(), 1)
	default:
		return false
	}
}

// foldedAt reports whether a text has another, letter for letter but for their case, at one of its first places; -1: at
// any.
func foldedAt(text, part string, places int) bool {
	letters, wanted := []rune(text), []rune(part)
	for i := 0; i+len(wanted) <= len(letters) && i != places; i++ {
		if strings.EqualFold(string(letters[i:i+len(wanted)]), part) {
			return true
		}
	}
	return false
}

// naiveOrder compares two values of one kind: null is the smallest.
func naiveOrder(a, b gold.Value) int {
	if a.IsNull() || b.IsNull() {
		return cmp.Compare(rank(a), rank(b))
	}
	switch a.Kind() {
	case gold.Bool:
		return cmp.Compare(rank(a), rank(b))
	case gold.Double:
		return cmp.Compare(a.Double(), b.Double())
	case gold.Text:
		return slices.Compare([]byte(a.Text()), []byte(b.Text()))
	case gold.WideDecimal:
		return naiveDigits(a).Cmp(naiveDigits(b))
	default:
		return cmp.Compare(a.Int(), b.Int())
	}
}

// naiveDigits returns the unscaled digits of an exact number, as they are written.
func naiveDigits(v gold.Value) *big.Int {
	n, ok := new(big.Int).SetString(v.Format(0), 10)
	if !ok {
		panic("no digits: " + v.Format(0))
	}
	return n
}

// rank puts null before false, and false before true.
func rank(v gold.Value) int {
	switch {
	case v.IsNull():
		return 0
	case v.Kind() == gold.Bool && v.Bool():
		return 2
	default:
		return 1
	}
}

func isEqual(v, w gold.Value) bool {
	return !v.IsNull() && !w.IsNull() && naiveOrder(v, w) == 0
}

func tableOf(version *gold.Version, tables []Table) (*Table, error) {
	for i := range tables {
		if tables[i].Version.ID == version.ID {
			return &tables[i], nil
		}
	}
	return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "no table of version %s of %s", version.ID, version.Dataset.Name)
}

func columnOf(version *gold.Version, name string) (int, error) {
	for i, f := range version.Dataset.RowFields() {
		if f.Name == name {
			return i, nil
		}
	}
	return 0, gold.Errorf(gold.Internal, gold.CodeInternal, "%s has no field %s", version.Dataset.Name, name)
}
