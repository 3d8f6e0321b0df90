package gold

import (
	"slices"
	"strconv"
	"strings"
)

// Op is the operator of a predicate.
type Op uint8

// The operators. The table below has the meaning and the values of each.
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
	NotContains
	NotStartsWith
	opCount
)

// Arity is the number of values of a predicate.
type Arity uint8

// The arities.
const (
	OneValue Arity = iota
	NoValue
	AnyValues // also none: no value is in an empty list
)

// Operator is a row of the table of operators, which contracts, parameters, stores, snapshots and the API's description
// read. A new operator is a new row, and an implementation in each engine; storetest compares every engine with Holds.
type Operator struct {
	Op      Op
	Name    string // in records; if Spelled, also in contracts and parameters
	Not     Op     // holds where Op doesn't, but for null as SQL's NOT has it: unknown stays unknown; see Not
	Meaning string // the predicate in words: "Rows whose price is at least this."
	Arity   Arity
	Spelled bool // contracts and parameters name it; NotNull is isnull=false there, the opposites of searches are within not(…)
	Ordered bool // it compares by size, which contracts don't allow for a Bool
	Whole   bool // it compares complete values, so that a field's closed list of values can be offered
	Search  bool // it searches within a Text; not available for other kinds
	// Unindexed says that the operator can't use an index.
	Unindexed bool

	ofNull bool                               // whether it holds for null
	holds  func(v Value, values []Value) bool // for a value that is not null, and, with OneValue, a value that isn't either
}

// operators are in the order in which they are documented.
var operators = []Operator{
	{Op: Eq, Name: "eq", Not: Ne, Meaning: "is", Spelled: true, Whole: true, holds: byOrder(func(c int) bool { return c == 0 })},
	{Op: Ne, Name: "ne", Not: Eq, Meaning: "is not (nor null)", Spelled: true, Whole: true, Unindexed: true, holds: byOrder(func(c int) bool { return c != 0 })},
	{Op: In, Name: "in", Not: NotIn, Meaning: "is one of", Arity: AnyValues, Spelled: true, Whole: true, holds: isAmong},
	{Op: NotIn, Name: "nin", Not: In, Meaning: "is none of (nor null)", Arity: AnyValues, Spelled: true, Whole: true, Unindexed: true, holds: func(v Value, values []Value) bool { return !isAmong(v, values) }},
	{Op: Gte, Name: "gte", Not: Lt, Meaning: "is at least", Spelled: true, Ordered: true, holds: byOrder(func(c int) bool { return c >= 0 })},
	{Op: Gt, Name: "gt", Not: Lte, Meaning: "is more than", Spelled: true, Ordered: true, holds: byOrder(func(c int) bool { return c > 0 })},
	{Op: Lte, Name: "lte", Not: Gt, Meaning: "is at most", Spelled: true, Ordered: true, holds: byOrder(func(c int) bool { return c <= 0 })},
	{Op: Lt, Name: "lt", Not: Gte, Meaning: "is less than", Spelled: true, Ordered: true, holds: byOrder(func(c int) bool { return c < 0 })},
	{Op: IsNull, Name: "isnull", Not: NotNull, Meaning: "is null (true) or isn't (false)", Arity: NoValue, Spelled: true, ofNull: true, holds: func(Value, []Value) bool { return false }},
	{Op: NotNull, Name: "notnull", Not: IsNull, Meaning: "isn't null", Arity: NoValue, holds: func(Value, []Value) bool { return true }},
	{Op: Contains, Name: "contains", Not: NotContains, Meaning: "holds, whatever the case", Spelled: true, Search: true, Unindexed: true, holds: func(v Value, values []Value) bool { return strings.Contains(Fold(v.Text()), Fold(values[0].Text())) }},
	{Op: StartsWith, Name: "startswith", Not: NotStartsWith, Meaning: "starts with, whatever the case", Spelled: true, Search: true, Unindexed: true, holds: func(v Value, values []Value) bool { return strings.HasPrefix(Fold(v.Text()), Fold(values[0].Text())) }},
	{Op: NotContains, Name: "ncontains", Not: Contains, Meaning: "doesn't hold (nor is null), whatever the case", Search: true, Unindexed: true, holds: func(v Value, values []Value) bool { return !strings.Contains(Fold(v.Text()), Fold(values[0].Text())) }},
	{Op: NotStartsWith, Name: "nstartswith", Not: StartsWith, Meaning: "doesn't start with (nor is null), whatever the case", Search: true, Unindexed: true, holds: func(v Value, values []Value) bool { return !strings.HasPrefix(Fold(v.Text()), Fold(values[0].Text())) }},
}

// opRows are the rows of the table by operator, and opNames their names.
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

// isAmong reports whether a value is in a list. Nulls in the list equal nothing.
func isAmong(v Value, values []Value) bool {
	return slices.ContainsFunc(values, func(w Value) bool { return !w.IsNull() && Compare(v, w) == 0 })
}

// Operators returns the table of operators, in the order in which they are documented.
func Operators() []Operator { return slices.Clone(operators) }

// SpelledOps returns the operators' names in contracts and parameters, in the order of Op.
func SpelledOps() []string {
	var names []string
	for _, o := range opRows {
		if o.Spelled {
			names = append(names, o.Name)
		}
	}
	return names
}

// SpelledOp returns the operator with this name in contracts and parameters.
func SpelledOp(name string) (Op, bool) {
	for _, o := range operators {
		if o.Spelled && o.Name == name {
			return o.Op, true
		}
	}
	return 0, false
}

// Row returns the operator's row of the table, or nil.
func (o Op) Row() *Operator {
	if o >= opCount {
		return nil
	}
	return opRows[o]
}

// Takes reports whether the operator applies to a kind.
func (o *Operator) Takes(k Kind) bool { return !o.Search || k == Text }

func (o Op) String() string {
	if o >= opCount {
		return "op(" + strconv.Itoa(int(o)) + ")"
	}
	return opNames[o]
}

// MarshalText writes the operator's name.
func (o Op) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads an operator's name.
func (o *Op) UnmarshalText(text []byte) error { return unmarshalName(o, "operator", opNames[:], text) }
