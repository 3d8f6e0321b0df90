package parquet

// Limits of what a file may ask for. They are far above what writers make, and low enough that a hostile file ends in
// an error instead of exhausting memory.
const (
	maxFooter    = 64 << 20  // bytes
	maxColumns   = 10_000    // leaves of the schema
	maxDepth     = 32        // groups within groups
	maxRowGroups = 100_000   // of a file
	maxHeader    = 4 << 20   // bytes of a page's header: it may carry the page's smallest and largest text
	maxPage      = 256 << 20 // bytes of a page, decompressed
	maxPageRows  = 16 << 20  // of a page: run lengths make many of few bytes
	maxCell      = 1 << 20   // bytes of one text

	// A page or column chunk above the floor may not be more than maxRatio times larger than its compressed form.
	ratioFloor = 16 << 20
	maxRatio   = 1000

	// Text repeated through a dictionary: a column chunk may expand to this, or to maxRatio times its compressed size.
	maxExpansion = 1 << 30

	// A batch ends early where one of its text columns has grown to this.
	batchText = 8 << 20
)

// bomb reports whether so many bytes may not come from so few.
func bomb(plain, compressed int64) bool {
	return plain > ratioFloor && plain/maxRatio > compressed
}
