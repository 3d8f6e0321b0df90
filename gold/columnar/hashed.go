package columnar

import (
	"cmp"
	"hash/maphash"
	"math/bits"
	"slices"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// hashed computes measures of any number of groups, or of one part of them. A group's key is the numbers of its terms, packed
// into as few words as hold them, the first term highest: so that keys are in the order of the groups.
type hashed struct {
	account      *gold.Account
	terms        []*term
	measures     []columnMeasure
	accumulators []*measure.Accumulator
	places       []keyPart
	words        int

	part, parts uint64 // only groups whose hash is of this part are taken
	most        int    // more groups than these are too many; 0: any number

	groups  int
	keys    []uint64 // words of each group
	slots   []uint32 // by hash: a group and one; 0: none
	counts  []uint32 // rows of each group
	counted bool     // they are asked for

	in     *inputs
	codes  []uint64
	packed []uint64 // the keys of a chunk's rows
	rows   []int32
	ids    []int32
}

// keyPart is where a term's number lies in a key.
type keyPart struct {
	word        int
	shift, bits uint
}

// pack returns the places of terms, and the number of words.
func pack(terms []*term) (places []keyPart, words int) {
	free := uint(0)
	for _, t := range terms {
		width := uint(bits.Len64(t.size - 1))
		if words == 0 || width > free {
			words++
			free = 64
		}
		free -= width
		places = append(places, keyPart{word: words - 1, bits: width})
	}
	// The last term of each word lies lowest.
	for i := len(places) - 2; i >= 0; i-- {
		if next := places[i+1]; next.word == places[i].word {
			places[i].shift = next.shift + next.bits
		}
	}
	return places, words
}

// seed makes the order of slots this process's own: nobody can choose groups that pile up.
var seed = maphash.Bytes(maphash.MakeSeed(), nil)

func newHashed(account *gold.Account, terms []*term, measures []columnMeasure, part, parts uint64, most int) (*hashed, error) {
	h := &hashed{account: account, terms: terms, measures: measures, in: newInputs(measures), part: part, parts: parts, most: most}
	h.places, h.words = pack(terms)
	for i := range measures {
		h.counted = h.counted || measures[i].countsRows()
		a, err := measures[i].accumulator(0)
		if err != nil {
			return nil, err
		}
		h.accumulators = append(h.accumulators, a)
	}
	h.slots = make([]uint32, 1<<10)
	return h, account.Set(h.bytes())
}

func (h *hashed) wants(int) bool { return true }

// errMany says that there are more groups than a worker should have that others share the rows with.
const errMany fallback = "many groups"

func (h *hashed) take(c chunk) error {
	h.number(c)
	if h.parts > 1 {
		c = h.choose(c)
	}
	n := c.len()
	if n == 0 {
		return nil
	}
	if need := h.groups + n; need > len(h.slots)/4*3 {
		if err := h.widen(need); err != nil {
			return err
		}
	}
	h.find(n)
	if h.most > 0 && h.groups > h.most {
		return errMany
	}
	h.in.load(c)
	for i, a := range h.accumulators {
		if a != nil {
			a.Grow(h.groups)
			h.in.add(a, &h.measures[i], c, h.ids)
		}
	}
	if h.counted {
		h.count()
	}
	return h.account.Set(h.bytes())
}

// number packs the keys of a chunk's rows.
func (h *hashed) number(c chunk) {
	n := c.len()
	h.packed = slices.Grow(h.packed[:0], n*h.words)[:n*h.words]
	clear(h.packed)
	for k, t := range h.terms {
		at := h.places[k]
		h.codes = t.column.read(c, h.codes[:0])
		if t.numbering == byCode {
			for i, code := range h.codes {
				h.packed[i*h.words+at.word] |= code << at.shift
			}
			continue
		}
		for i, code := range h.codes {
			h.packed[i*h.words+at.word] |= t.number(code) << at.shift
		}
	}
}

// mixed adds a word to a hash.
func mixed(sum, word uint64) uint64 {
	high, low := bits.Mul64(word^sum, 0x9e3779b97f4a7c15)
	sum = (high ^ low) * 0xbf58476d1ce4e5b9
	return sum ^ sum>>32
}

// hash spreads a key over 64 bits.
func (h *hashed) hash(key []uint64) uint64 {
	sum := seed
	for _, word := range key {
		sum = mixed(sum, word)
	}
	return sum
}

// choose returns the rows of a chunk whose groups are of this part; only their keys stay packed.
func (h *hashed) choose(c chunk) chunk {
	h.rows = h.rows[:0]
	for i := range c.len() {
		key := h.packed[i*h.words : (i+1)*h.words]
		if part, _ := bits.Mul64(h.hash(key), h.parts); part != h.part {
			continue
		}
		copy(h.packed[len(h.rows)*h.words:], key)
		h.rows = append(h.rows, c.row(i))
	}
	return chunk{rows: h.rows}
}

// widen makes slots for as many groups, once the account holds them.
func (h *hashed) widen(need int) error {
	size := len(h.slots)
	for need > size/4*3 {
		size *= 2
	}
	if err := h.account.Set(h.bytes() + int64(size)*4); err != nil {
		return err
	}
	h.slots = make([]uint32, size)
	for g := range h.groups {
		i := h.hash(h.keys[g*h.words:(g+1)*h.words]) & uint64(size-1)
		for h.slots[i] != 0 {
			i = (i + 1) & uint64(size-1)
		}
		h.slots[i] = uint32(g + 1)
	}
	return nil
}

// find gives each row's key the number of its group.
func (h *hashed) find(n int) {
	h.ids = slices.Grow(h.ids[:0], n)[:n]
	if h.words == 1 {
		for i, word := range h.packed[:n] {
			h.ids[i] = h.findWord(word)
		}
		return
	}
	for i := range n {
		h.ids[i] = h.findKey(h.packed[i*h.words : (i+1)*h.words])
	}
}

func (h *hashed) findWord(word uint64) int32 {
	mask := uint64(len(h.slots) - 1)
	for i := mixed(seed, word) & mask; ; i = (i + 1) & mask {
		switch g := h.slots[i]; {
		case g == 0:
			h.slots[i] = uint32(h.groups + 1)
			h.keys = append(h.keys, word)
			h.groups++
			return int32(h.groups - 1)
		case h.keys[g-1] == word:
			return int32(g - 1)
		}
	}
}

func (h *hashed) findKey(key []uint64) int32 {
	mask := uint64(len(h.slots) - 1)
	for i := h.hash(key) & mask; ; i = (i + 1) & mask {
		switch g := int(h.slots[i]); {
		case g == 0:
			h.slots[i] = uint32(h.groups + 1)
			h.keys = append(h.keys, key...)
			h.groups++
			return int32(h.groups - 1)
		case slices.Equal(h.key(g-1), key):
			return int32(g - 1)
		}
	}
}

func (h *hashed) key(group int) []uint64 { return h.keys[group*h.words : (group+1)*h.words] }

// growCounts makes room for the counts of all groups.
func (h *hashed) growCounts() { h.counts = append(h.counts, make([]uint32, h.groups-len(h.counts))...) }

// count counts a chunk's rows.
func (h *hashed) count() {
	h.growCounts()
	for _, g := range h.ids {
		h.counts[g]++
	}
}

// bytes returns what is held, and will be once the measures are worked out.
func (h *hashed) bytes() int64 {
	held, finishing := h.held()
	return held + finishing
}

func (h *hashed) held() (bytes, finishing int64) {
	bytes, finishing = accumulated(h.measures, h.accumulators)
	return bytes + int64(cap(h.keys))*8 + int64(len(h.slots)+cap(h.counts))*4, finishing
}

// merge adds the groups of another, and lets go of it.
func (h *hashed) merge(other *hashed) error {
	if other.groups == 0 {
		other.account.Close()
		return nil
	}
	if err := h.account.Set(h.bytes() + other.bytes()); err != nil {
		return err
	}
	if need := h.groups + other.groups; need > len(h.slots)/4*3 {
		if err := h.widen(need); err != nil {
			return err
		}
	}
	h.packed = other.keys
	h.find(other.groups)
	h.packed = nil
	to := h.ids
	for i, a := range h.accumulators {
		if a != nil {
			a.Grow(h.groups)
			a.Merge(other.accumulators[i], to)
			other.accumulators[i] = nil
		}
	}
	if h.counted {
		h.growCounts()
		for g, n := range other.counts {
			h.counts[to[g]] += n
		}
	}
	other.account.Close()
	return h.account.Set(h.bytes())
}

// term returns the number of a term in a group.
func (h *hashed) term(group int32, k int) uint64 {
	at := h.places[k]
	return h.keys[int(group)*h.words+at.word] >> at.shift & (1<<at.bits - 1)
}

// measured returns a measure of a group.
func (h *hashed) measured(group int32, i int) (gold.Value, error) {
	if h.accumulators[i] == nil {
		return gold.NewInt(int64(h.counts[group])), nil
	}
	return h.accumulators[i].Value(int(group))
}

// appendMeasured appends a measure of a group to a column of its kind.
func (h *hashed) appendMeasured(c *gold.Column, group int32, i int) error {
	if h.accumulators[i] == nil {
		c.Append(gold.NewInt(int64(h.counts[group])))
		return nil
	}
	return h.accumulators[i].AppendValue(c, int(group))
}

// value returns a column of a group as the answer has it.
func (h *hashed) value(group int32, column int) (gold.Value, error) {
	if column < len(h.terms) {
		return h.terms[column].shown(h.term(group, column)), nil
	}
	f := column - len(h.terms)
	v, err := h.measured(group, f)
	return h.measures[f].value(v), err
}

// result returns the groups that are asked for, and of those no more than the first ones in their order.
func (h *hashed) result(n *narrowing) (*result, error) {
	ordered := &ordered{groups: h, narrowing: n, columns: make([]gold.Column, len(n.sort))}
	extra := int64(h.groups) * int64(8*len(n.sort)+4)
	if n.limit == 0 {
		extra += int64(h.groups) * rowBytes(h.terms, h.measures)
	}
	if err := h.account.Set(h.bytes() + extra); err != nil {
		return nil, err
	}
	if err := ordered.prepare(); err != nil {
		return nil, err
	}
	order, err := ordered.first()
	if err != nil {
		return nil, err
	}
	res := newResult(h.terms, h.measures, len(order))
	for _, g := range order {
		for k := range h.terms {
			res.numbers = append(res.numbers, h.term(g, k))
		}
		for i := range h.measures {
			if err := h.appendMeasured(&res.values[i], g, i); err != nil {
				return nil, err
			}
		}
	}
	res.groups = len(order)
	return res, h.account.Set(res.bytes())
}

// ordered brings groups into the order that is asked for.
type ordered struct {
	groups *hashed
	*narrowing
	columns []gold.Column // by term of the sort: the measure of each group; empty where it is a term of the groups
}

// prepare works out the measures that groups are sorted by. A sum that leaves its range is an error in any group.
func (o *ordered) prepare() error {
	h := o.groups
	for s, column := range o.sorted {
		f := column - len(h.terms)
		if f < 0 {
			continue
		}
		c := &o.columns[s]
		*c = gold.NewColumn(h.measures[f].Kind(h.measures[f].field.Kind), 0)
		for g := range int32(h.groups) {
			if err := h.appendMeasured(c, g, f); err != nil {
				return err
			}
		}
	}
	for i := range h.measures {
		if !h.measures[i].overflows() || slices.Contains(o.sorted, len(h.terms)+i) {
			continue
		}
		for g := range int32(h.groups) {
			if _, err := h.measured(g, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// kept reports whether a group is asked for.
func (o *ordered) kept(g int32) (kept bool, err error) {
	if len(o.having) == 0 {
		return true, nil
	}
	kept = o.having.Holds(func(column int) gold.Value {
		v, failed := o.groups.value(g, column)
		if failed != nil {
			err = failed
		}
		return v
	})
	return kept && err == nil, err
}

func (o *ordered) compare(a, b int32) int {
	h := o.groups
	for s, column := range o.sorted {
		var c int
		if column < len(h.terms) {
			c = cmp.Compare(h.term(a, column), h.term(b, column))
		} else {
			c = o.columns[s].Compare(int(a), &o.columns[s], int(b))
		}
		if c != 0 {
			if o.sort[s].Desc {
				return -c
			}
			return c
		}
	}
	return slices.Compare(h.key(int(a)), h.key(int(b)))
}

// first returns the first groups in the order, limit of them, or all.
func (o *ordered) first() ([]int32, error) {
	limit := o.groups.groups
	if o.limit > 0 {
		limit = int(min(o.limit, int64(limit)))
	}
	room := limit + max(limit, 1<<10)
	order := make([]int32, 0, min(room, o.groups.groups))
	full := false // order begins with the first of those seen so far, sorted
	for g := range int32(o.groups.groups) {
		if full && o.compare(g, order[limit-1]) > 0 {
			continue
		}
		kept, err := o.kept(g)
		if err != nil {
			return nil, err
		}
		if !kept {
			continue
		}
		if order = append(order, g); len(order) >= room {
			slices.SortFunc(order, o.compare)
			order, full = order[:limit], true
		}
	}
	slices.SortFunc(order, o.compare)
	return order[:min(limit, len(order))], nil
}
