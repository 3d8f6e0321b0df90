package gold

import "strings"

// Query asks for rows of one version. It is closed data: a store turns it into its own language.
type Query struct {
	Version *Version    // of the release that the caller resolved: an answer can't mix two
	Fields  []string    // nil: all of the contract, in its order; PositionField may be among them
	Since   *Version    // one that Version extends: only rows that it has not; nil: all rows
	Where   []Predicate // all hold
	Sort    []Sort      // total: ends with the key, or the position
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
		fields = append(fields, *q.Version.Dataset.Column(name))
	}
	return fields
}

// Sort is one term of an order. Null is the smallest value.
type Sort struct {
	Field string `json:"field"`
	Desc  bool   `json:"desc,omitempty"`
	Join  *Join  `json:"-"`
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
