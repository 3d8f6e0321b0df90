// Package columnar answers questions from column snapshots in memory: it decorates a gold.Reader, so that neither the API
// nor the stores know of it.
//
// Rules:
//
//  1. A snapshot holds all rows of one version whose contract says accelerate, and of those that it looks up fields in.
//     It is loaded in the background by streaming from the store, is immutable from then on, and is read without locks.
//     Nothing here writes.
//  2. Every answer is the store's, bit for bit: sums, averages and medians are gold/measure's. What can't be answered so,
//     or isn't held, is asked of the store: a question never fails because of this package, and never waits for a load.
//  3. Each column is a list of codes in the smallest width, in the order of its values, null first, so that filters,
//     sorts, groups, extremes and distinct counts compare integers. Doubles alone are kept as they are.
//  4. Snapshots are held within a budget of bytes: the least recently used is evicted first. Which releases there are is the
//     store's to say; the current one is shown once its snapshots are loaded, where the one before it has some.
package columnar
