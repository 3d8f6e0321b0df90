// Package publisher turns a lake's gold files into a release: plan, load, derive, switch, refresh.
//
// Rules:
//
//  1. Planning only reads. A publish that has nothing to do writes nothing, not even a lease.
//  2. A release holds one state of the lake: what was opened is compared with what lies there once the last row is read, and
//     a lake that changed meanwhile is planned anew, a few times.
//  3. Versions are named by what shapes their rows (see identity.go). An equal version is never loaded twice. A plan holds
//     one decision for each dataset, and why; it is never changed. A run carries it out, and holds how far it is.
//  4. Everything is loaded into versions that nobody sees; the switch is one atomic write of the whole release.
//  5. After a crash the next run converges to the same result: sealed versions are reused, orphans dropped, the BI
//     database refreshed.
//  6. Memory does not grow with the number of rows: batches stream, aggregates are bounded by Config.Memory.
//
// It knows stores by gold.Store alone and files by gold/lake alone.
package publisher
