// Package api is goldserve over HTTP: it turns requests into questions to gold/query, and what comes back into answers,
// which api/respond computes, caches and sends. What happens to every request, whatever it asks, is api/edge's.
//
// Rules:
//
//  1. It reads through gold/query and gold.Reader alone: it names no store, imports no driver and cannot write.
//  2. operations.go is the table of URLs that clients call, one row each; routes.go adds the files of pages. What lies
//     under a dataset's own name or endpoint follows from the contracts of the release that answers, else from the
//     contracts on disk, which have no rows yet and so answer 503.
//  3. A request resolves its release once; an answer never mixes two. The current one is polled (Server.Watch) and
//     costs a request no read.
//  4. Parameters are parsed strictly, before the store is touched, and every problem of a request is reported at once.
//     Nothing reaches the store for a request that is refused.
//  5. Handlers are func(w, r) error and methods of service, which knows none of them: one file for each family, which
//     doesn't lean on another. api/edge's problem.go alone writes error bodies: one shape, one table from kind to status.
//  6. A page is built whole before its first byte is sent, so that a failure in its middle is a clean problem.
//  7. No body says which store answered: the same release gives the same bytes on every store, but for timings and
//     times of publication.
package api
