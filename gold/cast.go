package gold

import "encoding/json"

// Cast says how the values of a column of another kind become a field's. Only what matters to the field's kind is set.
type Cast struct {
	From      Kind     `json:"from"`                // of the column: Text or Int
	Point     string   `json:"decimal,omitempty"`   // the decimal mark; empty: a point
	Thousands string   `json:"thousands,omitempty"` // the mark between groups of digits; empty: there are no groups
	Sign      string   `json:"sign,omitempty"`      // that numbers may have before or after them, such as % or €; empty: none
	Layouts   []string `json:"date,omitempty"`      // of dates and times, as Go's package time has them; empty: ISO 8601
	Epoch     Epoch    `json:"epoch,omitempty"`     // the values are integers of this unit since 1970; empty: they aren't
	True      []string `json:"true,omitempty"`      // empty: true, or 1 where From is Int
	False     []string `json:"false,omitempty"`     // empty: false, or 0 where From is Int
	Null      []string `json:"null,omitempty"`      // become null, besides nulls
	Lenient   bool     `json:"lenient,omitempty"`   // a value that doesn't fit becomes null and is counted, instead of being an error
}

// String returns the canonical form: casts with the same one make the same values.
func (c *Cast) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return err.Error() // nothing in it can't be written
	}
	return string(text)
}

// Epoch is the unit of instants that are integers.
type Epoch string

// The units.
const (
	Seconds      Epoch = "s"
	Milliseconds Epoch = "ms"
	Microseconds Epoch = "us"
	Nanoseconds  Epoch = "ns"
)
