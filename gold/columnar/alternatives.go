package columnar

import (
	"slices"
	"sync"
)

// newAlternatives returns the condition that all of one of several lists of conditions hold.
func newAlternatives(alternatives [][]condition) condition {
	t := condition{op: anyOf}
	for _, conditions := range alternatives {
		switch {
		case len(conditions) == 0:
			return condition{op: always}
		case !slices.ContainsFunc(conditions, func(t condition) bool { return t.op == never }):
			t.either = append(t.either, conditions)
		}
	}
	if len(t.either) == 0 {
		t.op = never
	}
	return t
}

// coversBlock reports whether the condition holds for none of a block's rows, and whether it is known to hold for all.
func (t *condition) coversBlock(block int) (none, all bool) {
	if t.op != anyOf {
		return t.covers(t.column.blocks[block])
	}
	none = true
	for _, conditions := range t.either {
		no, every := false, true
		for i := range conditions {
			n, a := conditions[i].coversBlock(block)
			no, every = no || n, every && a
		}
		if every && !no {
			return false, true
		}
		none = none && no
	}
	return none, false
}

// marks is memory for keepAny: of each row whether an alternative holds for it, and the rows of an alternative.
type marks struct {
	kept []bool
	rows []int32
}

var marksPool = sync.Pool{New: func() any { return new(marks) }}

// keepAny returns those of rows for which an alternative holds, in the same memory. Each alternative keeps its rows from a
// copy; as they stay in their order, their places are found in one pass.
func (t *condition) keepAny(rows []int32) []int32 {
	m := marksPool.Get().(*marks)
	defer marksPool.Put(m)
	m.kept = append(m.kept[:0], make([]bool, len(rows))...)
	for _, conditions := range t.either {
		m.rows = append(m.rows[:0], rows...)
		kept := m.rows
		for i := range conditions {
			kept = conditions[i].keep(kept)
		}
		place := 0
		for _, row := range kept {
			for rows[place] != row {
				place++
			}
			m.kept[place] = true
		}
	}
	n := 0
	for i, row := range rows {
		rows[n] = row
		if m.kept[i] {
			n++
		}
	}
	return rows[:n]
}
