// Package iceberg reads the metadata of an Iceberg table: which files a snapshot of the table has, which of their rows are
// deleted, and under which names and types their columns lie in them. It follows the specification's text
// (https://iceberg.apache.org/spec/, versions 1 to 3).
//
// The way of a snapshot: the newest metadata file is found (folder.go) and read (metadata.go), a snapshot is chosen (at.go),
// its manifest list and manifests are read (manifest.go, avrofile.go), and what they say is checked (snapshot.go, schema.go). The
// rows that delete files delete are found once a data file is opened (deletes.go, position.go, equality.go).
//
// Rules:
//
//  1. What a reader must know and this one does not is refused by name: versions of the format, types, formats of files,
//     encryption. Nothing is guessed.
//  2. Metadata is not trusted. Paths stay within the table's folder, wherever the table was written; files of metadata, records,
//     deletes and the number of files are bounded.
//  3. Columns are found by their field ids alone, in files without ids by the table's name mapping.
//  4. Memory grows with the number of files of the snapshot and with its deletes, not with the number of rows.
package iceberg
