// Package mongostore keeps versions and releases in MongoDB 5.0 or newer: a standalone server, a replica set or a
// sharded cluster. It implements gold.Store.
//
// Two databases. The releases database (<db>_releases) holds one collection per version, named by gold.Location, or for several
// that extend each other, and:
//
//	pointers  one document per model: fence, lease, current and last release, withdrawn releases, marks, drops at work
//	releases  one document per release number: the gold.Release as JSON, its times, whether it was pruned
//	seals     one document per version that is complete: the gold.Version as JSON, its location
//	attempts  one document per run that ended
//
// The serving database (<db>) is what people and BI tools see: the current release alone, flat, and gold_release.
//
// Rules:
//
//  1. One pointer document is the truth about a model. It changes by compare-and-set on the fence; whatever else is
//     written is invisible until the pointer names it, and is named by its writer's fence, so that a publisher that
//     was paused can only harm what nobody reads.
//  2. Times are the server's ($$NOW); no clock of a client is compared with another's.
//  3. Rows are written in place into raw insert commands, and read from raw documents into column batches: one BSON
//     type per field, every field in every document, _id first: the key, or the position.
//  4. Every write is majority and journalled, every read is of the primary with read concern majority.
//  5. Errors are told apart by codes, labels and types, never by their texts. No connection string reaches an error
//     or a log.
//  6. A version that may be extended, or extends another one, is a prefix of its collection: the rows up to a segment. Every
//     read of it has that condition: see segment.go.
//  7. A text is looked for by the exact set of strings that fold to it: the server's own idea of case is never used.
package mongostore
