// Package lake reads the files of a data lake: a dataset's source becomes column batches of the contract's fields.
//
// The way of a row: a source of objects (package object; dir is the folder) lists a dataset's files (parts.go) and opens
// them (file.go); a format checks them against the dataset and decodes them (parquet); Table.Read passes the batches on
// (read.go).
//
// Rules:
//
//  1. A source is one file, the parts of a folder, or a version of a Delta table (delta.go), whose log says which files count.
//     A table of another format is refused by name: its folder keeps files whose rows it has removed.
//  2. Values read must equal values declared, per file and table. What the formats promise, in packages of their own
//     (parquet), the table keeps.
//  3. Memory is flat in the number of rows: what a format's reader needs, per worker.
//  4. What is hashed is what is decoded: both read the one file that Table opened. Where the files change meanwhile, the
//     table ends with source_changed, whatever else is wrong with what was read of them.
//
// The package must not know contracts' files, stores, or what rules say about values.
package lake
