// Package sqlitestore is the embedded store: one SQLite file, by way of modernc.org/sqlite, which is SQLite in pure Go.
//
// The file holds one table for each version, named by gold.Location; tables of its own that begin with _goldserve_; and
// what people see: a view for each collection of the current release, and gold_release.
//
// Rules:
//
//  1. Reads and writes never share a connection. The one writing connection belongs to the writer and its mutex; answers
//     have a connection of the pool each, with query_only set.
//  2. The driver is used by its own interfaces, not by database/sql, which converts every value a second time and starts
//     a goroutine for each statement: rows are inserted twice as fast without it.
//  3. A plan only reads: the file is made when the first lease is acquired. Until then every read answers no_release.
//  4. What several loaders append is committed together, every 50,000 rows. Every other write is a transaction of its
//     own, and the switch is one that is on the disk when it returns.
//  5. Values are parameters, never parts of a statement; names are quoted.
//  6. Errors are told apart by SQLite's codes alone, never by their texts.
//  7. Nothing is replaced or dropped that this package did not make: views and versions are looked up in its own records.
package sqlitestore
