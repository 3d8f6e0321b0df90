// Package mysql keeps mirrors in a database of a MariaDB or MySQL server.
//
// Rules:
//
//  1. Tables are made and filled beside, under names that begin with _goldserve_, and all that changed is put in its place by one
//     RENAME TABLE, gold_release with it: it is one step for readers, and for a crash. The next run drops what a killed one left.
//  2. Foreign keys follow a table that is renamed. So those to a table that changes are dropped before the RENAME, and made once the
//     old tables are gone; in between, and where a run was killed there, tables are without them, and the next run makes them.
//  3. One connection holds the lock of the schema (GET_LOCK), which the server releases where the connection ends.
package mysql
