package measure

import "goldserve/gold"

// picks is the state of First and Last: of each group the value of one row, and what orders it.
type picks struct {
	last   bool
	terms  int
	values []gold.Value // by group; null: none yet
	orders []gold.Value // by group and term of the order
	texts  int64        // bytes of texts
}

func (p *picks) grow(n int) {
	p.values, p.orders = growTo(p.values, n), growTo(p.orders, n*p.terms)
}

// add is not used: rows have an order beside their values.
func (p *picks) add(vector) {}

// addRows adds the rows that have a value and a time.
func (p *picks) addRows(c *gold.Column, s Selection) {
	for i := range s.N {
		row, group := i, 0
		if s.Rows != nil {
			row = int(s.Rows[i])
		}
		if s.Groups != nil {
			group = int(s.Groups[i])
		}
		if c.IsNull(row) || s.Order[0].IsNull(row) {
			continue
		}
		p.offer(group, func() gold.Value { return c.Value(row) }, func(term int) gold.Value { return s.Order[term].Value(row) })
	}
}

// offer takes a row where it comes before the one that its group has, or after it for Last.
func (p *picks) offer(group int, value func() gold.Value, order func(term int) gold.Value) {
	kept := p.orders[group*p.terms : (group+1)*p.terms]
	if !p.values[group].IsNull() {
		compared := 0
		for term := 0; term < p.terms && compared == 0; term++ {
			compared = gold.Compare(order(term), kept[term])
		}
		if compared == 0 || (compared > 0) != p.last {
			return
		}
	}
	p.keep(&p.values[group], value())
	for term := range kept {
		p.keep(&kept[term], order(term))
	}
}

func (p *picks) keep(place *gold.Value, v gold.Value) {
	p.texts += int64(len(v.Text()) - len(place.Text()))
	*place = v
}

func (p *picks) merge(other state, to []int32) {
	o := other.(*picks)
	for g, v := range o.values {
		if !v.IsNull() {
			p.offer(target(to, g), func() gold.Value { return v }, func(term int) gold.Value { return o.orders[g*p.terms+term] })
		}
	}
}

func (p *picks) value(g int) (gold.Value, error) { return p.values[g], nil }

func (p *picks) bytes() int64 {
	const valueBytes = 32
	return int64(cap(p.values)+cap(p.orders))*valueBytes + p.texts
}
