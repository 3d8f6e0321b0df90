// Package format writes batches in the formats of answers and files.
//
// Rules:
//
//  1. The same batches give the same bytes, on every machine and at any time.
//  2. Rows are written by code for each kind of column: no reflection, no allocation per value.
//  3. A number has the same form as in HTTP answers: doubles in the shortest form that reads back the same, or in the
//     precision of the field's MultipleOf; integers exact; decimals with their scale; times in UTC.
//
// The package must not know stores, HTTP or files: it writes to an io.Writer or appends to a slice.
package format
