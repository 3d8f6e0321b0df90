// Package parquet decodes Parquet files: what a file's footer says is checked against a dataset, and its row groups become
// column batches of the dataset's fields.
//
// Rules:
//
//  1. Columns are found by name and typed by the file's own schema elements; the contract's kind decides what a value
//     becomes. Only losses that the design permits happen (times floored to milliseconds, and counted); every other
//     value that does not fit is an error that names file, column and row.
//  2. A file is never trusted. Sizes and counts are checked before anything is allocated on their word; every page is
//     decompressed into a buffer of the size that its header declares, and not a byte more; values read must equal
//     values declared, per page, column chunk and row group. A panic while decoding is an error of the file.
//  3. Memory is flat in the number of rows: a batch and the current page of each column, per Reader.
//  4. Columns that the dataset does not name are neither decoded nor passed on.
//
// parquet-go decodes the metadata (Thrift) and the encodings; walking the pages is done here, since its own page
// reader allocates what a header claims, ends silently at a broken header, and grows without end on some damaged
// pages (LZ4_RAW, run lengths, decompression bombs).
//
// The package must not know where a file lies, or which files are a table: it reads an Input.
package parquet
