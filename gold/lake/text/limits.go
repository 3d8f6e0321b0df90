package text

// Limits of what a file may ask for, far above what writers make.
const (
	maxRecord  = 16 << 20  // bytes of one record
	maxCell    = 1 << 20   // bytes of one value
	maxCells   = 1_000_000 // values of one record, each of which takes far more memory than the sign behind it
	maxColumns = 10_000
	maxName    = 4 << 10 // bytes of a key of JSON with those of the objects that it lies in, which each key in them repeats

	// A compressed file of more text than the floor may not expand to more than maxRatio times its size.
	ratioFloor = 16 << 20
	maxRatio   = 1000
	maxWindow  = 64 << 20 // bytes that a decompressor keeps

	// A batch ends early where one of its text columns has grown to this.
	batchText = 8 << 20

	// A group has at least so many bytes, unless it is the last.
	groupBytes = 4 << 20
)
