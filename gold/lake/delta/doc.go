// Package delta reads the log of a Delta table: which files a version of the table has, which of their rows are deleted, and
// under which names and types their columns lie in them. It follows the protocol's text
// (https://github.com/delta-io/delta/blob/master/PROTOCOL.md) and reads no data file.
//
// The way of a version: the folder _delta_log is listed (log.go), the newest checkpoint that is not newer and the commits
// after it are replayed (replay.go, checkpoint.go), and what they say is checked (protocol.go, schema.go, path.go).
//
// Rules:
//
//  1. What a reader must know and this one does not is refused by name: protocol versions, reader features, types, changes of
//     types. Nothing is guessed.
//  2. The log is not trusted. Paths stay within the table's folder; lines, files of the log, deletion vectors and the number
//     of files are bounded; vectors are checked by their magic, checksum and cardinality.
//  3. The listing alone tells which versions there are. _last_checkpoint is a hint that nobody needs who has listed.
//  4. Memory grows with the number of files of the version, not with the length of the log or the number of rows.
package delta
