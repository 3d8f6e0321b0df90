package columnar

import (
	"math"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// term is one term to group by: it turns the codes of a column into numbers, in the order of the groups, null 0.
type term struct {
	column    *column // that the rows have; where the field is looked up, the one that the lookup is by
	numbering numbering
	size      uint64  // numbers are below it
	table     []int32 // byTable: the number of each code

	// Of days: the number of each day from the first on.
	days    []int32
	first   int64
	periods measure.Periods

	hours hours // byHour

	edges []float64 // byBin
	exact []string  // byBin: the keys of exact edges
	join  *join     // byJoin: the dimension's rows
	of    *term     // byJoin: the term of the dimension's rows

	value func(number uint64) gold.Value // of a number above 0
}

// numbering says how a code becomes a number.
type numbering uint8

const (
	byCode  numbering = iota // they are the same
	byTable                  // by table
	byDay                    // by the day of the code's time
	byHour                   // by its hour
	byBin                    // by the bin of the code's number
	byJoin                   // by the dimension's row, through a map
)

// term returns the term of a group.
func (r *Reader) term(s *snapshot, v *gold.Version, g gold.Group, accounts *gold.Accounts) (*term, error) {
	if g.Age != nil {
		c, err := r.aged(s, v, g, accounts.Open())
		if err != nil {
			return nil, err
		}
		return newTerm(c, gold.Group{Field: g.Name()})
	}
	c, j, on, err := r.source(s, v, g.Field, g.Join)
	if err != nil {
		return nil, err
	}
	if measure.CheckGroup(v.Owner(g.Join).Fields, g) != nil {
		return nil, errMeaning
	}
	of, err := newTerm(c, g)
	if err != nil || j == nil {
		return of, err
	}
	t := &term{column: on, numbering: byJoin, size: of.size, join: j, of: of, value: of.value}
	if j.table != nil && of.size <= math.MaxInt32 {
		t.numbering, t.table = byTable, make([]int32, len(j.table))
		for code, row := range j.table {
			if row >= 0 {
				t.table[code] = int32(of.number(c.at(row)))
			}
		}
	}
	return t, nil
}

func newTerm(c *column, g gold.Group) (*term, error) {
	t := &term{column: c, size: math.MaxUint64, value: c.value}
	if c.last < math.MaxUint64 {
		t.size = c.last + 1
	}
	switch {
	case g.Grain != gold.GrainNone:
		return t, t.cutTime(g)
	case len(g.Bins) > 0:
		t.numbering, t.edges, t.size = byBin, g.Bins, uint64(len(g.Bins))+2
		t.exact = measure.ExactEdges(g, c.field.Scale)
		t.value = func(number uint64) gold.Value {
			return gold.NewText(measure.GroupLabel(g, int(number)-1))
		}
		t.tabulate()
	}
	return t, nil
}

// cutTime makes the numbers those of periods.
func (t *term) cutTime(g gold.Group) error {
	c := t.column
	t.periods = measure.PeriodsOf(c.field.Kind, g)
	t.size = 1
	var keys []int64 // of each period
	t.value = func(number uint64) gold.Value { return t.periods.Value(keys[number-1]) }
	t.numbering = byDay
	if c.last == 0 {
		return nil
	}
	if !t.periods.ByDay() {
		t.numbering = byHour
		h, last, err := hoursOf(t.periods.Zone(), c.int(1), c.int(c.last))
		t.hours, t.size = h, last+1
		t.value = func(number uint64) gold.Value { return t.periods.Value(h.start(number)) }
		return err
	}
	t.first = t.day(1)
	t.days = make([]int32, 0, t.day(c.last)-t.first+1)
	for day, end := t.first, t.first; day <= t.day(c.last); day++ {
		if day >= end {
			var start int64
			start, end = t.periods.Of(day)
			keys = append(keys, start)
		}
		t.days = append(t.days, int32(len(keys)))
	}
	t.size = uint64(len(keys)) + 1
	t.tabulate()
	return nil
}

// tabulate puts the numbers of all codes into a table, where there are few.
func (t *term) tabulate() {
	if t.column.doubles != nil || t.column.last >= maxListed {
		return
	}
	table := make([]int32, t.column.last+1)
	for code := range table {
		table[code] = int32(t.number(uint64(code)))
	}
	t.numbering, t.table = byTable, table
}

// day returns the day of a code of a Date or Time.
func (t *term) day(code uint64) int64 {
	v := t.column.int(code)
	if t.column.field.Kind == gold.Time && t.periods.Zone() == nil {
		// Counted from the first day of all, a quotient is never negative and rounds down.
		return int64(uint64(v-gold.MinTime)/gold.MillisPerDay) + gold.MinDate
	}
	return t.periods.Day(v)
}

// number returns the number of a code.
func (t *term) number(code uint64) uint64 {
	if code == 0 && t.numbering != byJoin {
		return 0
	}
	switch t.numbering {
	case byTable:
		return uint64(t.table[code])
	case byDay:
		return uint64(t.days[t.day(code)-t.first])
	case byHour:
		return t.hours.of(t.column.int(code))
	case byBin:
		if len(t.exact) > 0 {
			return uint64(measure.ExactBinIndex(t.exact, t.column.texts.at(int(code-1))) + 1)
		}
		return uint64(measure.BinIndex(t.edges, t.real(code)) + 1)
	case byJoin:
		row := t.join.row(code)
		if row < 0 {
			return 0
		}
		return t.of.number(t.of.column.at(row))
	default:
		return code
	}
}

// shown returns the value of a number.
func (t *term) shown(number uint64) gold.Value {
	if number == 0 {
		return gold.Value{}
	}
	return t.value(number)
}

// real returns the number that a code stands for, in its unit.
func (t *term) real(code uint64) float64 {
	f := t.column.field
	switch f.Kind {
	case gold.Double:
		return doubleOf(code)
	case gold.Decimal, gold.Duration:
		return float64(t.column.int(code)) / gold.Pow10(f.Scale)
	case gold.WideDecimal:
		return gold.Int128OfKey(t.column.texts.at(int(code - 1))).Double(f.Scale)
	default:
		return float64(t.column.int(code))
	}
}

// addTo makes each group times the term's size plus the number of its row's code; codes is memory for them.
func (t *term) addTo(groups []int32, ch chunk, codes []uint64) {
	c, table, size := &t.column.codes, t.table, int32(t.size)
	switch {
	case t.numbering > byTable || t.column.doubles != nil:
		codes = t.column.read(ch, codes[:0])
		if t.numbering == byDay && !t.column.nulls && t.column.field.Kind == gold.Time && t.column.ints == nil && t.periods.Zone() == nil {
			t.addDays(groups, codes)
			return
		}
		for i, code := range codes {
			groups[i] = groups[i]*size + int32(t.number(code))
		}
	case c.w8 != nil:
		addCodes(c.w8, groups, ch, table, size)
	case c.w16 != nil:
		addCodes(c.w16, groups, ch, table, size)
	case c.w32 != nil:
		addCodes(c.w32, groups, ch, table, size)
	default:
		addCodes(c.w64, groups, ch, table, size)
	}
}

// addCodes is addTo for numbers that are codes, or are in a table of them.
func addCodes[T unsigned](codes []T, groups []int32, ch chunk, table []int32, size int32) {
	switch {
	case ch.rows == nil && table == nil:
		for i, code := range codes[ch.from:ch.to] {
			groups[i] = groups[i]*size + int32(code)
		}
	case ch.rows == nil:
		for i, code := range codes[ch.from:ch.to] {
			groups[i] = groups[i]*size + table[code]
		}
	case table == nil:
		for i, row := range ch.rows {
			groups[i] = groups[i]*size + int32(codes[row])
		}
	default:
		for i, row := range ch.rows {
			groups[i] = groups[i]*size + table[codes[row]]
		}
	}
}

// addDays is addTo for periods of times that are never null and evenly spaced: number without its questions.
func (t *term) addDays(groups []int32, codes []uint64) {
	size, days := int32(t.size), t.days
	step, start := t.column.step, uint64(t.column.base-(t.first*gold.MillisPerDay))
	for i, code := range codes {
		groups[i] = groups[i]*size + days[(start+(code-1)*step)/gold.MillisPerDay]
	}
}
