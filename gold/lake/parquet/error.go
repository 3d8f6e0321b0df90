package parquet

// countError says that a file does not hold as many rows as it declares.
type countError struct{ text string }

func (e *countError) Error() string { return e.text }

// limitError is an error of a file that is perhaps sound, and too much.
type limitError struct{ text string }

func (e *limitError) Error() string { return e.text }
