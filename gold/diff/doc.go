// Package diff compares two versions of a dataset, row by row: which rows were added, removed or changed.
//
// Rules:
//
//  1. Rows are told apart by the key. Where the versions have no key, or not the same one, they are compared as a multiset:
//     a row that changed is one removed and one added.
//  2. Memory is bounded: both versions are read in the order of their key, or several times, a part of their rows at a time.
//  3. Masked fields are neither read nor compared.
//
// The package must not know releases' history, formats or stores: it reads a gold.Reader.
package diff
