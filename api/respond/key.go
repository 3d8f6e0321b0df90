package respond

// Key names an answer: a query of a release.
type Key struct {
	Query   [16]byte
	Release Identity
}

// Identity names a release among all that this server or another can have: of another store, or with other contracts
// on disk beside it.
type Identity [16]byte
