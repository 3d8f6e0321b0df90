// Package builder builds a lake's gold from raw files with a model's SQL: it finds what changed, has an engine compute the tables that depend
// on it, and replaces the lake's files together.
//
//  1. Nothing in the lake changes before every table is computed and checked.
//  2. _build.json lists exactly the files that builds wrote; while files are being replaced, _building exists.
//  3. Engines know nothing about lakes. This package knows only where an SQL statement ends and which tables and parameters it names.
package builder
