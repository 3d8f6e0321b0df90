package columnar

import (
	"math"
	"slices"
	"strings"

	"goldserve/gold"
)

// condition holds for the rows of a column that have certain codes.
type condition struct {
	column   *column
	op       op
	from, to uint64              // inRange, outOfRange
	set      []uint64            // inSet: a bit for each code
	list     map[uint64]struct{} // inList, notInList, notInListOrNull
	either   [][]condition       // anyOf, which has no column
}

// op says which codes a condition holds for.
type op uint8

const (
	never           op = iota
	always             // every code, null's too
	inRange            // from up to to, both included
	outOfRange         // all others, but null's
	inSet              // those of set
	inList             // those of list
	notInList          // all others, but null's
	notInListOrNull    // all others
	anyOf              // not of codes: rows for which all conditions of an alternative hold
)

// maxSet is the number of codes up to which a condition has a bit for each of them.
const maxSet = 1 << 22

// newCondition turns a predicate of a column into a condition on its codes; false where only a store can tell what it
// means.
func newCondition(c *column, p gold.Predicate) (condition, bool) {
	if !askable(p, c.field.Kind) {
		return condition{}, false
	}
	t := condition{column: c, op: inRange, from: 1, to: c.last}
	switch p.Op {
	case gold.IsNull:
		t.from, t.to = 0, 0
		return t, true
	case gold.NotNull:
		return t.narrowed(), true
	case gold.In, gold.NotIn:
		return t.member(p), true
	default:
	}
	v := p.Values[0]
	if v.IsNull() {
		return condition{column: c}, true
	}
	if p.Op.Row().Search {
		if c.texts == nil {
			return t, false
		}
		return t.matching(p.Op, gold.Fold(v.Text())), true
	}
	code, exact := c.place(v)
	switch p.Op {
	case gold.Eq, gold.Ne:
		t.from, t.to = code, code
		switch {
		case p.Op == gold.Eq && !exact:
			t.op = never
		case p.Op == gold.Ne && !exact:
			t.from, t.to = 1, c.last
		case p.Op == gold.Ne:
			t.op = outOfRange
		}
	case gold.Lt:
		t.to = code - 1
	case gold.Lte:
		t.to = code - 1
		if exact {
			t.to = code
		}
	case gold.Gte:
		t.from = code
	case gold.Gt:
		t.from = code
		if exact {
			t.from = code + 1
		}
	default:
		return t, false
	}
	return t.narrowed(), true
}

// narrowed returns a condition of a range that lies within the column's codes.
func (t condition) narrowed() condition {
	if t.op != inRange {
		return t
	}
	t.to = min(t.to, t.column.last)
	if t.from > t.to {
		t.op = never
	}
	return t
}

// member is In or NotIn. Neither matches null, whatever the list.
func (t condition) member(p gold.Predicate) condition {
	var found []uint64
	for _, v := range p.Values {
		if code, exact := t.column.place(v); exact && !v.IsNull() {
			found = append(found, code)
		}
	}
	return t.of(found, p.Op == gold.NotIn)
}

// of makes the condition one of a list of codes above 0, or, where not is set, of all others but null's.
func (t condition) of(codes []uint64, not bool) condition {
	switch {
	case len(codes) == 0 && !not:
		t.op = never
		return t
	case len(codes) == 0:
		return t.narrowed()
	case slices.Min(codes) == slices.Max(codes):
		t.from, t.to = codes[0], codes[0]
		if not {
			t.op = outOfRange
		}
		return t
	case t.column.doubles == nil && t.column.last < maxSet:
		t.op, t.set = inSet, make([]uint64, t.column.last/64+1)
		for _, code := range codes {
			if code <= t.column.last {
				t.set[code/64] |= 1 << (code % 64)
			}
		}
		if not {
			for i := range t.set {
				t.set[i] = ^t.set[i]
			}
			t.set[0] &^= 1
		}
		return t
	}
	t.op, t.list = inList, make(map[uint64]struct{}, len(codes))
	if not {
		t.op = notInList
	}
	for _, code := range codes {
		t.list[code] = struct{}{}
	}
	return t
}

// matching makes the condition one of the texts that contain or start with a folded one, or don't.
func (t condition) matching(op gold.Op, needle string) condition {
	not := op == gold.NotContains || op == gold.NotStartsWith
	if not {
		op = op.Row().Not
	}
	var found []uint64
	var folded []byte
	for i := range t.column.texts.len() {
		folded = gold.AppendFold(folded[:0], t.column.texts.at(i))
		text := string(folded)
		if op == gold.Contains && strings.Contains(text, needle) || op == gold.StartsWith && strings.HasPrefix(text, needle) {
			found = append(found, uint64(i+1))
		}
	}
	return t.of(found, not)
}

// covers reports whether a condition of codes holds for none of a block's rows, and whether it holds for all.
func (t *condition) covers(e extent) (none, all bool) {
	switch t.op {
	case never:
		return true, false
	case always:
		return false, true
	case inRange:
		return e.most < t.from || e.least > t.to, e.least >= t.from && e.most <= t.to
	case outOfRange:
		return e.most == 0 || e.least == e.most && e.least == t.from, e.least > 0 && (e.most < t.from || e.least > t.to)
	case inSet:
		for code := e.least; code <= e.most && code-e.least < 1024; code++ {
			if t.set[code/64]>>(code%64)&1 != 0 {
				return false, false
			}
		}
		return e.most-e.least < 1024, false
	default:
		return e.most == 0 && t.op != notInListOrNull, false
	}
}

// pick appends the rows from from up to to for which the condition holds.
func (t *condition) pick(from, to int32, dst []int32) []int32 {
	if t.op == anyOf {
		for row := from; row < to; row++ {
			dst = append(dst, row)
		}
		return t.keepAny(dst)
	}
	c := &t.column.codes
	n := len(dst)
	dst = slices.Grow(dst, int(to-from))[:n+int(to-from)]
	switch {
	case t.column.doubles != nil:
		n += pickDoubles(t.column.doubles[from:to], t, from, dst[n:])
	case c.w8 != nil:
		n += pick(c.w8[from:to], t, from, dst[n:])
	case c.w16 != nil:
		n += pick(c.w16[from:to], t, from, dst[n:])
	case c.w32 != nil:
		n += pick(c.w32[from:to], t, from, dst[n:])
	default:
		n += pick(c.w64[from:to], t, from, dst[n:])
	}
	return dst[:n]
}

// pick writes the rows, counted from first, for whose codes the condition holds, and returns how many there are. There is
// room for all; entries past n are garbage. Branch-free: the time does not depend on how many rows match.
func pick[T unsigned](codes []T, t *condition, first int32, dst []int32) (n int) {
	dst = dst[:len(codes)]
	switch t.op {
	case inRange:
		low, span := T(t.from), T(t.to-t.from)
		for i, code := range codes {
			dst[n] = first + int32(i)
			if code-low <= span {
				n++
			}
		}
	case inSet:
		for i, code := range codes {
			dst[n] = first + int32(i)
			n += int(t.set[uint64(code)/64] >> (uint64(code) % 64) & 1)
		}
	default:
		for i, code := range codes {
			dst[n] = first + int32(i)
			if t.holds(uint64(code)) {
				n++
			}
		}
	}
	return n
}

func pickDoubles(values []float64, t *condition, first int32, dst []int32) (n int) {
	dst = dst[:len(values)]
	if low, high, ok := t.bounds(); ok {
		for i, v := range values {
			dst[n] = first + int32(i)
			if v >= low && v <= high {
				n++
			}
		}
		return n
	}
	for i, v := range values {
		dst[n] = first + int32(i)
		if t.holds(codeOf(v)) {
			n++
		}
	}
	return n
}

// bounds returns the smallest and the largest double for which the condition holds; false where it is no such range.
func (t *condition) bounds() (low, high float64, ok bool) {
	if t.op != inRange || t.to == 0 {
		return 0, 0, false
	}
	// Beyond the infinities there are no doubles.
	least, most := keyOf(math.Inf(-1)), keyOf(math.Inf(1))
	return doubleOf(max(t.from, least)), doubleOf(min(t.to, most)), t.from > 0 && t.to >= least && t.from <= most
}

// keep returns those of rows for which the condition holds, in the same memory.
func (t *condition) keep(rows []int32) []int32 {
	if t.op == anyOf {
		return t.keepAny(rows)
	}
	c := &t.column.codes
	switch {
	case t.column.doubles != nil:
		return keepDoubles(t.column.doubles, t, rows)
	case c.w8 != nil:
		return keep(c.w8, t, rows)
	case c.w16 != nil:
		return keep(c.w16, t, rows)
	case c.w32 != nil:
		return keep(c.w32, t, rows)
	default:
		return keep(c.w64, t, rows)
	}
}

func keep[T unsigned](codes []T, t *condition, rows []int32) []int32 {
	n := 0
	switch t.op {
	case inRange:
		low, span := T(t.from), T(t.to-t.from)
		for _, row := range rows {
			rows[n] = row
			if codes[row]-low <= span {
				n++
			}
		}
	case inSet:
		for _, row := range rows {
			rows[n] = row
			code := uint64(codes[row])
			n += int(t.set[code/64] >> (code % 64) & 1)
		}
	default:
		for _, row := range rows {
			rows[n] = row
			if t.holds(uint64(codes[row])) {
				n++
			}
		}
	}
	return rows[:n]
}

func keepDoubles(values []float64, t *condition, rows []int32) []int32 {
	n := 0
	low, high, ok := t.bounds()
	for _, row := range rows {
		rows[n] = row
		v := values[row]
		if ok && v >= low && v <= high || !ok && t.holds(codeOf(v)) {
			n++
		}
	}
	return rows[:n]
}

// holds reports whether the condition holds for a code.
func (t *condition) holds(code uint64) bool {
	switch t.op {
	case always:
		return true
	case inRange:
		return code-t.from <= t.to-t.from
	case outOfRange:
		return code != 0 && code-t.from > t.to-t.from
	case inSet:
		return t.set[code/64]>>(code%64)&1 != 0
	case inList:
		_, found := t.list[code]
		return found
	case notInList, notInListOrNull:
		_, found := t.list[code]
		return !found && (code != 0 || t.op == notInListOrNull)
	default:
		return false
	}
}
