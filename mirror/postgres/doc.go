// Package postgres keeps mirrors in a schema of a PostgreSQL database.
//
// Rules:
//
//  1. A run is one transaction: tables are made, filled by COPY, and swapped in it. Whoever is killed leaves nothing.
//  2. Tables are locked at the end only, and never for long: where a query reads one, the run asks again for a while, so that
//     those behind it in the queue are not held up.
//  3. Who could read a table can read the one that takes its place. Views of others stay, as long as the columns do.
package postgres
