// Package respond computes, caches and sends answers. A handler hands in a Pending response; respond finds the answer of
// equal questions in a cache that is bounded in bytes, or has it computed, once for all who ask at the same time and never
// more at once than the server can bear; it sends it in the client's encoding: buffered, as a stream, as ranges of a file, or
// as a 304, and falls back on the last good answer while the store is down. It knows no parameters, routes
// or stores.
package respond
