// Package place has the places that builds read and write: folders, and prefixes of buckets.
//
//  1. A file appears whole or not at all: it is renamed into place, or copied beside it first where it comes from another disk,
//     uploaded, or copied by the server.
//  2. It knows nothing of what the files hold.
package place
