// Package text decodes files of text: CSV, JSON lines and arrays of JSON objects, which may be compressed. Their records become
// column batches of a dataset's fields.
//
// Rules:
//
//  1. Columns are found by name: those of a CSV file's first record, or the keys of JSON objects. The contract types their
//     values, by its casts; nothing is guessed of them. A value that does not fit is an error that names file, line, column
//     and row.
//  2. Open reads a file once, counts its records and finds places to begin at: a group is the records between two. The text
//     of a stream, which is read from its beginning on, is one group.
//  3. A file is never trusted. Records, values, columns and what a compressed file expands to are bounded; the records that
//     a group has are those that were counted.
//  4. Memory is flat in the number of records: a group's text and a batch, per Reader.
//
// The package must not know where a file lies, or which files are a table.
package text
