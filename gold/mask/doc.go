// Package mask changes personal data before anything stores them.
//
// Rules:
//
//  1. A mask is a function of the text, its field and the key alone: publishing and landing give the same one.
//  2. A null stays null.
//  3. No key and no text that is masked gets into an error.
//
// The package must not know contracts, stores or files.
package mask
