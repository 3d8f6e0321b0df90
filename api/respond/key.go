package respond

// cacheKey names an answer: a query of a release.
type cacheKey struct {
	query   [16]byte
	release Identity
}

// Identity names a release among all that this server or another can have: of another store, or with other contracts
// on disk beside it.
type Identity [16]byte
