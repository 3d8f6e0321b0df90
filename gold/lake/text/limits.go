package text

// Limits of what a file may ask for, far above what writers make.
const (
	maxRecord  = 16 << 20 // bytes of one record
	maxCell    = 1 << 20  // bytes of one value
	maxColumns = 10_000

	// A compressed file of more text than the floor may not expand to more than maxRatio times its size.
	ratioFloor = 16 << 20
	maxRatio   = 1000
	maxWindow  = 64 << 20 // bytes that a decompressor keeps

	// A batch ends early where one of its text columns has grown to this.
	batchText = 8 << 20

	// A group has at least so many bytes, unless it is the last.
	groupBytes = 4 << 20
)
