// Package parts puts what a window adds to a table beside what is there: the rows of a Parquet file whose key no earlier file has.
//
//  1. A key is known by 128 bits of keyed hashes, 17 bytes with the tables that have it: memory grows by about 25 bytes a key.
//  2. What it writes has the values, types and order of what it read.
//  3. Of a set that an error left half grown nothing is true any more: it is read again from the files.
package parts
