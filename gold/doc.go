// Package gold is the domain of goldserve: datasets, batches of rows, queries, aggregations, releases,
// errors, and the two small interfaces that every store implements.
//
// Rules:
//
//  1. It imports nothing of ours, and no driver.
//  2. Rows travel as column batches in the contract's field order; Value is for single values: filters, keys, cursors.
//  3. A Query or an Aggregation is closed data that any store can turn into its own language. A store interface
//     never grows a method for an endpoint.
//  4. A version is immutable and carries the contract that it was loaded with; a release is an immutable list of versions.
//  5. Errors are *Error with a closed set of kinds; anything else counts as Internal.
//
// What queries mean, on every store: null matches no comparison, only IsNull; null sorts as the smallest value in
// both directions; text compares by bytes, Contains and StartsWith by Unicode simple case folding; over no rows
// count and sum are 0, avg, min, max and median are null; a division by zero is null; integer sums are int64 and
// overflow is an error; sums of doubles are exact and rounded once.
package gold
