package content

import "context"

// Input is the bytes of a file, which several goroutines may read at once.
type Input interface {
	Size() int64
	// ReadAt fills p from off on, or returns an error that says what is wrong in words for the caller.
	ReadAt(ctx context.Context, p []byte, off int64) error
}

// Partition is what the name of a folder says about all rows of the files in it: mois=2011-07.
type Partition struct {
	Name, Text string
	Null       bool
	Place      string // where it is said; empty: in the folder's name
	Fallback   bool   // the file's own column of the name counts, if it has one
}

// Where says in words where the value is said.
func (p Partition) Where() string {
	if p.Place == "" {
		return "the folder's name"
	}
	return p.Place
}
