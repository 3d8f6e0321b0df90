package gold

import (
	"slices"
	"strconv"
	"strings"
)

// Op is the operator of a predicate.
type Op uint8

// The operators. What each means, and what it takes, is in its row of the table.
const (
	Eq Op = iota
	Ne
	In
	NotIn
	Lt
	Lte
	Gt
	Gte
	IsNull
	NotNull
	Contains
	StartsWith
	opCount
)

// Arity says how many values a predicate has.
type Arity uint8

// The arities.
const (
	OneValue Arity = iota
	NoValue
	AnyValues // none too: nothing is in an empty list, and nothing in it is missing
)

// Operator is a row of the table of operators, which all that read predicates go by: contracts, parameters, stores,
// snapshots, the description. A new operator is a row, and what each engine does with it; storetest holds every engine to
// Holds.
type Operator struct {
	Op      Op
	Name    string // in records, and where it is Spelled in contracts and parameters
	Meaning string // what it asks of a field: "Rows whose price is at least this."
	Arity   Arity
	Spelled bool // contracts and parameters name it; NotNull is isnull=false there
	Ordered bool // it asks which value is larger, which contracts let nobody ask of a Bool
	Whole   bool // it asks for whole values, so that a closed list of a field's values is one of what to ask for
	Search  bool // it asks for a part of a Text, and of nothing else
	// Unindexed says that no index of the field leads to the rows that it holds for.
	Unindexed bool

	ofNull bool                               // whether it holds for null
	holds  func(v Value, values []Value) bool // for a value that is not null, and, with OneValue, a value that isn't either
}

// operators are in the order in which people are told of them.
var operators = []Operator{
	{Op: Eq, Name: "eq", Meaning: "is", Spelled: true, Whole: true, holds: byOrder(func(c int) bool { return c == 0 })},
	{Op: Ne, Name: "ne", Meaning: "is not (nor null)", Spelled: true, Whole: true, Unindexed: true, holds: byOrder(func(c int) bool { return c != 0 })},
	{Op: In, Name: "in", Meaning: "is one of", Arity: AnyValues, Spelled: true, Whole: true, holds: isAmong},
	{Op: NotIn, Name: "nin", Meaning: "is none of (nor null)", Arity: AnyValues, Spelled: true, Whole: true, Unindexed: true, holds: func(v Value, values []Value) bool { return !isAmong(v, values) }},
	{Op: Gte, Name: "gte", Meaning: "is at least", Spelled: true, Ordered: true, holds: byOrder(func(c int) bool { return c >= 0 })},
	{Op: Gt, Name: "gt", Meaning: "is more than", Spelled: true, Ordered: true, holds: byOrder(func(c int) bool { return c > 0 })},
	{Op: Lte, Name: "lte", Meaning: "is at most", Spelled: true, Ordered: true, holds: byOrder(func(c int) bool { return c <= 0 })},
	{Op: Lt, Name: "lt", Meaning: "is less than", Spelled: true, Ordered: true, holds: byOrder(func(c int) bool { return c < 0 })},
	{Op: IsNull, Name: "isnull", Meaning: "is null (true) or isn't (false)", Arity: NoValue, Spelled: true, ofNull: true, holds: func(Value, []Value) bool { return false }},
	{Op: NotNull, Name: "notnull", Meaning: "isn't null", Arity: NoValue, holds: func(Value, []Value) bool { return true }},
	{Op: Contains, Name: "contains", Meaning: "holds, whatever the case", Spelled: true, Search: true, Unindexed: true, holds: func(v Value, values []Value) bool { return strings.Contains(Fold(v.Text()), Fold(values[0].Text())) }},
	{Op: StartsWith, Name: "startswith", Meaning: "starts with, whatever the case", Spelled: true, Search: true, Unindexed: true, holds: func(v Value, values []Value) bool { return strings.HasPrefix(Fold(v.Text()), Fold(values[0].Text())) }},
}

// opRows are the rows of the table by their operators, and opNames their names.
var opRows, opNames = func() (rows [opCount]*Operator, names [opCount]string) {
	for i := range operators {
		o := &operators[i]
		rows[o.Op], names[o.Op] = o, o.Name
	}
	return rows, names
}()

func byOrder(test func(int) bool) func(Value, []Value) bool {
	return func(v Value, values []Value) bool { return test(Compare(v, values[0])) }
}

// isAmong reports whether a value is in a list. Nulls in it equal nothing.
func isAmong(v Value, values []Value) bool {
	return slices.ContainsFunc(values, func(w Value) bool { return !w.IsNull() && Compare(v, w) == 0 })
}

// Operators returns the table of operators, in the order in which people are told of them.
func Operators() []Operator { return slices.Clone(operators) }

// SpelledOps returns the names by which contracts and parameters know operators, in the order of Op.
func SpelledOps() []string {
	var names []string
	for _, o := range opRows {
		if o.Spelled {
			names = append(names, o.Name)
		}
	}
	return names
}

// SpelledOp returns the operator that contracts and parameters know by a name.
func SpelledOp(name string) (Op, bool) {
	for _, o := range operators {
		if o.Spelled && o.Name == name {
			return o.Op, true
		}
	}
	return 0, false
}

// Row returns the operator's row of the table; nil: there is no such operator.
func (o Op) Row() *Operator {
	if o >= opCount {
		return nil
	}
	return opRows[o]
}

// Takes reports whether the operator asks something of a kind.
func (o *Operator) Takes(k Kind) bool { return !o.Search || k == Text }

func (o Op) String() string {
	if o >= opCount {
		return "op(" + strconv.Itoa(int(o)) + ")"
	}
	return opNames[o]
}

// MarshalText writes the operator's name as contracts and parameters spell it.
func (o Op) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads an operator's name.
func (o *Op) UnmarshalText(text []byte) error { return unmarshalName(o, "operator", opNames[:], text) }
