package gold

import "slices"

// AnyOf returns the condition that at least one of several conditions holds. Alternatives within an alternative become
// ones of their own.
func AnyOf(alternatives ...[]Predicate) []Predicate {
	flat := [][]Predicate{}
	for _, where := range alternatives {
		switch {
		case len(where) == 0:
			return nil // it always holds
		case len(where) == 1 && where[0].Any != nil:
			flat = append(flat, where[0].Any...)
		default:
			flat = append(flat, where)
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return []Predicate{{Any: flat}}
}

// Not returns the condition that is true where another is false, in SQL's logic of three values: a comparison with null is
// unknown, and so is its opposite, thus rows whose field is null are in neither; IsNull alone is never unknown. The
// negation moves down to the comparisons, whose operators have opposites, so no engine has to know of a third value.
func Not(where []Predicate) []Predicate {
	alternatives := make([][]Predicate, len(where))
	for i, p := range where {
		if p.Any == nil {
			p.Op = p.Op.Row().Not
			alternatives[i] = []Predicate{p}
			continue
		}
		for _, alternative := range p.Any {
			alternatives[i] = append(alternatives[i], Not(alternative)...)
		}
	}
	return AnyOf(alternatives...)
}

// Comparisons returns the comparisons of a condition, of all alternatives.
func Comparisons(where []Predicate) []Predicate {
	if !slices.ContainsFunc(where, func(p Predicate) bool { return p.Any != nil }) {
		return where
	}
	var all []Predicate
	for _, p := range where {
		if p.Any == nil {
			all = append(all, p)
		}
		for _, alternative := range p.Any {
			all = append(all, Comparisons(alternative)...)
		}
	}
	return all
}

// ReplaceComparisons returns a condition with each comparison replaced; false where one can't be.
func ReplaceComparisons(where []Predicate, replace func(Predicate) (Predicate, bool)) (replaced []Predicate, ok bool) {
	replaced = slices.Clone(where)
	for i, p := range where {
		if p.Any == nil {
			if replaced[i], ok = replace(p); !ok {
				return nil, false
			}
			continue
		}
		replaced[i].Any = slices.Clone(p.Any)
		for k := range p.Any {
			if replaced[i].Any[k], ok = ReplaceComparisons(p.Any[k], replace); !ok {
				return nil, false
			}
		}
	}
	return replaced, true
}

// Test is a condition whose comparisons know the places of their fields, for engines that look at one row after the other.
type Test []boundPredicate

type boundPredicate struct {
	Predicate
	place        int
	alternatives []Test
}

// NewTest finds the places of a condition's fields; place refuses comparisons that can't be made.
func NewTest(where []Predicate, place func(Predicate) (int, error)) (Test, error) {
	t := make(Test, len(where))
	for i, p := range where {
		t[i].Predicate = p
		var err error
		if p.Any == nil {
			if t[i].place, err = place(p); err == nil {
				err = p.Check()
			}
			if err != nil {
				return nil, err
			}
			continue
		}
		t[i].alternatives = make([]Test, len(p.Any))
		for k := range p.Any {
			if t[i].alternatives[k], err = NewTest(p.Any[k], place); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// Holds reports whether the condition holds for a row, whose values are given by their places.
func (t Test) Holds(value func(place int) Value) bool {
	for i := range t {
		p := &t[i]
		if p.Any == nil {
			if !p.Holds(value(p.place)) {
				return false
			}
			continue
		}
		if !slices.ContainsFunc(p.alternatives, func(alternative Test) bool { return alternative.Holds(value) }) {
			return false
		}
	}
	return true
}
