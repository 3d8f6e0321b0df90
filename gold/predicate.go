package gold

// Predicate compares a field with values of its kind, as many as its operator takes; or, if Any isn't nil, it holds
// where one of several conditions does. A list of predicates is a condition: all of them hold. AnyOf and Not make
// conditions of others, so that engines know comparisons, and, and or.
type Predicate struct {
	Field  string
	Op     Op
	Values []Value
	Join   *Join
	Any    [][]Predicate // not nil: the alternatives, in place of a comparison; none of them: it never holds
}

// Holds reports whether a comparison holds for a value of its field; Check must accept it. It defines what
// predicates mean; engines implement the same in their own ways. Null matches only IsNull, and a null among the values
// equals nothing. Numbers compare by size, text by bytes; Contains and StartsWith search literal texts by Unicode
// simple case folding: see Fold.
func (p Predicate) Holds(v Value) bool {
	o := opRows[p.Op]
	switch {
	case v.IsNull():
		return o.ofNull
	case o.Arity == OneValue && p.Values[0].IsNull():
		return false
	default:
		return o.holds(v, p.Values)
	}
}

// Check returns an Internal error for a malformed predicate: what users ask is checked before. Values of operators that
// take none are ignored.
func (p Predicate) Check() error {
	o := p.Op.Row()
	switch {
	case p.Any != nil:
		return Errorf(Internal, CodeInternal, "alternatives are no comparison")
	case o == nil:
		return Errorf(Internal, CodeInternal, "%s: there is no operator %d", p.Field, p.Op)
	case o.Arity == OneValue && len(p.Values) != 1:
		return Errorf(Internal, CodeInternal, "%s of %s takes one value, not %d", o.Name, p.Field, len(p.Values))
	case o.Search && p.Values[0].Kind() != Text && !p.Values[0].IsNull():
		return Errorf(Internal, CodeInternal, "%s of %s takes a text, not a %s", o.Name, p.Field, p.Values[0].Kind())
	default:
		return nil
	}
}
