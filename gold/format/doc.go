// Package format turns batches into bytes in the formats that people ask for.
//
// Rules:
//
//  1. The same batches give the same bytes, on every machine and at any time.
//  2. Rows are appended by hand, column kinds known: no reflection, no allocation for a value.
//  3. A number is written in the one form that HTTP answers show: doubles in the shortest form that reads back the same,
//     or in the precision of the field's MultipleOf; integers exact; decimals with their scale; times in UTC.
//
// The package must not know stores, HTTP or files: it writes to an io.Writer or appends to a slice.
package format
