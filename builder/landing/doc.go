// Package landing finds the raw files of a build's sources, and makes of them what engines read.
//
// Rules:
//
//  1. A text file becomes one Parquet file in which every declared column is text as it was written, with the line; so does a Parquet
//     file with masked columns. Other Parquet files go to the engine as they are.
//  2. What is landed is named by all that it is made of: the raw file's SHA-256, its name and reading, the columns and their masks. It appears
//     whole or not at all, is used again while its bytes are those that were written, and may be removed at any time.
//     Many small text files become bundles, each named by all its files, whose rows say which file they are of.
//  3. Personal data that a source masks is masked here, by publishing's own functions: no engine sees them, or a key.
//  4. Files are hashed once for each token. What was read is what was hashed, or the build ends with source_changed.
//  5. Memory is bounded by batches and row groups, whatever the files hold.
package landing
