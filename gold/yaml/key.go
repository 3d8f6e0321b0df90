package yaml

import (
	"slices"
	"strconv"
	"strings"
)

// Key describes a key that a reader takes, for people and for editors. The readers don't use it: a test compares the keys
// that they take with the described ones.
type Key struct {
	Name    string
	Value   Value
	Need    bool
	Default string // what holds without the key, as the reference has it; empty: nothing
	Doc     string // one sentence
	Old     bool   // it is read, but another key has taken its place
}

// Value describes what a key takes. It has exactly one of Type, Words, Items, Entries, Keys and Any.
type Value struct {
	Type    string   // as JSON Schema has it: string, boolean, integer, number, null
	Pattern string   // of a string
	Called  string   // how the reference calls it, where not after its type
	Low     int64    // of an integer; the bounds 0 and 0 are none
	High    int64    // of an integer; 0: it has no upper one
	Words   []string // one of these
	Items   *Value   // a list of these
	Entries *Value   // a map from names that the file chooses to these
	Keys    []Key    // a map of these keys
	Cases   []Case   // of Keys: which of them there are depends on one
	Any     []Value  // one of these
	MayLack bool     // of a list: it may be empty
}

// Case says which keys a map has where its key On is Word.
type Case struct {
	On, Word  string
	Need, May []string
}

// The values that are read by the function of File that has their name.
var (
	TextValue       = Value{Type: "string", Called: "text"}
	BooleanValue    = Value{Type: "boolean", Called: "true or false"}
	NumberValue     = Value{Type: "number", Called: "number"}
	IdentifierValue = Value{Type: "string", Called: "name", Pattern: identifierPattern.String()}
	LabelsValue     = EitherValue(Value{Type: "string", Called: "text"}, Value{Entries: &TextValue, Called: "map from language to text"})
)

// IntegerValue is a whole number from low to high; high 0: without a bound.
func IntegerValue(low, high int64) Value {
	return Value{Type: "integer", Low: low, High: high, Called: "whole number"}
}

// WordValue is one of some words.
func WordValue(words ...string) Value { return Value{Words: words} }

// ListValue is a list with at least one item.
func ListValue(item Value) Value { return Value{Items: &item} }

// MapValue is a map from names that the file chooses.
func MapValue(entry Value) Value { return Value{Entries: &entry} }

// KeysValue is a map of keys.
func KeysValue(keys ...Key) Value { return Value{Keys: keys} }

// EitherValue is one of several.
func EitherValue(values ...Value) Value { return Value{Any: values} }

// WordsValue is a list of an item, or one alone.
func WordsValue(item Value) Value { return EitherValue(item, ListValue(item)) }

// As returns the value with another name in the reference.
func (v Value) As(called string) Value {
	v.Called = called
	return v
}

// String returns how the reference calls the value.
func (v Value) String() string {
	switch {
	case v.Called == "" && v.Words != nil:
		return "one of " + strings.Join(v.Words, ", ")
	case v.Called == "" && v.Items != nil:
		return "list of " + v.Items.String()
	case v.Called == "" && v.Entries != nil:
		return "map from name to " + v.Entries.String()
	case v.Called == "" && v.Keys != nil:
		return "map"
	case v.Called == "":
		return choices(v.Any)
	case v.Type == "integer" && v.High != 0:
		return v.Called + " from " + strconv.FormatInt(v.Low, 10) + " to " + strconv.FormatInt(v.High, 10)
	case v.Type == "integer" && v.Low != 0:
		return v.Called + " of at least " + strconv.FormatInt(v.Low, 10)
	default:
		return v.Called
	}
}

// choices returns how the reference calls a choice of values, each word once.
func choices(values []Value) string {
	var words []string
	for _, one := range values {
		word := one.String()
		if len(words) == 1 && one.Items != nil && one.Items.String() == words[0] {
			word = "a list of them"
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", or ")
}
