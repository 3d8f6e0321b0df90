// Package measure computes measures from rows: exact sums, the measures of gold.Measure, groups with date grains and
// bins, histograms as pandas.cut makes them, and growth from row to row.
//
// Rules:
//
//  1. It imports gold and the standard library. It opens nothing, logs nothing and starts no goroutine.
//  2. A result depends on the set of rows alone: not on their order, on how they were cut into batches, or on which
//     goroutine saw which. Sums are exact until they are rounded once; integers are summed in 128 bits, so that only
//     a final sum outside int64 is an error.
//  3. Nothing is safe for concurrent use: each goroutine fills its own Totals, Groups or Histogram, and they are
//     merged at the end.
//  4. Batches are read column by column and nothing of them is kept.
//  5. What grows with the data (distinct values, medians, groups) is counted against a bound in bytes; beyond it
//     there is a memory_limit error that names the measure, never a crash.
package measure
