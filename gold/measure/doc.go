// Package measure computes measures from rows: exact sums, the measures of gold.Measure, groups with date grains and
// bins, histograms as pandas.cut makes them, and growth from row to row.
//
// Rules:
//
//  1. It imports gold and the standard library. It opens nothing, logs nothing and starts no goroutine.
//  2. A result depends on the set of rows alone: not on their order, their batches, or the goroutines. Sums are exact
//     and rounded once; integers are summed in 128 bits, so that only a final sum outside int64 is an error.
//  3. Nothing is safe for concurrent use: each goroutine fills its own Totals, Groups or Histogram, which are merged at
//     the end.
//  4. Batches are read column by column and not retained.
//  5. Memory that grows with the data (distinct values, medians, groups) is limited in bytes; beyond the limit there is
//     a memory_limit error that names the measure, never a crash.
package measure
