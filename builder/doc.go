// Package builder builds a lake's gold from raw files by a model's SQL: it finds what changed, has an engine run what depends on that, and
// replaces the lake's files all together.
//
//  1. Nothing in the lake changes before every table was computed and checked.
//  2. What a build wrote is what _build.json lists; while files are being replaced, _building is there.
//  3. Engines know nothing of lakes, and this package nothing of SQL but where statements end and which tables they name.
package builder
