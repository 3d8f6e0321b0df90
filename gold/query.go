package gold

import "strings"

// Op is the operator of a predicate.
type Op uint8

// The operators. Null matches none but IsNull.
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
	Contains   // Unicode simple case folding, literal
	StartsWith // the same, at the beginning
)

var opNames = [...]string{"eq", "ne", "in", "nin", "lt", "lte", "gt", "gte", "isnull", "notnull", "contains", "startswith"}

func (o Op) String() string { return opNames[o] }

// MarshalText writes the operator's name as contracts and parameters spell it.
func (o Op) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads an operator's name.
func (o *Op) UnmarshalText(text []byte) error { return unmarshalName(o, "operator", opNames[:], text) }

// Query asks for rows of one version. It is closed data: a store turns it into its own language.
type Query struct {
	Version *Version    // of the release that the caller resolved: an answer can't mix two
	Fields  []string    // nil: all of the contract, in its order
	Where   []Predicate // all hold
	Sort    []Sort      // total: ends with the key
	After   []Value     // values of Sort in the last row seen; nil: from the start
	Limit   int64       // 0: every row, streamed
}

// OutFields returns the fields of the answer, in order.
func (q *Query) OutFields() []Field {
	if q.Fields == nil {
		return q.Version.Dataset.Fields
	}
	fields := make([]Field, 0, len(q.Fields))
	for _, name := range q.Fields {
		fields = append(fields, *q.Version.Dataset.Field(name))
	}
	return fields
}

// Predicate compares a field with values of its kind. In and NotIn take any number of values, IsNull and NotNull
// none, the others one.
type Predicate struct {
	Field  string
	Op     Op
	Values []Value
	Via    *Via
}

// Via says that a field is borrowed from another dataset: it is the field of the row of Version whose Key equals
// the row's own On. Where there is no such row it is null.
type Via struct {
	Version *Version
	On, Key string
}

// Sort is one term of an order. Null is the smallest value.
type Sort struct {
	Field string `json:"field"`
	Desc  bool   `json:"desc,omitempty"`
}

// ParseSort reads "field" or "-field".
func ParseSort(text string) Sort {
	field, desc := strings.CutPrefix(text, "-")
	return Sort{Field: field, Desc: desc}
}

func (s Sort) String() string {
	if s.Desc {
		return "-" + s.Field
	}
	return s.Field
}
