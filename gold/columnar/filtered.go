package columnar

import "goldserve/gold/measure"

// filtered is memory for the rows of a chunk that a measure's condition leaves.
type filtered struct{ rows, places, groups []int32 }

// of returns the rows of a chunk, as places in it, for which all conditions hold, with their groups; valid until the next
// call. Rows stay in their order, so that their places are found in one pass.
func (m *filtered) of(where []condition, c chunk, groups []int32) measure.Selection {
	m.rows = m.rows[:0]
	for i := range c.len() {
		m.rows = append(m.rows, c.row(i))
	}
	kept := m.rows
	for i := range where {
		if where[i].op == never {
			kept = nil
			break
		}
		kept = where[i].keep(kept)
	}
	m.places, m.groups = m.places[:0], m.groups[:0]
	place := 0
	for _, row := range kept {
		for c.row(place) != row {
			place++
		}
		m.places = append(m.places, int32(place))
		if groups != nil {
			m.groups = append(m.groups, groups[place])
		}
		place++
	}
	s := measure.Selection{N: len(kept), Rows: m.places}
	if groups != nil {
		s.Groups = m.groups
	}
	return s
}
