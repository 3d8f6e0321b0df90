package measure

import (
	"cmp"

	"goldserve/gold"
)

// extremes is the state of Min and Max of every kind but those in bytes.
type extremes[T cmp.Ordered] struct {
	largest bool
	of      func(*vector) []T
	wrap    func(T) gold.Value
	best    []T
	seen    []bool
}

func (e *extremes[T]) grow(n int) {
	e.best = growTo(e.best, n)
	e.seen = growTo(e.seen, n)
}

func (e *extremes[T]) add(v vector) {
	values := e.of(&v)
	if v.groups == nil {
		best := values[0]
		for _, x := range values {
			if e.largest {
				best = max(best, x)
			} else {
				best = min(best, x)
			}
		}
		e.offer(0, best)
		return
	}
	for i, g := range v.groups {
		e.offer(int(g), values[i])
	}
}

func (e *extremes[T]) offer(g int, v T) {
	if !e.seen[g] || e.largest && v > e.best[g] || !e.largest && v < e.best[g] {
		e.best[g], e.seen[g] = v, true
	}
}

func (e *extremes[T]) merge(other state, to []int32) {
	o := other.(*extremes[T])
	for g, v := range o.best {
		if o.seen[g] {
			e.offer(target(to, g), v)
		}
	}
}

func (e *extremes[T]) value(g int) (gold.Value, error) {
	if !e.seen[g] {
		return gold.Value{}, nil
	}
	return e.wrap(e.best[g]), nil
}

func (e *extremes[T]) bytes() int64 { return int64(cap(e.best))*8 + int64(cap(e.seen)) }

// extremeTexts is the state of Min and Max of a Text or WideDecimal. A text is copied only when it becomes a group's extreme.
type extremeTexts struct {
	largest bool
	kind    gold.Kind
	best    []string
	seen    []bool
	held    int64 // bytes of the texts
}

func (e *extremeTexts) grow(n int) {
	e.best = growTo(e.best, n)
	e.seen = growTo(e.seen, n)
}

func (e *extremeTexts) add(v vector) {
	for i := range v.n {
		e.offer(v.group(i), v.text(i))
	}
}

func (e *extremeTexts) offer(g int, text []byte) {
	if !e.seen[g] || e.largest && string(text) > e.best[g] || !e.largest && string(text) < e.best[g] {
		e.held += textBytes(len(text))
		if e.seen[g] {
			e.held -= textBytes(len(e.best[g]))
		}
		e.best[g], e.seen[g] = string(text), true
	}
}

func (e *extremeTexts) merge(other state, to []int32) {
	o := other.(*extremeTexts)
	for g, text := range o.best {
		if o.seen[g] {
			e.offer(target(to, g), []byte(text))
		}
	}
}

func (e *extremeTexts) value(g int) (gold.Value, error) {
	if !e.seen[g] {
		return gold.Value{}, nil
	}
	return valueOfText(e.kind, e.best[g]), nil
}

func (e *extremeTexts) bytes() int64 { return int64(cap(e.best))*16 + int64(cap(e.seen)) + e.held }
