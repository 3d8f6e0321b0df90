// Package s3 is the lake in a bucket of an object store that speaks S3: Amazon's, MinIO, and others. The objects below a
// prefix are those of a source.
//
// The way of a byte: one listing is the snapshot that List and Stat answer from, until Look takes the next one (listing.go).
// An object is read in blocks, each by a GET of a range on the condition that it is the version that was listed
// (download.go), into one file of bounded size (spool.go), from which every reader reads (reader.go).
//
// Rules:
//
//  1. A version is known by its ETag, else by its version id, else by size and time. Every answer is compared with it: another
//     version is source_changed. Blocks that come a second time, because the file had no room for them, must have the bytes
//     of the first time: what is hashed is what is decoded, whatever the server's promises are worth.
//  2. Memory is flat in the size of objects. The file is nameless, so that nothing of it stays however the process ends.
//  3. Requests that failed for a while are made again, from where they broke off, with growing pauses and an end.
//  4. Credentials are found as other tools find them, and go to the endpoint alone: redirects are not followed. No message,
//     log or name has any of them.
//
// The package must not know formats, or which objects are a table.
package s3
