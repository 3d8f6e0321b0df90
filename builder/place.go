package builder

import "context"

// Lake is where a build reads and writes. Bronze is the Lander's.
type Lake struct {
	Root, Silver, Quarantine, Gold Place
	// Scratch is a folder in which each build makes one of its own for what the engine writes. Such ones that are there once a build holds
	// the lock were left by builds that were broken off. A folder's is on the same disk, so that a rename publishes.
	Scratch string
	// Workspace is where an engine writes that isn't on this machine, and can't write Scratch: each build makes a folder of its own there,
	// too. nil: engines write below Scratch.
	Workspace Workspace
	// Lock excludes other builds of the lake until unlock is called or the process ends. It returns Conflict build_conflict, with who
	// holds it.
	Lock func(ctx context.Context) (unlock func() error, err error)
}

// Place is where the files of a stage lie: a folder, or a prefix of a bucket. Names are paths below it with slashes. Errors are Unavailable
// build_failed, unless a method says more.
type Place interface {
	// String names the place as people do.
	String() string

	// Stat returns what a file is now; fs.ErrNotExist where there is none.
	Stat(ctx context.Context, name string) (Entry, error)

	// Read returns a small file; fs.ErrNotExist where there is none.
	Read(ctx context.Context, name string) ([]byte, error)

	// Hash returns the SHA-256 of a file, hexadecimal.
	Hash(ctx context.Context, name string) (string, error)

	// Path returns where the engine reads a file: where it lies, or where it was fetched to.
	Path(ctx context.Context, name string) (string, error)

	// Check returns an error where files can't be put at some names, or removed, as far as that can be told before: a folder lies there, a
	// file where their folder belongs, or a folder may not be written. What is removed goes first.
	Check(ctx context.Context, puts, removes []string) error

	// Put moves a file of scratch to a name, and replaces what is there: all at once.
	Put(ctx context.Context, name, from string) (Entry, error)

	// Take copies or moves a file of a workspace to a name, and replaces what is there: all at once.
	Take(ctx context.Context, name string, of Workspace, from string) (Entry, error)

	// List returns the files in a folder, "." for all of the place, at any depth; none where it isn't there.
	List(ctx context.Context, folder string) (map[string]Entry, error)

	// Remove removes a file, if it is there, and the folders that are empty then.
	Remove(ctx context.Context, name string) error
}

// Workspace is a place that both this program and an engine elsewhere reach.
type Workspace interface {
	Place

	// Clear removes those of its folders for which ours is true, and all that lies in them.
	Clear(ctx context.Context, ours func(folder string) bool) error
}

// Entry tells of a file of a place.
type Entry struct {
	Bytes int64
	Token string // another one once the file is another; "": it can't tell
}
