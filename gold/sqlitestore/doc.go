// Package sqlitestore is the embedded store: one SQLite file, through modernc.org/sqlite, which is SQLite in pure Go.
//
// The file has one table for each version, named by gold.Location, or for several that extend each other; the package's own tables, which begin with
// _goldserve_; and, for people, a view for each collection of the current release, and gold_release.
//
// Rules:
//
//  1. Reads and writes never share a connection. The one writing connection is guarded by the writer's mutex; each open
//     answer has its own connection of the pool, with query_only set.
//  2. The driver is used through its own interfaces, not database/sql, which converts every value a second time and
//     starts a goroutine for each statement: without it, inserts are twice as fast.
//  3. Planning only reads: the file is created when the first lease is acquired. Until then every read answers
//     no_release.
//  4. Appended rows of several loaders are committed together, every 50,000 rows. Every other write is a transaction of
//     its own, and the switch is on the disk when it returns.
//  5. Values are parameters, never parts of a statement; names are quoted.
//  6. Errors are distinguished by SQLite's codes only, never by their texts.
//  7. Rows without a key have their position as the column gold.PositionField, which is the table's rowid.
//  8. A version that may be extended, or extends another one, is a prefix of its table: the rows up to a segment. Every read
//     of it has that condition: see segment.go.
//  9. This package replaces and drops only what it has created: views and versions are looked up in its own records.
package sqlitestore
