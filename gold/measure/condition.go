package measure

import (
	"slices"

	"goldserve/gold"
)

// condition chooses the rows that a measure counts.
type condition struct {
	test    gold.Test
	sources []source
	columns []*gold.Column
	rows    []int32
	groups  []int32
}

// newCondition returns the condition of a checked measure, nil for none.
func newCondition(fields []gold.Field, m gold.Measure) (*condition, error) {
	where, err := m.Condition(fields)
	if where == nil || err != nil {
		return nil, err
	}
	c := &condition{}
	c.test, err = gold.NewTest(where, func(p gold.Predicate) (int, error) {
		place := slices.IndexFunc(c.sources, func(s source) bool { return s.name == p.Field })
		if place < 0 {
			place = len(c.sources)
			c.sources = append(c.sources, newSource(fields, p.Field))
		}
		return place, nil
	})
	c.columns = make([]*gold.Column, len(c.sources))
	return c, err
}

// choose returns the selected rows for which the condition holds, valid until the next call.
func (c *condition) choose(b *gold.Batch, s Selection) (Selection, error) {
	for i := range c.sources {
		var err error
		if c.columns[i], err = c.sources[i].column(b); err != nil {
			return s, err
		}
	}
	c.rows, c.groups = c.rows[:0], c.groups[:0]
	var row int
	value := func(place int) gold.Value { return c.columns[place].Value(row) }
	for i := range s.N {
		row = i
		if s.Rows != nil {
			row = int(s.Rows[i])
		}
		if !c.test.Holds(value) {
			continue
		}
		c.rows = append(c.rows, int32(row))
		if s.Groups != nil {
			c.groups = append(c.groups, s.Groups[i])
		}
	}
	chosen := Selection{N: len(c.rows), Rows: c.rows}
	if s.Groups != nil {
		chosen.Groups = c.groups
	}
	return chosen, nil
}
