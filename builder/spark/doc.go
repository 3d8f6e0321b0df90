// Package spark runs a build's SQL on a Spark cluster, over Spark Connect: one session on the server, which ends with the build.
//
//  1. Spark reads the bronze files and writes below the program's scratch folder itself: no row passes through this program, but counts,
//     names of files and the errors do.
//  2. Every table is materialized once: written where it lies, or in the scratch folder where it is temporary. Nothing is cached in the
//     cluster's memory, where it would outlive a build that was killed.
//  3. No error and no log carries the server's token.
//  4. The protocol is gRPC over net/http, with the few messages that a build needs (message.go).
package spark
