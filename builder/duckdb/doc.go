// Package duckdb runs a build's SQL on DuckDB, in a child process: a duckdb executable, or the program itself where DuckDB is linked in.
//
//  1. Our settings come first, and lock: no network, no extensions, no files but the program's sources and its scratch folder.
//  2. Text that others wrote reaches the child only after DuckDB's own parser has found one query in it, and with no line that its shell
//     could take for a command.
//  3. The child is told one statement at a time and answers in JSON lines, so that a failure, a crash too, is that of the table at work.
//  4. The same sources give the same bytes, whatever the number of threads, but sums and averages of doubles.
package duckdb
