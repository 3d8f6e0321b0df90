package content

// Coerced counts the values of a field that did not fit its cast, and became null.
type Coerced struct {
	Rows     int64
	Examples []CoercedExample // of the first ones
}

// CoercedExample is one of these values. Text is empty for personal data.
type CoercedExample struct {
	File string
	Row  int64 // of the file, from 1
	Text string
}

// MostCoerced bounds the examples of a field.
const MostCoerced = 5
