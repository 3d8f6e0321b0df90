package content

import "goldserve/gold"

// Column is what a file's schema says about one of its columns, or about one within its structs.
type Column struct {
	Name string // as gold.Field.Column: dots lead into structs
	// Field is a field that holds the column's values without loss; it is named as the column and may be null. Decimals of
	// more than gold.MaxDigits digits are a Double.
	Field     gold.Field
	Precision int    // of a Decimal
	Unsigned  bool   // it holds 64-bit integers without a sign, of which an Int holds half and a WideDecimal of UnsignedDigits all
	JSON      bool   // of a Text: lists, maps, or what the file calls JSON
	Untyped   bool   // the file holds texts, of which the field is a guess: a Text holds them too
	Doubt     string // what the guess may have got wrong; empty: nothing
	Refused   string // what the column holds where no field is chosen for it, and why; then Field is empty
}

// UnsignedDigits is how many digits 64-bit integers without a sign have.
const UnsignedDigits = 20

// FileColumn names a column of a file.
type FileColumn struct{ File, Field string }
