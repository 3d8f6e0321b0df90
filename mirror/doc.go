// Package mirror copies a release into a schema of a SQL database: a table for each dataset that BI tools see, and gold_release,
// which says what each of them shows.
//
// Rules:
//
//  1. A reader of the database sees the tables of one release, whole, at any moment: rows are loaded beside, and what changed is
//     swapped at once. Whoever is killed leaves the old tables, and leftovers that the next run drops.
//  2. A run that has nothing to do writes nothing. A table says in its comment which rows it has: see Mark.
//  3. Only tables with a mark are replaced or dropped, and only those of the same model. Any other table of a name that is needed
//     refuses the run before anything is written.
//  4. Values are exact: a value that the database can't hold refuses the run, with row and column. Foreign keys are a service:
//     one that the rows break is left out, and said.
//
// The package plans, and knows no database: its leaves postgres and mysql carry the plan out. It reads releases by gold.Reader.
package mirror
