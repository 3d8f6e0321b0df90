package respond

import (
	"slices"

	"goldserve/gold"
)

// cost is the class of a question to the store, known before it is asked.
type cost uint8

const (
	cheap     cost = iota // few rows by a key or an index, or a small dataset
	expensive             // a large dataset, perhaps to its end
	bulk                  // an answer that is sent while it is read: for as long as its client takes
)

// smallRows is the size up to which a whole dataset is read about as fast as a page of it: a few tens of milliseconds.
const smallRows = 50_000

// costOfRows returns the class of a query of rows.
func costOfRows(q *gold.Query) cost {
	d := &q.Version.Dataset
	ofField := func(name string) func(gold.Predicate) bool {
		return func(p gold.Predicate) bool {
			return p.Join == nil && p.Field == name && (p.Op == gold.Eq || p.Op == gold.In)
		}
	}
	byKey := !d.Keyless() && !slices.ContainsFunc(d.Key, func(name string) bool { return !slices.ContainsFunc(q.Where, ofField(name)) })
	switch {
	case q.Version.Rows <= smallRows, byKey:
		return cheap
	case q.Limit > 0 && indexed(d, q):
		return cheap
	default:
		return expensive
	}
}

// indexed reports whether an index gives the first rows of a query, whatever their number: it is of the sort's fields,
// and no row is left out but before or behind a value of the first one.
func indexed(d *gold.Dataset, q *gold.Query) bool {
	if slices.ContainsFunc(q.Sort, func(s gold.Sort) bool { return s.Join != nil }) || slices.ContainsFunc(q.Where, func(p gold.Predicate) bool {
		return p.Join != nil || len(q.Sort) == 0 || p.Field != q.Sort[0].Field || p.Op.Row().Unindexed
	}) {
		return false
	}
	return follows(d.TotalSort(nil), q.Sort) || slices.ContainsFunc(d.Indexes, func(i gold.Index) bool {
		if d.Keyless() {
			i = d.TotalSort(i) // as stores have it
		}
		return follows(i, q.Sort)
	})
}

// follows reports whether an index, read in one direction or the other, gives rows in the order of a sort.
func follows(index, sort []gold.Sort) bool {
	if len(sort) == 0 || len(index) < len(sort) {
		return false
	}
	back := index[0].Desc != sort[0].Desc
	for i, term := range sort {
		if index[i].Field != term.Field || (index[i].Desc != term.Desc) != back {
			return false
		}
	}
	return true
}

// costOfAggregation returns the class of an aggregation: it reads all rows of what answers it.
func costOfAggregation(a *gold.Aggregation) cost {
	if a.Version.Rows <= smallRows {
		return cheap
	}
	return expensive
}
